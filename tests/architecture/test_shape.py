"""The sizes that keep the code readable."""

import ast
import statistics
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("libs", "services", "gateway", "protos", "deploy")
LONGEST_FILE_LINES = 400
LONGEST_FUNCTION_LINES = 50
VAGUE = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}


def sources() -> list[Path]:
    """Every Python source of the product that somebody wrote."""
    found = [path for top in FOLDERS for path in (ROOT / top).rglob("*.py")]
    return [path for path in found if not {"gen", ".venv", "node_modules", "build"} & set(path.relative_to(ROOT).parts)]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function from its first statement to its last, the docstring apart."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def functions() -> dict[str, int]:
    """Each function's place and length."""
    found = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = body_lines(node)
    return found


def test_files_are_short() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE_LINES} == {}


def test_functions_are_short() -> None:
    lengths = functions()
    assert {place: length for place, length in lengths.items() if length > LONGEST_FUNCTION_LINES} == {}
    assert statistics.median(lengths.values()) <= 12
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= 30


def test_modules_are_named_after_what_is_in_them() -> None:
    assert [str(path) for path in sources() if path.stem in VAGUE] == []
