"""Titles of several pieces in one phrase."""

from __future__ import annotations

import pytest
from gateway.files import file_names


@pytest.mark.parametrize(
    ("names", "phrase"),
    [(["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C"), (["x" * 61, "B"], "x" * 59 + "… and B")],
)
def test_names_are_joined_for_people(names: list[str], phrase: str) -> None:
    assert file_names.join_titles(names) == phrase
