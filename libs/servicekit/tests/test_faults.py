"""Faults: the table, the tree in the docstring, and the way over the wire."""

from __future__ import annotations

import ast
import pickle
import sys
from pathlib import Path

import grpc
import pytest
from servicekit import faults
from servicekit.faults import Fault

EVERY_FAULT = sorted(faults.table().items())


def test_the_table_holds_every_declared_fault_once() -> None:
    declared = [
        one for one in vars(faults).values() if isinstance(one, type) and issubclass(one, Fault) and one is not Fault
    ]
    assert sorted(one.reason for one in declared) == [reason for reason, _ in EVERY_FAULT]


@pytest.mark.parametrize(("reason", "fault"), EVERY_FAULT)
def test_every_fault_has_a_grpc_code_and_an_http_error(reason: str, fault: type[Fault]) -> None:
    assert reason == reason.upper()
    assert reason.replace("_", "").isalpha()
    assert fault.grpc_code in grpc.StatusCode.__members__
    assert fault.grpc_code not in {"OK", "UNKNOWN"}
    assert 400 <= fault.http_status <= 599


@pytest.mark.parametrize(("reason", "fault"), EVERY_FAULT)
def test_the_tree_in_the_docstring_is_the_tree(reason: str, fault: type[Fault]) -> None:
    tree_line = next(line for line in (faults.__doc__ or "").splitlines() if f"── {fault.__name__} " in line)
    assert tree_line.split()[-1] == str(fault.http_status)
    parent = fault.__mro__[1]
    if parent is Fault or fault.grpc_code != getattr(parent, "grpc_code", None):
        assert fault.grpc_code in tree_line.split()


@pytest.mark.parametrize(("reason", "fault"), EVERY_FAULT)
def test_every_fault_is_restored_by_its_reason(reason: str, fault: type[Fault]) -> None:
    restored = faults.from_reason(reason, "Too many.", {"limit": "7", "name": "a.mid"}, fault.grpc_code)
    assert type(restored) is fault
    assert restored.message == "Too many."
    assert restored.facts["limit"] == 7
    assert restored.facts["name"] == "a.mid"


@pytest.mark.parametrize(
    ("code", "kind"),
    [("INVALID_ARGUMENT", faults.InvalidInput), ("UNAVAILABLE", faults.NotReady), ("DATA_LOSS", faults.Internal)],
)
def test_an_unknown_reason_is_understood_by_its_code(code: str, kind: type[Fault]) -> None:
    assert type(faults.from_reason("FROM_THE_FUTURE", "New.", {}, code)) is kind


@pytest.mark.parametrize(
    ("text", "fact"), [("12", 12), ("-1", -1), ("1.5", 1.5), ("007", "007"), ("nan", "nan"), ("1e3", "1e3"), ("", "")]
)
def test_only_the_canonical_form_of_a_number_becomes_a_number(text: str, fact: faults.Fact) -> None:
    assert faults.from_reason("NOT_FOUND", "", {"fact": text}).facts["fact"] == fact


def test_a_fault_survives_pickling() -> None:
    fault = faults.Overloaded("Busy.", retry_after_s=2, waiting=9)
    copied = pickle.loads(pickle.dumps(fault))
    assert type(copied) is faults.Overloaded
    assert str(copied) == "Busy."
    assert copied.facts == {"retry_after_s": 2.0, "waiting": 9}
    assert copied.retry_after_s == 2.0


def test_a_fault_that_an_older_version_pickled_is_read() -> None:
    pickled = b"cservicekit.faults\n_rebuild\n(cservicekit.faults\nNoNotes\nVSilence.\n(dtR."
    assert type(pickle.loads(pickled)) is faults.NoNotes


def test_faults_import_nothing_but_the_standard_library() -> None:
    imported: set[str] = set()
    for path in Path(faults.__file__).parent.glob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
        imported |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    outside = {name for name in imported if not name.startswith("servicekit.faults.")}
    assert outside < imported
    assert {name.partition(".")[0] for name in outside} <= sys.stdlib_module_names
