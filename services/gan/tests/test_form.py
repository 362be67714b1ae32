"""Forms: repeats point back, returning phrases close anew, every length has a plan."""

from __future__ import annotations

import numpy as np
import pytest
from gan import form


@pytest.mark.parametrize("n_windows", range(1, 33))
def test_every_length_has_a_plan(n_windows: int) -> None:
    for seed in range(20):
        plan = form.plan(n_windows, np.random.default_rng(seed))
        assert len(plan.letters) == len(plan.source) == len(plan.keep) == n_windows
        repeats = plan.source != form.NO_SOURCE
        assert (plan.source[repeats] < np.flatnonzero(repeats)).all()
        assert (plan.letters[repeats] == plan.letters[plan.source[repeats]]).all()
        assert (plan.keep[~repeats] == 0).all()
        assert (plan.keep[plan.source[repeats]] == 0).all()


def test_a_song_of_32_bars_brings_its_first_phrase_back_with_another_close() -> None:
    plan = next(
        plan for plan in (form.plan(16, np.random.default_rng(seed)) for seed in range(99)) if plan.name == "AABA"
    )
    assert plan.letters[4:8].tolist() == plan.letters[:4].tolist() == plan.letters[12:].tolist()
    assert not set(plan.letters[8:12]) & set(plan.letters[:4])
    assert plan.keep[7] == plan.keep[15] == np.float32(form.VARIED)
    assert plan.source[4:8].tolist()[0] == 0


def test_same_seed_same_form() -> None:
    one, two = (form.plan(16, np.random.default_rng(5)) for _ in range(2))
    assert one.name == two.name
    assert one.keep.tolist() == two.keep.tolist()
