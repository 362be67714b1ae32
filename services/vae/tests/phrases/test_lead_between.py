"""The rhythm and the contour that the shipped models decode between the leads of two parents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from score.arrays import F64
from score.encoding import pitch_of_event
from score.grid import Grid
from score.roles import Role
from vae.analysis.parent import Parent
from vae.models.batching import DecodeRequest
from vae.models.model_registry import ModelRegistry
from vae.models.sampling import SamplingParams
from vae.models.specs import FACTOR_SPECS, LeadFactor
from vae.phrases.composition import BlendPlan, BlendShares, plan_blend
from vae.phrases.lead_between import LeadBetween, decode_lead_between, pitch_at
from vae.phrases.windows import pair_bars
from vae.planning.ingredients import IngredientShares
from vae.reconstruction.store import SamplingOptions

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def plan_of(*pieces: Grid) -> BlendPlan:
    """Return the plan of a blend whose form is the first piece's."""
    row = np.zeros(len(pieces))
    row[0] = 1.0
    half = np.full(len(pieces), 1.0 / len(pieces))
    by_bar = lambda bars: IngredientShares.build(lambda _: np.tile(half, (len(bars), 1)))  # noqa: E731
    return plan_blend([Parent(piece, 0, False) for piece in pieces], BlendShares(row, True, by_bar))


def shares_of(plan: BlendPlan, rhythm: float, contour: float) -> dict[LeadFactor, F64]:
    """Return the same shares of the second parent in all bars."""
    second = {LeadFactor.RHYTHM: rhythm, LeadFactor.CONTOUR: contour}
    return {factor: np.tile([1.0 - share, share], (plan.n_bars, 1)) for factor, share in second.items()}


def between(
    registry: ModelRegistry, plan: BlendPlan, rhythm: float, contour: float, temperature: float = 0.0, seed: int = 0
) -> LeadBetween:
    return decode_lead_between(
        registry, plan, shares_of(plan, rhythm, contour), SamplingOptions(temperature=temperature, seed=seed)
    )


@pytest.fixture(scope="module")
def plan(march: Grid, ballad: Grid) -> BlendPlan:
    """Return the plan of a blend of the march and the ballad."""
    return plan_of(march, ballad)


def onsets(result: LeadBetween) -> list[list[int]]:
    return [[onset for onset, _ in bar] for bar in result.rhythm]


@pytest.mark.parametrize("side", [0, 1])
def test_at_the_ends_a_parent_comes_back(registry: ModelRegistry, plan: BlendPlan, side: int) -> None:
    result, parent = between(registry, plan, side, side), plan.parents[side]
    own = [parent.bars[Role.LEAD][slot.bars[side]] for slot in plan.form.slots]
    assert result.rhythm == [tuple((note.onset, note.duration) for note in bar) for bar in own]
    pairs = [
        (pitch_at(contour, note.onset / 16), note.pitch)
        for contour, bar in zip(result.contour, own, strict=True)
        for note in bar
    ]
    assert np.mean([decoded == pitch for decoded, pitch in pairs]) > 0.9


def test_between_the_ends_the_number_of_onsets_lies_between(registry: ModelRegistry, plan: BlendPlan) -> None:
    counts = [sum(len(bar) for bar in between(registry, plan, share, 0.5).rhythm) for share in SHARES]
    assert min(counts[0], counts[-1]) <= counts[2] <= max(counts[0], counts[-1])
    assert counts[0] != counts[-1]


def test_the_way_from_one_parent_to_the_other_is_even(registry: ModelRegistry, plan: BlendPlan) -> None:
    path = [onsets(between(registry, plan, share, 0.0)) for share in SHARES]
    distances = [sum(len(set(a) ^ set(b)) for a, b in zip(path[0], each, strict=True)) for each in path]
    assert distances == sorted(distances)
    assert distances[0] < distances[2] < distances[-1]


def test_rhythm_and_contour_do_not_depend_on_each_other(registry: ModelRegistry, plan: BlendPlan) -> None:
    exchanged, first, second = (between(registry, plan, *each) for each in ((0.0, 1.0), (0.0, 0.0), (1.0, 1.0)))
    assert exchanged.rhythm == first.rhythm
    assert exchanged.contour == second.contour
    assert first.contour != second.contour


def test_what_repeats_in_both_parents_repeats(registry: ModelRegistry, plan: BlendPlan) -> None:
    result = between(registry, plan, 0.5, 0.5, temperature=1.0)
    found: dict[tuple[object, ...], set[object]] = {}
    for first, second in pair_bars(plan):
        leads = [
            parent.bars[Role.LEAD][plan.form.slots[bar].bars[side]]
            for side, parent in enumerate(plan.parents)
            for bar in (first, second)
        ]
        chords = plan.chords[2 * first : 2 * second + 2].tolist()
        found.setdefault((*leads, *chords), set()).add(
            (result.rhythm[first], result.rhythm[second], result.contour[first], result.contour[second])
        )
    assert len(found) < len(pair_bars(plan))
    assert all(len(each) == 1 for each in found.values())


def test_a_seed_gives_the_same_again_and_another_seed_something_else(registry: ModelRegistry, plan: BlendPlan) -> None:
    results = [between(registry, plan, 0.5, 0.5, temperature=1.0, seed=seed) for seed in (1, 1, 2)]
    assert results[0] == results[1]
    assert results[0] != results[2]


def test_windows_of_one_content_are_decoded_once(
    registry: ModelRegistry, plan: BlendPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: dict[LeadFactor, list[int]] = {factor: [] for factor in LeadFactor}
    decode = ModelRegistry.decode

    def counted(self: ModelRegistry, name: LeadFactor, requests: list[DecodeRequest], *rest: object) -> object:
        sizes[name] += [len(request) for request in requests]
        return decode(self, name, requests, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ModelRegistry, "decode", counted)
    between(registry, plan, 0.5, 0.5)
    # Both parents repeat one rhythm in all bars; their pitches and chords differ.
    assert sizes[LeadFactor.RHYTHM][0] == 1
    assert 1 < sizes[LeadFactor.CONTOUR][0] < len(pair_bars(plan))


def test_a_parent_without_a_lead_leaves_it_to_the_other(registry: ModelRegistry, march: Grid, ballad: Grid) -> None:
    silent = replace(ballad, events={role: of for role, of in ballad.events.items() if role is not Role.LEAD})
    plan = plan_of(march, silent)
    alone, mixed = between(registry, plan, 0.0, 0.0), between(registry, plan, 0.5, 1.0)
    assert mixed == alone
    assert any(alone.rhythm)
    assert not any(between(registry, plan, 0.9, 1.0).rhythm)


@pytest.mark.parametrize("n_steps", [24, 32])
@pytest.mark.parametrize("factor", list(LeadFactor))
def test_an_equal_window_of_both_parents_is_decoded_as_itself(
    registry: ModelRegistry, factor: LeadFactor, n_steps: int
) -> None:
    spec = FACTOR_SPECS[factor]
    window = np.zeros((1, n_steps), np.int16)
    window[0, ::4] = 2 if factor is LeadFactor.RHYTHM else 41
    if factor is LeadFactor.CONTOUR:
        window[:] = np.repeat([41, 43, 45, 43, 41, 38, 41, 41], 4)[:n_steps]
    chords = np.zeros((1, 8), np.int8)
    latents = registry.encode(factor, window, chords)
    assert latents.shape == (1, spec.latent_size)
    request = DecodeRequest.of_single_latents(latents, chords, SamplingParams(spec, 0, 0.0))
    assert np.array_equal(registry.decode(factor, [request], n_steps)[0], window)


def test_the_contour_stays_within_the_range_of_both(registry: ModelRegistry, plan: BlendPlan) -> None:
    pitches = [pitch for bar in between(registry, plan, 0.5, 0.5).contour for _, pitch in bar]
    leads = [event for parent in plan.parents for event in parent.grid.events[Role.LEAD].tolist() if event > 1]
    assert pitch_of_event(min(leads)) - 2 <= min(pitches)
    assert max(pitches) <= pitch_of_event(max(leads)) + 2
