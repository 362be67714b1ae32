"""Ids and seeds that follow from others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway import ids


@given(st.integers(0, ids.SEED_LIMIT - 1))
def test_derived_seeds_differ_stay_in_range_and_follow_from_the_first(seed: int) -> None:
    seeds = [ids.derive_seed(seed, index) for index in range(32)]
    assert seeds[0] == seed
    assert len(set(seeds)) == 32
    assert all(0 <= each < ids.SEED_LIMIT for each in seeds)
    assert seeds == [ids.derive_seed(seed, index) for index in range(32)]


def test_a_derived_id_follows_from_both_and_looks_like_an_id() -> None:
    assert ids.derive_id("a" * 32, "result-0") == ids.derive_id("a" * 32, "result-0")
    assert len({ids.derive_id(parent, name) for parent in "ab" for name in ("x", "y")}) == 4
    assert len(ids.derive_id("a" * 32, "result-0")) == len(ids.new_id()) == 32
