"""Documentation of errors: each one has a page, and the contracts name only existing ones."""

from __future__ import annotations

import re

import grpc
import pytest
from contracts.service_process import ROOT
from servicekit import faults

PAGES = ROOT / "docs/problems"
CONTRACTS = sorted(ROOT.glob("protos/segue/*/v1/*.proto"))


def test_every_fault_has_a_page_and_every_page_a_fault() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == set(faults.table())


@pytest.mark.parametrize("reason", sorted(faults.table()))
def test_a_page_states_the_codes_of_the_table_and_what_to_do(reason: str) -> None:
    fault = faults.table()[reason]
    text = (PAGES / f"{reason}.md").read_text(encoding="utf-8")
    heading, _, codes, _, description, *_ = text.splitlines()
    assert heading.removeprefix("# ").replace(" ", "_").upper() == reason
    assert codes == f"`{reason}`, HTTP {fault.http_status}, gRPC `{fault.grpc_code}`"
    assert description
    assert "\n## What to do\n\n" in text


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_a_contract_names_only_existing_faults(path: object) -> None:
    text = str(getattr(path, "read_text", str)())
    comments = " ".join(line.strip().removeprefix("//") for line in text.splitlines() if line.strip().startswith("//"))
    words = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", comments))
    values = set(re.findall(r"^\s+([A-Z_]+) = \d+;", text, re.MULTILINE))
    assert words - values - set(grpc.StatusCode.__members__) <= set(faults.table())
