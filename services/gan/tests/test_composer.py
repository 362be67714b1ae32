"""The composer, whatever the weights: length, roles, repeats, determinism, cancellation, selection."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from gan.composer import Composition, Progress, compose, select_candidate
from gan.model import GanModel, PieceConditions
from gan.network.dims import CHANNEL_ROLES, N_CHANNELS, NO_SOURCE
from gan.planning import structure
from gan.planning.generation_request import GenerationRequest, resolve
from gan.planning.styles import Style
from gan.ranking.memorization import LINE_ROLES, TrainingIndex, extract_lines, filter_bits, ngram_hashes
from gan.writing.cadence import has_final_cadence
from score.encoding import OFF
from score.roles import ROLES, Role
from servicekit.faults import Cancelled


def composed(models: GanModel, request: GenerationRequest) -> Composition:
    *steps, composition = compose(resolve(request, models.styles), models, threading.Event())
    assert isinstance(composition, Composition)
    fractions = [step.fraction for step in steps if isinstance(step, Progress)]
    assert fractions == sorted(fractions)
    return composition


@pytest.mark.parametrize("bars", [8, 9, 17, 36, 64])
def test_the_length_is_as_requested(models: GanModel, bars: int) -> None:
    events = composed(models, GenerationRequest(seed=1, style_id="funk", n_bars=bars)).events
    assert {role: len(values) for role, values in events.items()} == dict.fromkeys(ROLES, 16 * bars)


def test_three_four_has_twelve_steps_a_bar(models: GanModel) -> None:
    events = composed(models, GenerationRequest(seed=1, style_id="chorale", meter="3/4", n_bars=8)).events
    assert {len(values) for values in events.values()} == {96}


def test_roles_are_as_requested(models: GanModel) -> None:
    events = composed(models, GenerationRequest(seed=1, style_id="funk", roles=(Role.BASS, Role.LEAD))).events
    assert set(events) == {Role.LEAD, Role.BASS}
    assert set(composed(models, GenerationRequest(seed=1, style_id="chorale")).events) == set(ROLES[:3])


def test_notes_depend_on_the_seed_only(models: GanModel) -> None:
    once, again, other = (
        composed(models, GenerationRequest(seed=seed, style_id="funk")) for seed in (2**64 - 1, 2**64 - 1, 5)
    )
    for role in ROLES:
        assert np.array_equal(once.events[role], again.events[role])
    assert any(not np.array_equal(once.events[role], other.events[role]) for role in ROLES)


NEW = "." * 16
"""Two bars without sources."""


def test_an_exact_repeat_is_the_same_music(models: GanModel) -> None:
    sampling = models.sample(
        PieceConditions(0, False, "4/4", (0.0, 0.0, 0.0), ROLES),
        structure.sample_structure((f"A{NEW}B{NEW}AAAAA....BBBB....C{NEW}",), 4, np.random.default_rng(1)),
        8,
        np.ones(N_CHANNELS, np.float32),
        (1, 2),
        3,
    )
    try:
        while True:
            next(sampling)
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
        pieces.append(composed(models, GenerationRequest(seed=3, style_id="funk", n_bars=32)).events)
    for role in ROLES:
        assert np.array_equal(pieces[0][role], pieces[1][role])
    assert torch.get_num_threads() == 1


def test_the_best_candidate_by_critic_and_rules_is_selected(models: GanModel) -> None:
    resolved = resolve(GenerationRequest(seed=1, style_id="funk", n_bars=8), models.styles)
    candidates = np.zeros((3, 128, N_CHANNELS), np.int64)
    candidates[:, ::16, CHANNEL_ROLES.index(Role.BASS)] = 36 - 19
    candidates[1, ::4, CHANNEL_ROLES.index(Role.LEAD)] = 72 - 19
    candidates[0, ::8, CHANNEL_ROLES.index(Role.LEAD)] = candidates[2, ::8, CHANNEL_ROLES.index(Role.LEAD)] = (
        60 - 19,
        64 - 19,
        *[67 - 19] * 14,
    )
    none = np.full((8, 4), NO_SOURCE)
    plan = structure.Structure(np.arange(4), none, none, none[:, :2])
    by_critic = select_candidate(candidates, np.array([0.0, 0.1, 0.5], np.float32), plan, resolved, models)
    assert by_critic.critic_score == 0.5
    by_rules = select_candidate(candidates, np.array([0.4, 0.5, 0.0], np.float32), plan, resolved, models)
    assert by_rules.critic_score == pytest.approx(0.4)
    assert (by_rules.label_text, set(by_rules.events)) == ("ABCD", set(ROLES))


def test_every_piece_has_a_final_cadence(models: GanModel) -> None:
    for seed in range(3):
        resolved = resolve(GenerationRequest(seed=seed, style_id="funk", n_bars=8), models.styles)
        *_, composition = compose(resolved, models, threading.Event(), n_candidates=1)
        assert isinstance(composition, Composition)
        assert has_final_cadence(composition.events, 16, is_minor=resolved.is_minor)


def test_a_memorized_piece_is_sampled_again(models: GanModel) -> None:
    resolved = resolve(GenerationRequest(seed=4, style_id="funk", n_bars=8), models.styles)
    first = composed(models, GenerationRequest(seed=4, style_id="funk", n_bars=8))
    known = np.zeros(1 << 16, np.uint8)
    hashes = np.concatenate([ngram_hashes(line) for line in extract_lines(first.events).values()])
    for bit in filter_bits(hashes, 8 * len(known)).ravel():
        known[bit >> 3] |= 1 << (7 - (bit & 7))
    index = TrainingIndex(known, {"funk": dict.fromkeys(LINE_ROLES, 12)})
    memorizing = GanModel((models.generator, models.critic), models.styles, index, models.reranker, {})
    *_, again = compose(resolved, memorizing, threading.Event(), n_candidates=1)
    assert isinstance(again, Composition)
    *_, before = compose(resolved, models, threading.Event(), n_candidates=1)
    assert isinstance(before, Composition)
    assert index.excess_overlap(first.events, "funk") > 12
    assert again.n_memorized == 0


def test_a_bar_takes_the_rhythm_of_another_with_its_own_pitches(models: GanModel) -> None:
    plan = structure.sample_structure((f"A{NEW}B....A.......B...",), 2, np.random.default_rng(1))
    prompt = PieceConditions(0, False, "4/4", (0.0, 0.0, 0.0), ROLES)
    sampling = models.sample(prompt, plan, 4, np.ones(N_CHANNELS, np.float32), (1, 2), 3)
    try:
        while True:
            next(sampling)
    except StopIteration as ended:
        events, _ = ended.value
    bars = events[..., CHANNEL_ROLES.index(Role.LEAD)].reshape(3, 4, 16)
    is_onset = bars > OFF
    assert is_onset.any()
    assert np.array_equal(is_onset[:, 2:], is_onset[:, :2])
    assert (bars[:, 2:] != bars[:, :2]).any()
    chords = events[..., [channel == Role.HARMONY for channel in CHANNEL_ROLES]].reshape(3, 4, 16, -1) > OFF
    assert not np.array_equal(chords[:, 2:], chords[:, :2])
