"""Laws of the blend, with the shipped models."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from score import grid as grids
from score import midi
from score.arrays import F32, I64, Bool
from score.encoding import OFF
from score.grid import Grid
from score.model import Notice
from score.roles import Role
from score.windows import join
from servicekit.faults import Cancelled, InvalidInput
from vae.alignment.meter import MeterPolicy
from vae.analysis.bar_notes import notes_by_bar, onset_pitches
from vae.attributes.attribute import Attribute, AttributeSlider
from vae.blending.blend import blend, blend_many, reconstruct, run_to_end
from vae.blending.blend_options import BlendOptions, Progress
from vae.blending.blend_weights import BlendWeights, SectionWeight
from vae.blending.edited_parent import edit_parent
from vae.models.batching import DecodeRequest
from vae.models.model_registry import ModelRegistry, WindowModel
from vae.models.sampling import SamplingParams, WindowSampling
from vae.models.specs import BATCH_SIZES, ROLE_SPECS
from vae.pieces.piece import Piece, from_grid, read_midi
from vae.reconstruction.encoding import encode_piece
from vae.reconstruction.store import ReconstructionCache, ReconstructionStore
from vae_training.whole_blend.measures import consonance  # type: ignore[import-not-found]

Band = Callable[..., bytes]


@pytest.fixture
def pair(band: Band) -> list[Piece]:
    return [read_midi(band(8, seed=1, bpm=100.0)), read_midi(band(8, seed=2, bpm=144.0))]


@pytest.fixture
def waltz() -> bytes:
    lead = np.zeros(48, np.int16)
    lead[::4] = 41
    return midi.write(grids.to_score(grids.from_events("3/4", {Role.LEAD: lead})))


def blended(registry: ModelRegistry, pieces: list[Piece], weight: float = 0.5, **options: object) -> Grid:
    return run_to_end(blend(registry, pieces, BlendOptions(BlendWeights(weight), **options))).grid  # type: ignore[arg-type]


def distance(first: Grid, second: Grid) -> float:
    """Return the share of steps that differ, over all roles."""
    pairs = [(first.events[role], second.events[role]) for role in first.roles]
    return float(np.mean([np.mean(mine != other) for mine, other in pairs]))


@pytest.mark.parametrize("temperature", [0.0, 0.8])
@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_blending_a_piece_with_itself_reconstructs_it(
    registry: ModelRegistry, song: Band, weight: float, temperature: float
) -> None:
    piece, options = read_midi(song("ABA", seed=3)), BlendOptions(BlendWeights(), temperature, seed=6)
    assert (
        blended(registry, [piece, piece], weight, temperature=temperature, seed=6)
        == reconstruct(registry, piece, options).grid
    )


@pytest.mark.parametrize("temperature", [0.0, 0.8])
@pytest.mark.parametrize("end", [0, 1])
def test_at_its_ends_a_blend_is_that_parents_reconstruction_in_every_role(
    registry: ModelRegistry, pair: list[Piece], end: int, temperature: float
) -> None:
    grid = blended(registry, pair, float(end), temperature=temperature, seed=5)
    whole = reconstruct(registry, pair[end], BlendOptions(BlendWeights(), temperature, seed=5)).grid
    assert set(grid.roles) == set(Role)
    for role in Role:
        assert np.array_equal(grid.events[role], whole.events[role]), role
        assert np.array_equal(grid.velocities[role], whole.velocities[role]), role


def test_at_its_end_a_blend_has_only_that_parents_roles(registry: ModelRegistry, pair: list[Piece], band: Band) -> None:
    alone = read_midi(band(8, seed=3, roles=(Role.LEAD,)))
    assert blended(registry, [alone, pair[0]], 0.0) == reconstruct(registry, alone).grid


@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_the_same_seed_gives_the_same_notes(registry: ModelRegistry, pair: list[Piece], temperature: float) -> None:
    first, second = (blended(registry, pair, temperature=temperature, seed=7) for _ in range(2))
    assert first == second


def test_another_seed_gives_other_notes(registry: ModelRegistry, pair: list[Piece]) -> None:
    assert blended(registry, pair, temperature=1.0, seed=1) != blended(registry, pair, temperature=1.0, seed=2)


def test_a_blend_is_nearer_the_nearer_parent(registry: ModelRegistry, pair: list[Piece]) -> None:
    ends = [reconstruct(registry, piece).grid for piece in pair]
    to_first = [distance(blended(registry, pair, weight), ends[0]) for weight in (0.0, 0.25, 0.75, 1.0)]
    to_second = [distance(blended(registry, pair, weight), ends[1]) for weight in (0.0, 0.25, 0.75, 1.0)]
    assert to_first[0] == 0.0
    assert to_first[0] < to_first[1] < to_first[3]
    assert to_second[3] < to_second[2] < to_second[0]


def test_no_note_leaves_the_parents_scale(registry: ModelRegistry, pair: list[Piece]) -> None:
    grid = blended(registry, pair, temperature=1.0, seed=3)
    pitches = {int(pitch) % 12 for role in grid.roles if role is not Role.DRUMS for pitch in grid.notes(role)[:, 2]}
    assert pitches <= {0, 2, 4, 5, 7, 9, 11}


def test_every_bar_that_both_parents_fill_is_filled(registry: ModelRegistry, pair: list[Piece]) -> None:
    grid = blended(registry, pair)
    for role in grid.roles:
        onset_bars = set((grid.notes(role)[:, 0] // grid.steps_per_bar).tolist())
        assert onset_bars == set(range(8)), role


def test_a_role_of_one_parent_plays_in_its_share_of_the_piece(registry: ModelRegistry, band: Band) -> None:
    with_drums = read_midi(band(8, seed=1))
    without = read_midi(band(8, seed=2, roles=(Role.LEAD, Role.HARMONY, Role.BASS)))
    n_hits = [
        np.count_nonzero(blended(registry, [with_drums, without], weight).events[Role.DRUMS])
        for weight in (0.1, 0.5, 0.7)
    ]
    assert n_hits[0] > n_hits[1] > n_hits[2] > 0
    assert Role.DRUMS not in blended(registry, [with_drums, without], 1.0).roles


def test_a_role_can_stay_with_a_parent_of_its_own(registry: ModelRegistry, pair: list[Piece]) -> None:
    weights = BlendWeights(0.0, {Role.LEAD: 1.0}).validate(2)
    grid = run_to_end(blend(registry, pair, BlendOptions(weights))).grid
    assert np.array_equal(grid.events[Role.DRUMS], reconstruct(registry, pair[0]).grid.events[Role.DRUMS])
    second = reconstruct(registry, pair[1]).grid.events[Role.LEAD]
    assert np.mean(grid.events[Role.LEAD] == second) > 0.9


def test_meter_length_and_tempo_are_between_the_parents(registry: ModelRegistry, band: Band) -> None:
    pieces = [read_midi(band(4, bpm=100.0)), read_midi(band(12, seed=4, bpm=144.0))]
    grid = blended(registry, pieces, 0.5, key=(-1, True))
    assert (grid.meter, grid.n_bars, round(grid.mean_bpm)) == ("4/4", 8, 120)
    assert [(key.fifths, key.is_minor) for key in grid.keys] == [(-1, True)]
    assert blended(registry, pieces, 0.5, tempo_bpm=90.0).tempos[0].bpm == pytest.approx(90.0, abs=0.01)


@pytest.mark.parametrize("roles", [tuple(Role), (Role.LEAD, Role.HARMONY, Role.DRUMS), (Role.LEAD, Role.BASS)])
def test_a_lead_fits_where_one_parent_alone_gives_chords_and_bass(
    registry: ModelRegistry, march: Grid, ballad: Grid, roles: tuple[Role, ...]
) -> None:
    first = grids.from_events("4/4", {role: ballad.events[role] for role in roles})
    pair = [from_grid(grids.to_score(grid), grid) for grid in (first, march)]
    weights = BlendWeights(0.5, {Role.HARMONY: 0.0, Role.BASS: 0.0}).validate(2)
    grid = run_to_end(blend(registry, pair, BlendOptions(weights, key=(0, False)))).grid
    assert (Role.BASS in grid.roles, Role.HARMONY in grid.roles) == (Role.BASS in roles, Role.HARMONY in roles)
    assert consonance.count_lead_clashes(grid)[1] > 16
    shares = [clashes / notes for clashes, notes in map(consonance.count_lead_clashes, (grid, march, ballad))]
    assert shares[0] <= max(shares[1:])
    assert consonance.count_minor_seconds(grid)[0] == 0


def test_a_piece_that_has_more_bars_in_the_others_meter_is_blended(registry: ModelRegistry, pair: list[Piece]) -> None:
    jig = read_midi(midi.write(grids.to_score(pair[1].grid.to_meter("6/8"))))
    assert blended(registry, [pair[0], jig], 1.0).meter == "6/8"


def test_three_pieces_blend(registry: ModelRegistry, band: Band) -> None:
    pieces = [read_midi(band(4, seed=seed)) for seed in range(3)]
    whole = run_to_end(blend(registry, pieces, BlendOptions(BlendWeights(shares=(0.0, 1.0, 0.0)).validate(3)))).grid
    assert whole == reconstruct(registry, pieces[1]).grid
    mixed = run_to_end(blend(registry, pieces, BlendOptions(BlendWeights(shares=(0.3, 0.3, 0.4)).validate(3)))).grid
    assert mixed.n_bars == 4
    assert (mixed.events[Role.LEAD] > OFF).any()


def slots(grid: Grid, role: Role) -> list[bytes]:
    """Return what a role plays in each window: notes and their loudness."""
    events, velocities = grid.events[role], grid.velocities[role]
    return [events[at : at + 32].tobytes() + velocities[at : at + 32].tobytes() for at in range(0, len(events), 32)]


@pytest.mark.parametrize(("weight", "temperature"), [(0.5, 0.0), (0.3, 1.0)])
def test_windows_that_repeat_in_both_parents_repeat_in_the_blend(
    registry: ModelRegistry, song: Band, weight: float, temperature: float
) -> None:
    pieces = [read_midi(song("ABAC", seed=1)), read_midi(song("XYXZ", seed=2))]
    grid = blended(registry, pieces, weight, temperature=temperature, seed=4)
    for role in Role:
        found = slots(grid, role)
        assert found[:4] == found[8:12], role
        assert len(set(found)) >= (3 if role is Role.DRUMS else 6), role


def test_moving_one_roles_weight_moves_no_other(registry: ModelRegistry, song: Band) -> None:
    pair = [read_midi(song("AB", seed=1)), read_midi(song("XY", seed=2))]
    before = blended(registry, pair, 0.5, temperature=0.5, seed=2)
    for moved in (Role.LEAD, Role.BASS, Role.DRUMS):
        weights = BlendWeights(0.5, {moved: 0.9}).validate(2)
        after = run_to_end(blend(registry, pair, BlendOptions(weights, temperature=0.5, seed=2))).grid
        for role in set(Role) - {moved}:
            # Single pitches may change, those that would clash with that role, and with them the order of voices.
            assert np.mean(after.events[role] == before.events[role]) > 0.95, (moved, role)
            assert np.array_equal(after.events[role] > 0, before.events[role] > 0), (moved, role)
            loudness = [np.sort(grid.velocities[role].reshape(grid.n_steps, -1), axis=1) for grid in (after, before)]
            assert np.array_equal(loudness[0], loudness[1]), (moved, role)
        assert not np.array_equal(after.events[moved], before.events[moved]), moved


def test_moving_the_harmonys_weight_leaves_the_drums(registry: ModelRegistry, pair: list[Piece]) -> None:
    weights = BlendWeights(0.5, {Role.HARMONY: 0.9}).validate(2)
    moved = run_to_end(blend(registry, pair, BlendOptions(weights))).grid
    assert np.array_equal(moved.events[Role.DRUMS], blended(registry, pair).events[Role.DRUMS])


def test_a_sections_weight_holds_in_that_section_alone(registry: ModelRegistry, song: Band) -> None:
    pieces = [read_midi(song("ABAC", seed=1)), read_midi(song("XYXZ", seed=2))]
    weights = BlendWeights(0.0, section_weights=[SectionWeight(1.0, "B")]).validate(2)
    result = run_to_end(blend(registry, pieces, BlendOptions(weights)))
    assert [(each.start, each.stop, each.label) for each in result.sections] == [
        (0, 8, "A"),
        (8, 16, "B"),
        (16, 24, "A"),
        (24, 32, "C"),
    ]
    for role in Role:
        own, first, second = (notes_by_bar(grid, role) for grid in (result.grid, *(piece.grid for piece in pieces)))
        pitches = [[onset_pitches(bar) for bar in bars] for bars in (own, first, second)]
        assert pitches[0][8:16] == pitches[2][8:16], role
        assert pitches[0][:8] + pitches[0][16:] == pitches[1][:8] + pitches[1][16:], role


def test_a_section_that_the_first_piece_has_not_is_refused(registry: ModelRegistry, song: Band) -> None:
    pieces = [read_midi(song("ABAC", seed=1)), read_midi(song("XYXZ", seed=2))]
    with pytest.raises(InvalidInput, match="no section Q: it has A, B, C"):
        run_to_end(blend(registry, pieces, BlendOptions(BlendWeights(section_weights=[SectionWeight(1.0, "Q")]))))


def test_the_larger_share_determines_the_meter_and_a_notice_reports_it(
    registry: ModelRegistry, band: Band, waltz: bytes
) -> None:
    pieces = [read_midi(band(4)), read_midi(waltz)]
    assert [blended(registry, pieces, weight).meter for weight in (0.0, 0.5, 0.8)] == ["4/4", "4/4", "3/4"]
    notices = run_to_end(blend(registry, pieces, BlendOptions(BlendWeights(0.5)))).notices
    assert Notice("METER_CONVERTED", "3/4 was converted to 4/4.", parent=1) in notices


def test_meters_that_differ_are_refused_on_request(registry: ModelRegistry, band: Band, waltz: bytes) -> None:
    with pytest.raises(InvalidInput, match="in 4/4 and 3/4"):
        blended(registry, [read_midi(band(4)), read_midi(waltz)], meter_policy=MeterPolicy.REFUSE)


def test_an_unconstrained_blend_is_only_what_the_models_decode(registry: ModelRegistry, pair: list[Piece]) -> None:
    grid = blended(registry, pair, 0.0, is_unconstrained=True)
    own = encode_piece(registry, pair[0])
    for role in Role:
        sampling = SamplingParams(ROLE_SPECS[role], 0, 0.0)
        request = DecodeRequest.of_single_latents(own[role], pair[0].chords, sampling)
        windows = registry.decode(role, [request], 32)[0]
        ties: dict[Role, Bool] = {} if role is Role.DRUMS else {role: pair[0].continuations[role]}
        assert np.array_equal(grid.events[role], join({role: windows}, tied=ties)[role]), role


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_sliders_move_the_finished_blend_at_any_weight(
    registry: ModelRegistry, pair: list[Piece], weight: float
) -> None:
    plain = blended(registry, pair, weight)

    def lead_onsets(value: float) -> int:
        sliders = (AttributeSlider(Attribute.DENSITY, value, Role.LEAD),)
        grid = blended(registry, pair, weight, sliders=sliders)
        assert np.array_equal(grid.events[Role.DRUMS], plain.events[Role.DRUMS])
        return int((grid.events[Role.LEAD] > OFF).sum())

    assert lead_onsets(0.0) == (plain.events[Role.LEAD] > OFF).sum()
    assert lead_onsets(-1.0) < lead_onsets(-0.5) < lead_onsets(0.0) < lead_onsets(1.0)


def test_sliders_move_the_notes_of_a_single_parent(pair: list[Piece]) -> None:
    sliders = (AttributeSlider(Attribute.REGISTER, 1.0, Role.BASS),)
    options = BlendOptions(BlendWeights(0.0), sliders=sliders, tempo_bpm=90.0, key=(0, False))
    result, own = edit_parent(pair, 0, options), pair[0].grid
    assert (result.grid.notes(Role.BASS)[:, 2] == own.notes(Role.BASS)[:, 2] + 12).all()
    assert np.array_equal(result.grid.events[Role.LEAD], own.events[Role.LEAD])
    assert (round(result.grid.mean_bpm), result.grid.keys[0].fifths) == (90, 0)
    assert not np.isnan(result.timing[Role.BASS].onset).any()


def test_a_blend_without_a_role_that_silence_outweighs_is_no_error(registry: ModelRegistry, band: Band) -> None:
    pieces = [read_midi(band(4, roles=(Role.DRUMS,))), read_midi(band(4, seed=2, roles=(Role.LEAD,)))]
    grid = blended(registry, pieces, 1.0)
    assert grid.roles == (Role.LEAD,)
    assert (grid.events[Role.LEAD] > OFF).any()


def test_progress_counts_the_work(registry: ModelRegistry, pair: list[Piece]) -> None:
    stages = [event for event in blend(registry, pair, BlendOptions(BlendWeights())) if isinstance(event, Progress)]
    # The drums: 2 x 4 windows to encode and to decode by themselves, then 4 to blend.
    assert [round(stage.fraction * 20) for stage in stages] == [0, 0, 16]
    assert [stage.stage for stage in stages] == ["align", "encode drums", "blend drums"]


def test_at_an_end_progress_counts_all_roles(registry: ModelRegistry, pair: list[Piece]) -> None:
    stages = [event for event in blend(registry, pair, BlendOptions(BlendWeights(0.0))) if isinstance(event, Progress)]
    assert [round(stage.fraction * 80) for stage in stages] == [0, 0, 16, 20, 36, 40, 56, 60, 76]
    assert [stage.stage for stage in stages[:3]] == ["align", "encode harmony", "blend harmony"]


def test_a_piece_that_was_blended_before_gives_the_same_notes(registry: ModelRegistry, pair: list[Piece]) -> None:
    cache, options = ReconstructionCache(), BlendOptions(BlendWeights(1.0), temperature=0.8, seed=3)
    results = [
        run_to_end(
            blend(
                registry,
                pair,
                options,
                store=ReconstructionStore(registry, options.sampling_options, cache),
            )
        ).grid
        for _ in range(2)
    ]
    assert len(cache) == 8
    assert results[0] == results[1] == run_to_end(blend(registry, pair, options)).grid


class Watched:
    """A model that records how many windows each of its batches has."""

    def __init__(self, model: WindowModel) -> None:
        self._model, self.latent_size, self.batch_sizes = model, model.latent_size, model.batch_sizes
        self.counts: list[int] = []

    def encode(self, tokens: I64, chords: I64, n_steps: int) -> tuple[F32, F32]:
        self.counts.append(len(tokens))
        return self._model.encode(tokens, chords, n_steps)

    def decode(self, latents: F32, chords: I64, n_steps: int, sampling: WindowSampling) -> I64:
        self.counts.append(len(latents))
        return self._model.decode(latents, chords, n_steps, sampling)


def test_of_a_twenty_minute_blend_no_more_than_a_batch_a_core_is_done_once_cancelled(
    registry: ModelRegistry, band: Band
) -> None:
    pieces = [read_midi(band(600, seed=seed, bpm=120.0)) for seed in (1, 2)]
    models = {name: Watched(model) for name, model in registry._models.items()}
    watched, n_checks = ModelRegistry(models, registry.digests), 0

    def check_cancelled() -> None:
        nonlocal n_checks
        n_checks += 1
        if n_checks > 12:
            raise Cancelled("The call was cancelled.")

    with pytest.raises(Cancelled, match="cancelled"):
        run_to_end(blend(watched, pieces, BlendOptions(BlendWeights(0.0)), check_cancelled))
    counts = [count for model in models.values() for count in model.counts]
    # The first check is before the alignment; each other one is before a batch.
    assert len(counts) == 11
    assert max(counts) <= BATCH_SIZES[-1]


def test_a_cancelled_blend_stops_at_the_next_batch(registry: ModelRegistry, pair: list[Piece]) -> None:
    calls = 0

    def check_cancelled() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Cancelled("The call was cancelled.")

    with pytest.raises(Cancelled, match="cancelled"):
        run_to_end(blend(registry, pair, BlendOptions(BlendWeights()), check_cancelled))
    assert calls == 3


def test_blends_decoded_together_are_those_decoded_one_by_one(registry: ModelRegistry, band: Band) -> None:
    pieces = [read_midi(band(8, seed=seed)) for seed in (1, 2)]
    all_options = [BlendOptions(BlendWeights(weight), temperature=0.4, seed=3) for weight in (0.0, 0.3, 0.7, 1.0)]
    together = blend_many(registry, pieces, all_options)
    for options, result in zip(all_options, together, strict=True):
        alone = run_to_end(blend(registry, pieces, options))
        assert all(np.array_equal(alone.grid.events[role], events) for role, events in result.grid.events.items())
        assert (alone.grid.events.keys(), alone.notices) == (result.grid.events.keys(), result.notices)


def test_blends_of_different_meters_are_decoded_together(registry: ModelRegistry, band: Band, waltz: bytes) -> None:
    pieces = [read_midi(band(8, seed=1)), read_midi(waltz)]
    all_options = [BlendOptions(BlendWeights(weight), temperature=0.4, seed=3) for weight in (0.0, 0.4, 0.6, 0.8, 1.0)]
    together = blend_many(registry, pieces, all_options)
    assert [result.grid.meter for result in together] == ["4/4", "4/4", "3/4", "3/4", "3/4"]
    for options, result in zip(all_options, together, strict=True):
        assert run_to_end(blend(registry, pieces, options)).grid == result.grid
