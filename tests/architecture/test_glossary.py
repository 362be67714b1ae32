"""The glossary's words: retired ones are gone, and each name in the code has one meaning."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from architecture.sources import ROOT, identifiers, is_test, product_sources, sources, tree, words

GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
TERMS, RETIRED = GLOSSARY.split("## Retired words")


def rows(text: str) -> list[list[str]]:
    """Return the cells of every table row below a heading row."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] not in {"term", "retired"} and not set(row[0]) <= {"-"}]


RETIRED_WORDS = {row[0] for row in rows(RETIRED)}
"""Lower-case words."""

NAMES = sorted({name for row in rows(TERMS) for name in re.findall(r"`([^`]+)`", row[2])})


def retired(name: str) -> set[str]:
    """Return the retired words in a name."""
    return set(words(name)) & RETIRED_WORDS


def test_the_list_of_retired_words_is_read() -> None:
    assert len(RETIRED_WORDS) > 80
    assert {"desk", "portrait", "told", "crew"} <= RETIRED_WORDS
    assert len(rows(TERMS)) >= 60


def test_identifiers_hold_no_retired_word() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in sources()
        for name, line in identifiers(path)
        if retired(name) and not (is_test(path) and name.startswith("test_"))
    }
    assert sorted(found) == []


def test_file_names_hold_no_retired_word() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [Path(line) for line in listed.splitlines()]
    named = [path for path in paths if path.suffix in {".py", ".ts", ".sh", ".proto"}]
    assert len(named) > 300
    assert [str(path) for path in named if any(retired(part) for part in (*path.parts[:-1], path.stem))] == []


def test_every_term_stands_once() -> None:
    terms = Counter(row[0].lower() for row in rows(TERMS))
    assert [term for term, count in terms.items() if count > 1] == []


@pytest.mark.parametrize("name", [name for name in NAMES if "." in name])
def test_names_in_the_glossary_are_in_the_code(name: str) -> None:
    modules = {".".join(path.with_suffix("").parts) for path in sources()}
    module, _, last = name.rpartition(".")
    if any(each.endswith(f".{name}") or each.endswith(f".{name}.__init__") for each in modules):
        return
    homes = [path for path in sources() if ".".join(path.with_suffix("").parts).endswith(f".{module}")]
    assert homes, f"no module {module}"
    assert last in {found for home in homes for found, _ in identifiers(home)}, f"{module} does not define {last}"


def test_a_class_of_the_glossary_is_defined_once() -> None:
    # The gateway may import neither score nor a service: what it stores and answers mirrors their classes by name.
    mirrors = (ROOT / "gateway/src/gateway/domain", ROOT / "gateway/src/gateway/api/schemas")
    classes = Counter(
        node.name
        for path in product_sources()
        if not any(path.is_relative_to(mirror) for mirror in mirrors)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
    )
    named = {name.rpartition(".")[2] for name in NAMES if name.rpartition(".")[2][:1].isupper()}
    terms = {name for name in named if name in classes}
    assert len(terms) >= 5
    assert {name: classes[name] for name in terms if classes[name] > 1} == {}


def test_array_types_are_named_in_one_place() -> None:
    """One word for two dtypes is how a float64 array gets into a float32 model."""
    home = ROOT / "libs/score/src/score/arrays.py"
    aliases = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        for node in tree(path).body
        if path != home and isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Subscript)
        if re.search(r"\bNDArray$", ast.unparse(node.value.value))
    ]
    assert aliases == []
