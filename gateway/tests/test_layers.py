"""The layers of the gateway: each may import those below it, never those above."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import gateway

ROOT = Path(gateway.__file__).parent

LAYERS: dict[str, set[str]] = {
    "domain": set(),
    "storage": {"domain"},
    "clients": {"domain"},
    "accounts": {"storage", "domain"},
    "audio": {"clients", "storage"},
    "files": {"clients", "storage", "domain"},
    "gallery": {"files", "domain"},
    "library": {"files", "storage", "domain"},
    "sharing": {"files", "clients", "storage", "domain"},
    "workflows": {"files", "clients", "storage", "domain"},
    "batches": {"workflows", "storage", "domain"},
    "api": {
        "accounts",
        "batches",
        "workflows",
        "library",
        "sharing",
        "gallery",
        "files",
        "audio",
        "clients",
        "storage",
        "domain",
    },
}
"""What each folder may import; `ids`, `settings` and `zip_buffer` are free for all.

`context` stands below `workflows`.
"""


def imported_folders(path: Path) -> set[str]:
    """Return the folders of the gateway that a module imports, those for type checking included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            found |= {name.split(".")[1] for name in names if name.startswith("gateway.")}
    return found & set(LAYERS)


@pytest.mark.parametrize("folder", LAYERS)
def test_a_folder_imports_only_the_layers_below_it(folder: str) -> None:
    modules = sorted((ROOT / folder).rglob("*.py"))
    assert modules
    above = {
        str(path.relative_to(ROOT)): found
        for path in modules
        if (found := imported_folders(path) - LAYERS[folder] - {folder})
    }
    assert above == {}


def test_every_folder_is_a_layer() -> None:
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == set(LAYERS)
