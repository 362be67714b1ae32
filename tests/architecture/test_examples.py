"""The examples in the libraries' docstrings run and give what they say."""

import doctest
from collections.abc import Iterator
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


@pytest.mark.parametrize("docstring", list(docstring_tests()), ids=lambda docstring: docstring.name)
def test_examples_give_what_they_say(docstring: doctest.DocTest) -> None:
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(docstring, out=report.append)
    assert not report, "".join(report)
