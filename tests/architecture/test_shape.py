"""The sizes that keep the code readable."""

from __future__ import annotations

import ast
import statistics
from collections import Counter

from architecture.sources import ROOT, Function, product_sources, sources, tree

LONGEST_FILE_LINES = 400
LONGEST_FUNCTION_LINES = 50
MOST_MODULES_IN_A_FOLDER = 12
VAGUE = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}


def body_lines(function: Function) -> int:
    """Return the lines of a function from its first statement to its last, without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def functions() -> dict[str, int]:
    """Return the place and the length of each function."""
    return {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": body_lines(node)
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_files_are_short() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE_LINES} == {}


def test_functions_are_short() -> None:
    lengths = functions()
    assert {place: length for place, length in lengths.items() if length > LONGEST_FUNCTION_LINES} == {}
    assert statistics.median(lengths.values()) <= 12
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= 30


def test_modules_are_named_after_what_is_in_them() -> None:
    assert [str(path) for path in product_sources() if path.stem in VAGUE] == []


def test_folders_hold_few_modules() -> None:
    folders = Counter(path.parent for path in sources() if path.name != "__init__.py")
    crowded = {str(folder.relative_to(ROOT)): count for folder, count in folders.items()}
    assert {folder: count for folder, count in crowded.items() if count > MOST_MODULES_IN_A_FOLDER} == {}
