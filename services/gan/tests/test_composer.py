"""The composer's promises, which hold whatever the weights: bars, roles, repeats, seeds, cancelling."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch
from gan import form as forms
from gan.composer import Composition, Step, compose, repeat
from gan.models import Models
from gan.style import Style
from gan.wish import Wish, settle
from numpy.typing import NDArray
from score.roles import ROLES, Role
from servicekit.faults import Cancelled


def composed(models: Models, wish: Wish) -> Composition:
    *steps, composition = compose(settle(wish, models.styles), models, threading.Event())
    assert isinstance(composition, Composition)
    fractions = [step.fraction for step in steps if isinstance(step, Step)]
    assert fractions == sorted(fractions)
    return composition


@pytest.mark.parametrize("bars", [8, 9, 17, 36, 64])
def test_bars_are_as_asked(models: Models, bars: int) -> None:
    events = composed(models, Wish(seed=1, style_id="funk", bars=bars)).events
    assert {role: len(values) for role, values in events.items()} == dict.fromkeys(ROLES, 16 * bars)


def test_three_four_has_twelve_steps_a_bar(models: Models) -> None:
    events = composed(models, Wish(seed=1, style_id="chorale", meter="3/4", bars=8)).events
    assert {len(values) for values in events.values()} == {96}


def test_roles_are_as_asked(models: Models) -> None:
    events = composed(models, Wish(seed=1, style_id="funk", roles=(Role.BASS, Role.LEAD))).events
    assert set(events) == {Role.LEAD, Role.BASS}
    assert set(composed(models, Wish(seed=1, style_id="chorale")).events) == set(ROLES[:3])


def test_same_seed_same_notes_another_seed_others(models: Models) -> None:
    once, again, other = (composed(models, Wish(seed=seed, style_id="funk")) for seed in (2**64 - 1, 2**64 - 1, 5))
    for role in ROLES:
        assert np.array_equal(once.events[role], again.events[role])
    assert any(not np.array_equal(once.events[role], other.events[role]) for role in ROLES)


def test_an_exact_repeat_is_the_same_music(models: Models) -> None:
    wish = Wish(seed=3, style_id="funk", bars=32)
    form = forms.plan(16, np.random.default_rng((3, 10)))
    exact = np.flatnonzero(form.keep == 1)
    assert len(exact) > 0
    drums = composed(models, wish).events[Role.DRUMS].reshape(16, 32)
    for window in exact:
        assert drums[window].tolist() == drums[form.source[window]].tolist()


def test_a_set_event_cancels(models: Models) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled, match="cancelled"):
        list(compose(settle(Wish(seed=1), models.styles), models, cancelled))


def test_repeats_keep_what_the_form_says() -> None:
    form = forms.Form("AA", np.array([0, 1, 0, 1]), np.array([-1, -1, 0, 1]), np.array([0, 0, 1, 0.5], np.float32))
    points = np.array([1, 2, 10, 20], np.float32).reshape(1, 4, 1, 1)
    assert repeat(points, form).ravel().tolist() == [1, 2, 1, 11]


def test_a_style_is_listed_with_its_programs(styles: tuple[Style, ...]) -> None:
    assert styles[0].programs == {Role.LEAD: 66, Role.HARMONY: 27, Role.BASS: 33, Role.DRUMS: 0}


def test_threads_of_the_process_change_no_note(models: Models) -> None:
    pieces = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        pieces.append(composed(models, Wish(seed=3, style_id="funk", bars=32)).events)
    for role in ROLES:
        assert np.array_equal(pieces[0][role], pieces[1][role])
    assert torch.get_num_threads() == 1


def test_bass_and_lead_are_told_the_chords_of_what_came_before(models: Models) -> None:
    told: dict[Role, NDArray[np.int64]] = {}

    class Listening(Models):
        """The models, noting which chords each role is told."""

        def decode(self, role: Role, *args: Any) -> NDArray[np.int16]:
            told[role] = args[4]
            return super().decode(role, *args)

    listening = Listening((models.generator, models.critic, models.space), models.decoders, models.styles, {})
    composed(listening, Wish(seed=1, style_id="funk", bars=8))
    assert list(told) == [Role.HARMONY, Role.BASS, Role.LEAD, Role.DRUMS]
    assert not told[Role.HARMONY].any()
    assert told[Role.BASS].any()
    assert not np.array_equal(told[Role.BASS], told[Role.LEAD])
