"""Notices of blends: each names its piece, none is about what was not heard, and none says the opposite of another."""

from __future__ import annotations

import json
import re

import pytest

from cases.workbench import FILES, Workbench

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ALL_CASES = [case["file"] for case in json.loads((FILES / "cases.json").read_text())]


@pytest.mark.parametrize("other", ["ode.mid", "saints.mid"])
def test_drums_and_a_melody_are_not_drums_alone(workbench: Workbench, other: str) -> None:
    result = workbench.describe(workbench.blend("notices-only-drums.mid", other))
    for notice in result["notices"]:
        assert "only drums" not in notice["message"].lower()
        assert notice["piece"] in {"notices-only-drums", other.removesuffix(".mid")}
        assert notice["message"].startswith(f"{notice['piece']}: ")
        assert notice["file_id"] in {workbench.upload("notices-only-drums.mid"), workbench.upload(other)}


@pytest.mark.parametrize("name", ALL_CASES)
def test_notices_appear_once_and_count_something(workbench: Workbench, name: str) -> None:
    for file_id in (workbench.upload(name), workbench.blend(name, "saints.mid")):
        notices = workbench.describe(file_id)["notices"]
        texts = [notice["message"] for notice in notices]
        assert len(set(texts)) == len(texts)
        assert not [text for text in texts if re.search(r"(?<![\d.])0(?: of|\.$|%| notes)", text)]


@pytest.mark.parametrize("name", ["time-ritardando.mid", "heard-bends.mid", "lead-cello-solo.mid"])
def test_each_notice_about_a_parent_names_it(workbench: Workbench, name: str) -> None:
    title = name.removesuffix(".mid")
    upload = workbench.describe(workbench.upload(name))
    assert all("piece" not in notice for notice in upload["notices"])
    result = workbench.describe(workbench.blend(name, "ode.mid"))
    named = [notice for notice in result["notices"] if "piece" in notice]
    assert all(notice["message"].startswith(f"{notice['piece']}: ") for notice in named)
    assert {notice["piece"] for notice in named} <= {title, "ode"}
