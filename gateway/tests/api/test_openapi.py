"""The OpenAPI document that the page's types are generated from."""

from __future__ import annotations

from pathlib import Path

from gateway.api import openapi

COMMITTED = Path(__file__).parents[3] / "web/src/api/openapi.json"


def test_the_committed_document_is_current() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == openapi.export(), (
        "run python -m gateway.api.openapi web/src/api/openapi.json"
    )


def test_the_command_writes_the_document_to_a_file(tmp_path: Path) -> None:
    openapi.main([str(tmp_path / "openapi.json")])
    assert (tmp_path / "openapi.json").read_text(encoding="utf-8") == openapi.export()
