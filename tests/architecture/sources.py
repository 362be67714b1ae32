"""The project's own Python sources, and the names that they define."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("libs", "services", "gateway", "protos", "deploy", "tests")
GENERATED = {"gen", ".venv", "node_modules", "build"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_test(path: Path) -> bool:
    """Return whether a source belongs to the tests."""
    return "tests" in path.relative_to(ROOT).parts


@cache
def sources() -> tuple[Path, ...]:
    """Return every Python source that somebody wrote, tests included."""
    paths = [path for top in FOLDERS for path in sorted((ROOT / top).rglob("*.py"))]
    return tuple(path for path in paths if not GENERATED & set(path.relative_to(ROOT).parts))


@cache
def product_sources() -> tuple[Path, ...]:
    """Return every Python source of the product: services, libraries, training and set-up."""
    return tuple(path for path in sources() if not is_test(path))


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a source."""
    return ast.parse(path.read_text(encoding="utf-8"))


def words(name: str) -> list[str]:
    """Split an identifier into lower-case words.

    >>> words("_RoleParts"), words("n_drum_masks"), words("SMFReader")
    (['role', 'parts'], ['n', 'drum', 'masks'], ['smf', 'reader'])
    """
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def identifiers(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the names that a source defines, with their lines: of functions, classes, parameters, variables."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, node.lineno


def public_functions(path: Path) -> Iterator[Function]:
    """Yield a source's public functions and the public methods of its public classes."""
    bodies = [tree(path).body]
    while bodies:
        for node in bodies.pop():
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                bodies.append(node.body)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield node


def parameters(function: Function) -> list[str]:
    """Return the names of a function's parameters, `self` and `cls` left out."""
    given = function.args
    extra = [each for each in (given.vararg, given.kwarg) if each is not None]
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs, *extra]
    return [each.arg for each in named if each.arg not in {"self", "cls"}]
