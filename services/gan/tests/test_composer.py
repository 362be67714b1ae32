"""The composer's promises, which hold whatever the weights: bars, roles, repeats, seeds, cancelling."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from gan.composer import Composition, Progress, compose, select_candidate
from gan.model import GanModel, PieceConditions
from gan.network.dims import CHANNEL_ROLES, N_CHANNELS
from gan.planning import structure
from gan.planning.generation_request import GenerationRequest, resolve
from gan.planning.styles import Style
from gan.ranking.memorization import LINE_ROLES, TrainingIndex, extract_lines, filter_bits, ngram_hashes
from gan.writing.cadence import has_final_cadence
from score.encoding import OFF
from score.roles import ROLES, Role
from servicekit.faults import Cancelled


def composed(models: GanModel, wish: GenerationRequest) -> Composition:
    *steps, composition = compose(resolve(wish, models.styles), models, threading.Event())
    assert isinstance(composition, Composition)
    fractions = [step.fraction for step in steps if isinstance(step, Progress)]
    assert fractions == sorted(fractions)
    return composition


@pytest.mark.parametrize("bars", [8, 9, 17, 36, 64])
def test_bars_are_as_asked(models: GanModel, bars: int) -> None:
    events = composed(models, GenerationRequest(seed=1, style_id="funk", bars=bars)).events
    assert {role: len(values) for role, values in events.items()} == dict.fromkeys(ROLES, 16 * bars)


def test_three_four_has_twelve_steps_a_bar(models: GanModel) -> None:
    events = composed(models, GenerationRequest(seed=1, style_id="chorale", meter="3/4", bars=8)).events
    assert {len(values) for values in events.values()} == {96}


def test_roles_are_as_asked(models: GanModel) -> None:
    events = composed(models, GenerationRequest(seed=1, style_id="funk", roles=(Role.BASS, Role.LEAD))).events
    assert set(events) == {Role.LEAD, Role.BASS}
    assert set(composed(models, GenerationRequest(seed=1, style_id="chorale")).events) == set(ROLES[:3])


def test_same_seed_same_notes_another_seed_others(models: GanModel) -> None:
    once, again, other = (
        composed(models, GenerationRequest(seed=seed, style_id="funk")) for seed in (2**64 - 1, 2**64 - 1, 5)
    )
    for role in ROLES:
        assert np.array_equal(once.events[role], again.events[role])
    assert any(not np.array_equal(once.events[role], other.events[role]) for role in ROLES)


NEW = "." * 16
"""Two bars that repeat nothing."""


def test_an_exact_repeat_is_the_same_music(models: GanModel) -> None:
    drawing = models.draw(
        PieceConditions(0, False, "4/4", (0.0, 0.0, 0.0), ROLES),
        structure.sample_structure((f"A{NEW}B{NEW}AAAAA....BBBB....C{NEW}",), 4, np.random.default_rng(1)),
        8,
        np.ones(N_CHANNELS, np.float32),
        (1, 2),
        3,
    )
    try:
        while True:
            next(drawing)
    except StopIteration as ended:
        events, states = ended.value
    assert np.array_equal(events[:, :32, 0], events[:, 64:96, 0])
    sounding = states - ((states > 0) & (states % 2 == 0))
    assert np.array_equal(sounding[:, :32, 1:], sounding[:, 64:96, 1:])
    assert not np.array_equal(events[:, :32], events[:, 32:64])


def test_a_set_event_cancels(models: GanModel) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled, match="cancelled"):
        list(compose(resolve(GenerationRequest(seed=1), models.styles), models, cancelled))


def test_a_style_is_listed_with_its_programs(styles: tuple[Style, ...]) -> None:
    assert styles[0].programs == {Role.LEAD: 66, Role.HARMONY: 27, Role.BASS: 33, Role.DRUMS: 0}


def test_threads_of_the_process_change_no_note(models: GanModel) -> None:
    pieces = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        pieces.append(composed(models, GenerationRequest(seed=3, style_id="funk", bars=32)).events)
    for role in ROLES:
        assert np.array_equal(pieces[0][role], pieces[1][role])
    assert torch.get_num_threads() == 1


def test_of_several_the_best_by_critic_and_ear_is_taken(models: GanModel) -> None:
    brief = resolve(GenerationRequest(seed=1, style_id="funk", bars=8), models.styles)
    draft = np.zeros((3, 128, N_CHANNELS), np.int64)
    draft[:, ::16, CHANNEL_ROLES.index(Role.BASS)] = 36 - 19
    draft[1, ::4, CHANNEL_ROLES.index(Role.LEAD)] = 72 - 19
    draft[0, ::8, CHANNEL_ROLES.index(Role.LEAD)] = draft[2, ::8, CHANNEL_ROLES.index(Role.LEAD)] = (
        60 - 19,
        64 - 19,
        *[67 - 19] * 14,
    )
    nothing = np.full((8, 4), structure.NO_SOURCE)
    form = structure.Structure(np.arange(4), nothing, nothing, nothing[:, :2])
    liked = select_candidate(draft, np.array([0.0, 0.1, 0.5], np.float32), form, brief, models)
    assert liked.critic_score == 0.5
    unstuck = select_candidate(draft, np.array([0.4, 0.5, 0.0], np.float32), form, brief, models)
    assert unstuck.critic_score == pytest.approx(0.4)
    assert (unstuck.form, set(unstuck.events)) == ("ABCD", set(ROLES))


def test_what_does_not_close_is_ended(models: GanModel) -> None:
    for seed in range(3):
        brief = resolve(GenerationRequest(seed=seed, style_id="funk", bars=8), models.styles)
        *_, composition = compose(brief, models, threading.Event(), candidates=1)
        assert isinstance(composition, Composition)
        assert has_final_cadence(composition.events, 16, is_minor=brief.is_minor)


def test_a_copy_is_drawn_again(models: GanModel) -> None:
    brief = resolve(GenerationRequest(seed=4, style_id="funk", bars=8), models.styles)
    first = composed(models, GenerationRequest(seed=4, style_id="funk", bars=8))
    known = np.zeros(1 << 16, np.uint8)
    hashes = np.concatenate([ngram_hashes(line) for line in extract_lines(first.events).values()])
    for bit in filter_bits(hashes, 8 * len(known)).ravel():
        known[bit >> 3] |= 1 << (7 - (bit & 7))
    learnt = TrainingIndex(known, {"funk": dict.fromkeys(LINE_ROLES, 12)})
    copying = GanModel((models.generator, models.critic), models.styles, learnt, models.realism, {})
    *_, again = compose(brief, copying, threading.Event(), candidates=1)
    assert isinstance(again, Composition)
    *_, before = compose(brief, models, threading.Event(), candidates=1)
    assert isinstance(before, Composition)
    assert learnt.excess_overlap(first.events, "funk") > 12
    assert again.copied == 0


def test_a_bar_goes_in_the_rhythm_of_another_with_pitches_of_its_own(models: GanModel) -> None:
    form = structure.sample_structure((f"A{NEW}B....A.......B...",), 2, np.random.default_rng(1))
    prompt = PieceConditions(0, False, "4/4", (0.0, 0.0, 0.0), ROLES)
    drawing = models.draw(prompt, form, 4, np.ones(N_CHANNELS, np.float32), (1, 2), 3)
    try:
        while True:
            next(drawing)
    except StopIteration as ended:
        events, _ = ended.value
    bars = events[..., CHANNEL_ROLES.index(Role.LEAD)].reshape(3, 4, 16)
    struck = bars > OFF
    assert struck.any()
    assert np.array_equal(struck[:, 2:], struck[:, :2])
    assert (bars[:, 2:] != bars[:, :2]).any()
    chords = events[..., [channel == Role.HARMONY for channel in CHANNEL_ROLES]].reshape(3, 4, 16, -1) > OFF
    assert not np.array_equal(chords[:, 2:], chords[:, :2])
