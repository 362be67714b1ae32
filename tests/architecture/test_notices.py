"""`docs/notices.md` lists every reason of a notice, and no other."""

import ast
import re
from collections.abc import Iterator

from architecture.sources import ROOT, product_sources, tree
from gateway.files import notices

PAGE = (ROOT / "docs" / "notices.md").read_text(encoding="utf-8")
REASON = re.compile(r"[A-Z]+(_[A-Z]+)+")
FAULTS_AS_NOTICES = {"NO_NOTES"}
"""Faults that become notices, with the fault's reason."""


def rows() -> dict[str, str]:
    """Return the rows of the page's tables by reason."""
    return {found.group(1): found.group(0) for found in re.finditer(r"^\| `([A-Z_]+)` \|.*$", PAGE, re.MULTILINE)}


def constants(module: ast.Module) -> dict[str, str]:
    """Return the strings that a module assigns to names, and the keys of tables of messages."""
    found: dict[str, str] = {}
    for node in module.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {each.id: str(node.value.value) for each in targets if isinstance(each, ast.Name)}
    return found


def strings(node: ast.AST) -> Iterator[str]:
    """Yield the reasons among the strings of a node."""
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and REASON.fullmatch(each.value):
            yield each.value


def reasons() -> set[str]:
    """Return the reasons of all notices that the product makes: arguments of `Notice`, and tables beside its calls."""
    found = set(FAULTS_AS_NOTICES)
    for path in product_sources():
        module = tree(path)
        calls = [each for each in ast.walk(module) if isinstance(each, ast.Call) and is_notice(each.func)]
        if not calls or {"training", "gateway"} & set(path.relative_to(ROOT).parts):
            continue
        known = constants(module)
        for call in calls:
            first = call.args[0] if call.args else None
            if isinstance(first, ast.Constant):
                found.add(str(first.value))
            elif isinstance(first, ast.Name):
                # A variable: the reasons are in the module, as constants or as the keys of a table.
                found |= {known[first.id]} if first.id in known else set(strings(module))
    return found


def is_notice(function: ast.expr) -> bool:
    """Return whether a call makes a notice of the score library."""
    return isinstance(function, ast.Name) and function.id == "Notice"


def test_every_reason_is_on_the_page() -> None:
    assert sorted(reasons()) == sorted(rows())


def test_notices_that_make_others_void_are_on_the_page() -> None:
    for reason, void in notices.REPLACED_REASONS.items():
        for other in void:
            assert f"`{other}`" in rows()[reason]
            assert f"`{reason}`" in rows()[other]
