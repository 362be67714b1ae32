"""Docstrings say what parameters are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from architecture.sources import ROOT, Function, parameters, product_sources, public_functions

FEWEST_PARAMETERS = 3
LEAST_DESCRIBED = 0.95


def described(function: Function) -> bool:
    """Return whether a function's docstring has a section that names each of its parameters."""
    text = ast.get_docstring(function) or ""
    _, _, section = text.partition("Parameters\n")
    return bool(section) and all(re.search(rf"\b{re.escape(name)}\b", section) for name in parameters(function))


def test_public_functions_describe_their_parameters() -> None:
    outcomes = {
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}": described(function)
        for path in product_sources()
        for function in public_functions(path)
        if len(parameters(function)) >= FEWEST_PARAMETERS
    }
    lacking = [place for place, is_described in outcomes.items() if not is_described]
    assert len(outcomes) > 200
    assert 1 - len(lacking) / len(outcomes) >= LEAST_DESCRIBED, "\n".join(lacking)


def test_modules_say_what_they_are() -> None:
    empty: list[Path] = [path for path in product_sources() if path.read_text(encoding="utf-8").strip()]
    assert [str(path.relative_to(ROOT)) for path in empty if not ast.get_docstring(ast.parse(path.read_text()))] == []
