from __future__ import annotations

import shutil
from pathlib import Path
from types import ModuleType

import pytest

PROTOS = Path(__file__).resolve().parents[1]


def rewrite(contract: Path, old: str, new: str) -> None:
    file = contract / "segue/echo/v1/echo.proto"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_the_contracts_pass(lint: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    passed = lint.lint(PROTOS)
    assert (passed, capfd.readouterr().out) == (True, "")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("  // What to say.\n", "", 'Field "text" should have a non-empty comment'),
        ("  // Replies once.\n", "", 'RPC "Say" should have a non-empty comment'),
        ("service EchoService", "service Echo", 'Service name "Echo" should be suffixed with "Service"'),
        ("SayRequest", "SayQuestion", 'should be named "SayRequest"'),
        ("uint32 until", "uint32 Until", "should be lower_snake_case"),
        ("segue.echo.v1", "segue.echo", "should be suffixed with a correctly formed version"),
    ],
)
def test_what_breaks_a_rule_is_named(
    lint: ModuleType, contract: Path, capfd: pytest.CaptureFixture[str], old: str, new: str, complaint: str
) -> None:
    rewrite(contract, old, new)
    assert not lint.lint(contract)
    assert complaint in capfd.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("uint32 until = 1", "uint32 until = 2", 'Previously present field "1" with name "until"'),
        ("uint32 until", "string until", "changed type"),
        ("rpc Say(SayRequest) returns (SayResponse);", "", 'Previously present RPC "Say"'),
    ],
)
def test_what_breaks_a_client_is_named(
    lint: ModuleType, contract: Path, capfd: pytest.CaptureFixture[str], old: str, new: str, complaint: str
) -> None:
    before = contract / "before"
    shutil.copytree(contract / "segue", before / "segue")
    after = contract / "after"
    shutil.copytree(contract / "segue", after / "segue")
    rewrite(after, old, new)
    assert not lint.breaks_nothing(after, before)
    assert complaint in capfd.readouterr().out


def test_a_new_field_breaks_nothing(lint: ModuleType, contract: Path) -> None:
    after = contract / "after"
    shutil.copytree(contract / "segue", after / "segue")
    rewrite(after, "uint32 until = 1;", "uint32 until = 1;\n  // Where to begin.\n  uint32 since = 2;")
    before = contract / "before"
    shutil.copytree(contract / "segue", before / "segue")
    assert lint.breaks_nothing(after, before)


def test_without_an_earlier_commit_there_is_nothing_to_compare(
    lint: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    assert lint.last_contracts(tmp_path, None) is None
