"""The examples in the docstrings of the libraries run and print what they show."""

import doctest
from collections.abc import Iterator
from contextvars import copy_context
from importlib import import_module
from pathlib import Path

import pytest

LIBS = Path(__file__).resolve().parents[2] / "libs"


def docstring_tests() -> Iterator[doctest.DocTest]:
    """Yield each docstring of the libraries that has examples."""
    finder = doctest.DocTestFinder()
    for path in sorted(LIBS.glob("*/src/**/*.py")):
        name = ".".join(path.relative_to(path.parents[len(path.parts) - len(LIBS.parts) - 3]).with_suffix("").parts)
        module = import_module(name.removesuffix(".__init__"))
        yield from (each for each in finder.find(module) if each.examples)


DOCSTRINGS = list(docstring_tests())


def test_the_libraries_have_at_least_60_examples() -> None:
    assert sum(len(docstring.examples) for docstring in DOCSTRINGS) >= 60


@pytest.mark.parametrize("docstring", DOCSTRINGS, ids=lambda docstring: docstring.name)
def test_examples_print_what_they_show(docstring: doctest.DocTest) -> None:
    report: list[str] = []
    # In a context of its own: an example may set a call's deadline, which would end the calls of later tests.
    copy_context().run(doctest.DocTestRunner(verbose=False).run, docstring, out=report.append)
    assert not report, "".join(report)
