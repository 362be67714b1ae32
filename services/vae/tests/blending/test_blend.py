"""Laws of the blend, with the shipped models."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from score import grid as grids
from score import midi, windows
from score.encoding import OFF, sounding_pitch
from score.grid import Grid
from score.model import Notice
from score.roles import Role
from servicekit.faults import Cancelled, InvalidInput
from vae.alignment.meter import MeterPolicy
from vae.blending.blend import Stage, Wishes, blend, encode, finished, reconstruct, way
from vae.blending.blend_weights import SectionWeight, Weights
from vae.conditioning.attributes import Attribute, Slider, Vectors
from vae.models.model_registry import Bank, Model
from vae.models.sampling import Draw, WindowDraw
from vae.models.specs import BATCH_SIZES, ROLE_SPECS
from vae.pieces.piece import Flags, Floats, Piece, read
from vae.reconstruction.store import Album, Portraits

Band = Callable[..., bytes]
Tokens = npt.NDArray[np.int64]


@pytest.fixture
def pair(band: Band) -> list[Piece]:
    return [read(band(8, seed=1, bpm=100.0)), read(band(8, seed=2, bpm=144.0))]


@pytest.fixture
def waltz() -> bytes:
    lead = np.zeros(48, np.int16)
    lead[::4] = 41
    return midi.write(grids.to_score(grids.from_events("3/4", {Role.LEAD: lead})))


def made(bank: Bank, pieces: list[Piece], weight: float = 0.5, **wishes: object) -> Grid:
    return finished(blend(bank, pieces, Wishes(Weights(weight), **wishes))).grid  # type: ignore[arg-type]


def distance(first: Grid, second: Grid) -> float:
    """Return the share of steps that differ, over all roles."""
    pairs = [(first.events[role], second.events[role]) for role in first.roles]
    return float(np.mean([np.mean(mine != other) for mine, other in pairs]))


@pytest.mark.parametrize("temperature", [0.0, 0.8])
@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_blending_a_piece_with_itself_reconstructs_it(
    bank: Bank, song: Band, weight: float, temperature: float
) -> None:
    piece, wishes = read(song("ABA", seed=3)), Wishes(Weights(), temperature, seed=6)
    assert made(bank, [piece, piece], weight, temperature=temperature, seed=6) == reconstruct(bank, piece, wishes).grid


@pytest.mark.parametrize("temperature", [0.0, 0.8])
@pytest.mark.parametrize("end", [0, 1])
def test_at_its_ends_a_blend_is_that_parents_reconstruction_in_every_role(
    bank: Bank, pair: list[Piece], end: int, temperature: float
) -> None:
    grid = made(bank, pair, float(end), temperature=temperature, seed=5)
    whole = reconstruct(bank, pair[end], Wishes(Weights(), temperature, seed=5)).grid
    assert set(grid.roles) == set(Role)
    for role in Role:
        assert np.array_equal(grid.events[role], whole.events[role]), role
        assert np.array_equal(grid.velocities[role], whole.velocities[role]), role


def test_at_its_end_a_blend_has_only_that_parents_roles(bank: Bank, pair: list[Piece], band: Band) -> None:
    alone = read(band(8, seed=3, roles=(Role.LEAD,)))
    assert made(bank, [alone, pair[0]], 0.0) == reconstruct(bank, alone).grid


@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_the_same_seed_gives_the_same_notes(bank: Bank, pair: list[Piece], temperature: float) -> None:
    first, second = (made(bank, pair, temperature=temperature, seed=7) for _ in range(2))
    assert first == second


def test_another_seed_gives_other_notes(bank: Bank, pair: list[Piece]) -> None:
    assert made(bank, pair, temperature=1.0, seed=1) != made(bank, pair, temperature=1.0, seed=2)


def test_a_blend_is_nearer_the_nearer_parent(bank: Bank, pair: list[Piece]) -> None:
    ends = [reconstruct(bank, piece).grid for piece in pair]
    to_first = [distance(made(bank, pair, weight), ends[0]) for weight in (0.0, 0.25, 0.75, 1.0)]
    to_second = [distance(made(bank, pair, weight), ends[1]) for weight in (0.0, 0.25, 0.75, 1.0)]
    assert to_first[0] == 0.0
    assert to_first[0] < to_first[1] < to_first[3]
    assert to_second[3] < to_second[2] < to_second[0]


def test_no_note_leaves_the_parents_scale(bank: Bank, pair: list[Piece]) -> None:
    grid = made(bank, pair, temperature=1.0, seed=3)
    pitches = {int(pitch) % 12 for role in grid.roles if role is not Role.DRUMS for pitch in grid.notes(role)[:, 2]}
    assert pitches <= {0, 2, 4, 5, 7, 9, 11}


def test_every_bar_that_both_parents_fill_is_filled(bank: Bank, pair: list[Piece]) -> None:
    grid = made(bank, pair)
    for role in grid.roles:
        onset_bars = set((grid.notes(role)[:, 0] // grid.steps_per_bar).tolist())
        assert onset_bars == set(range(8)), role


def test_a_role_of_one_parent_sounds_in_full_until_half_and_thins_below(bank: Bank, band: Band) -> None:
    with_drums = read(band(8, seed=1))
    without = read(band(8, seed=2, roles=(Role.LEAD, Role.HARMONY, Role.BASS)))
    full, at_half, thinner = (
        np.count_nonzero(made(bank, [with_drums, without], weight).events[Role.DRUMS]) for weight in (0.1, 0.5, 0.8)
    )
    assert full == at_half > thinner > 0
    assert Role.DRUMS not in made(bank, [with_drums, without], 1.0).roles


def test_a_role_can_stay_with_a_parent_of_its_own(bank: Bank, pair: list[Piece]) -> None:
    weights = Weights(0.0, {Role.LEAD: 1.0}).checked(2)
    grid = finished(blend(bank, pair, Wishes(weights))).grid
    assert np.array_equal(grid.events[Role.DRUMS], reconstruct(bank, pair[0]).grid.events[Role.DRUMS])
    second = reconstruct(bank, pair[1]).grid.events[Role.LEAD]
    assert np.mean(grid.events[Role.LEAD] == second) > 0.9


def test_it_takes_meter_and_length_and_tempo_from_the_plan(bank: Bank, band: Band) -> None:
    pieces = [read(band(4, bpm=100.0)), read(band(12, seed=4, bpm=144.0))]
    grid = made(bank, pieces, 0.5, key=(-1, True))
    assert (grid.meter, grid.n_bars, round(grid.mean_bpm)) == ("4/4", 8, 120)
    assert [(key.fifths, key.is_minor) for key in grid.keys] == [(-1, True)]
    assert made(bank, pieces, 0.5, tempo_bpm=90.0).tempos[0].bpm == pytest.approx(90.0, abs=0.01)


def test_a_lead_fits_the_bass_where_one_parent_alone_gives_chords_and_bass(bank: Bank, band: Band) -> None:
    others = (Role.LEAD, Role.HARMONY, Role.DRUMS)
    pairs = [[read(band(16, seed=1, roles=roles)), read(band(16, seed=2))] for roles in (tuple(Role), others)]
    one_band = Weights(0.5, {Role.HARMONY: 0.0, Role.BASS: 0.0}).checked(2)
    grids_made = [finished(blend(bank, pair, Wishes(one_band))).grid for pair in pairs]
    bass = sounding_pitch(grids_made[0].events[Role.BASS])
    doubled = []
    for grid in grids_made:
        begins = (grid.events[Role.LEAD] > OFF) & (bass > 0)
        doubled.append(((sounding_pitch(grid.events[Role.LEAD]) - bass)[begins] % 12 == 0).mean())
    assert Role.BASS not in grids_made[1].roles
    assert doubled[0] > 1.4 * doubled[1]


def test_three_pieces_blend(bank: Bank, band: Band) -> None:
    pieces = [read(band(4, seed=seed)) for seed in range(3)]
    whole = finished(blend(bank, pieces, Wishes(Weights(shares=(0.0, 1.0, 0.0)).checked(3)))).grid
    assert whole == reconstruct(bank, pieces[1]).grid
    mixed = finished(blend(bank, pieces, Wishes(Weights(shares=(0.3, 0.3, 0.4)).checked(3)))).grid
    assert mixed.n_bars == 4
    assert (mixed.events[Role.LEAD] > OFF).any()


def slots(grid: Grid, role: Role) -> list[bytes]:
    """Return what a role plays in each window: notes and their loudness."""
    events, velocities = grid.events[role], grid.velocities[role]
    return [events[at : at + 32].tobytes() + velocities[at : at + 32].tobytes() for at in range(0, len(events), 32)]


@pytest.mark.parametrize(("weight", "temperature"), [(0.5, 0.0), (0.3, 1.0)])
def test_windows_that_repeat_in_both_parents_repeat_in_the_blend(
    bank: Bank, song: Band, weight: float, temperature: float
) -> None:
    pieces = [read(song("ABAC", seed=1)), read(song("XYXZ", seed=2))]
    grid = made(bank, pieces, weight, temperature=temperature, seed=4)
    for role in Role:
        found = slots(grid, role)
        kept = [found[at] == found[at + 8] for at in range(4)]
        assert kept == [True] * 4, role
        assert len(set(found)) >= (3 if role is Role.DRUMS else 6), role


def test_moving_one_roles_weight_moves_no_other(bank: Bank, song: Band) -> None:
    pair = [read(song("AB", seed=1)), read(song("XY", seed=2))]
    before = made(bank, pair, 0.5, temperature=0.5, seed=2)
    for moved in (Role.LEAD, Role.BASS, Role.DRUMS):
        weights = Weights(0.5, {moved: 0.9}).checked(2)
        after = finished(blend(bank, pair, Wishes(weights, temperature=0.5, seed=2))).grid
        for role in set(Role) - {moved}:
            assert np.array_equal(after.events[role], before.events[role]), (moved, role)
            assert np.array_equal(after.velocities[role], before.velocities[role]), (moved, role)
        assert not np.array_equal(after.events[moved], before.events[moved]), moved


def test_moving_the_harmonys_weight_leaves_the_drums(bank: Bank, pair: list[Piece]) -> None:
    weights = Weights(0.5, {Role.HARMONY: 0.9}).checked(2)
    moved = finished(blend(bank, pair, Wishes(weights))).grid
    assert np.array_equal(moved.events[Role.DRUMS], made(bank, pair).events[Role.DRUMS])


def test_a_sections_weight_holds_in_that_section_alone(bank: Bank, song: Band) -> None:
    pieces = [read(song("ABAC", seed=1)), read(song("XYXZ", seed=2))]
    weights = Weights(0.0, sections=[SectionWeight(1.0, "B")]).checked(2)
    blended = finished(blend(bank, pieces, Wishes(weights)))
    assert [(each.start, each.stop, each.label) for each in blended.sections] == [
        (0, 4, "A"),
        (4, 8, "B"),
        (8, 12, "A"),
        (12, 16, "C"),
    ]
    ends = [reconstruct(bank, piece).grid for piece in pieces]
    for role in Role:
        found, first, second = (slots(grid, role) for grid in (blended.grid, *ends))
        assert found[4:8] == second[4:8], role
        assert found[:4] + found[8:] == first[:4] + first[8:], role


def test_a_section_that_the_first_piece_has_not_is_refused(bank: Bank, song: Band) -> None:
    pieces = [read(song("ABAC", seed=1)), read(song("XYXZ", seed=2))]
    with pytest.raises(InvalidInput, match="no section Q: it has A, B, C"):
        finished(blend(bank, pieces, Wishes(Weights(sections=[SectionWeight(1.0, "Q")]))))


def test_the_larger_share_says_the_meter_and_a_notice_tells(bank: Bank, band: Band, waltz: bytes) -> None:
    pieces = [read(band(4)), read(waltz)]
    assert [made(bank, pieces, weight).meter for weight in (0.0, 0.5, 0.8)] == ["4/4", "4/4", "3/4"]
    told = finished(blend(bank, pieces, Wishes(Weights(0.5)))).notices
    assert Notice("METER_CONVERTED", "3/4 was converted to 4/4.") in told


def test_meters_that_differ_are_refused_where_that_is_asked(bank: Bank, band: Band, waltz: bytes) -> None:
    with pytest.raises(InvalidInput, match="in 4/4 and 3/4"):
        made(bank, [read(band(4)), read(waltz)], meter_policy=MeterPolicy.REFUSE)


def test_a_raw_blend_is_what_the_models_say_and_nothing_else(bank: Bank, pair: list[Piece]) -> None:
    grid = made(bank, pair, 0.0, raw=True)
    own = encode(bank, pair[0])
    told = pair[0].chords
    for role in Role:
        cut = bank.decode(role, own[role], told, 32, Draw(ROLE_SPECS[role.value], 0, 0.0))
        held: dict[Role, Flags] = {} if role is Role.DRUMS else {role: pair[0].ties[role]}
        assert np.array_equal(grid.events[role], windows.join({role: cut}, tied=held)[role]), role


def test_the_density_slider_moves_density_and_a_slider_at_zero_nothing(bank: Bank, pair: list[Piece]) -> None:
    sparse = np.zeros((1, 32), np.int16)
    sparse[0, ::8] = 41
    none = np.zeros((1, 8), np.int8)
    dense = pair[0].windows[Role.LEAD]
    direction = bank.encode(Role.LEAD, dense, pair[0].chords).mean(axis=0) - bank.encode(Role.LEAD, sparse, none)[0]
    vectors = Vectors({(Role.LEAD, Attribute.DENSITY): direction})

    def lead_onsets(value: float) -> int:
        sliders = (Slider(Attribute.DENSITY, value),)
        grid = made(bank, pair, 0.5, raw=True, sliders=sliders, vectors=vectors)
        assert np.array_equal(grid.events[Role.DRUMS], plain.events[Role.DRUMS])
        return int((grid.events[Role.LEAD] > OFF).sum())

    plain = made(bank, pair, 0.5, raw=True)
    assert lead_onsets(0.0) == (plain.events[Role.LEAD] > OFF).sum()
    assert lead_onsets(-1.0) < lead_onsets(0.0)


def test_a_blend_without_a_role_that_silence_outweighs_is_no_error(bank: Bank, band: Band) -> None:
    pieces = [read(band(4, roles=(Role.DRUMS,))), read(band(4, seed=2, roles=(Role.LEAD,)))]
    grid = made(bank, pieces, 1.0)
    assert grid.roles == (Role.LEAD,)
    assert (grid.events[Role.LEAD] > OFF).any()


def test_progress_counts_the_work(bank: Bank, pair: list[Piece]) -> None:
    stages = [event for event in blend(bank, pair, Wishes(Weights())) if isinstance(event, Stage)]
    # Each role: 2 x 8 windows to encode and decode by themselves, then 4 to blend.
    assert [round(stage.fraction * 80) for stage in stages] == [0, 0, 16, 20, 36, 40, 56, 60, 76]
    assert [stage.name for stage in stages[:3]] == ["align", "encode harmony", "blend harmony"]


def test_a_piece_that_was_blended_before_gives_the_same_notes(bank: Bank, pair: list[Piece]) -> None:
    album, wishes = Album(), Wishes(Weights(0.5), temperature=0.8, seed=3)
    grids_made = [
        finished(blend(bank, pair, wishes, portraits=Portraits(bank, wishes.manner, album))).grid for _ in range(2)
    ]
    assert len(album) == 8
    assert grids_made[0] == grids_made[1] == finished(blend(bank, pair, wishes)).grid


class Watched:
    """A model that notes how many windows it is given at once, and when work was cancelled before that."""

    def __init__(self, model: Model) -> None:
        self._model, self.latent_size, self.batch_sizes = model, model.latent_size, model.batch_sizes
        self.counts: list[int] = []

    def encode(self, tokens: Tokens, chords: Tokens, steps: int) -> tuple[Floats, Floats]:
        self.counts.append(len(tokens))
        return self._model.encode(tokens, chords, steps)

    def decode(self, z: Floats, chords: Tokens, steps: int, draw: WindowDraw) -> Tokens:
        self.counts.append(len(z))
        return self._model.decode(z, chords, steps, draw)


def test_of_a_twenty_minute_blend_no_more_than_a_batch_a_core_is_done_once_cancelled(bank: Bank, band: Band) -> None:
    pieces = [read(band(600, seed=seed, bpm=120.0)) for seed in (1, 2)]
    models = {role: Watched(bank._models[role]) for role in Role}
    watched, asked = Bank(models, bank.digests), 0

    def interrupt() -> None:
        nonlocal asked
        asked += 1
        if asked > 12:
            raise Cancelled("The call was cancelled.")

    with pytest.raises(Cancelled, match="cancelled"):
        finished(blend(watched, pieces, Wishes(Weights(0.5)), interrupt))
    counts = [count for model in models.values() for count in model.counts]
    # The first time of asking is before the plan is made; every batch is asked for by itself.
    assert len(counts) == 11
    assert max(counts) <= BATCH_SIZES[-1]


def test_a_cancelled_blend_stops_at_the_next_batch(bank: Bank, pair: list[Piece]) -> None:
    calls = 0

    def interrupt() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Cancelled("The call was cancelled.")

    with pytest.raises(Cancelled, match="cancelled"):
        finished(blend(bank, pair, Wishes(Weights()), interrupt))
    assert calls == 3


def test_blends_made_together_are_those_made_one_by_one(bank: Bank, band: Band) -> None:
    pieces = [read(band(8, seed=seed)) for seed in (1, 2)]
    stops = [Wishes(Weights(weight), temperature=0.4, seed=3) for weight in (0.0, 0.3, 0.7, 1.0)]
    together = way(bank, pieces, stops)
    for wishes, blended in zip(stops, together, strict=True):
        alone = finished(blend(bank, pieces, wishes))
        assert all(np.array_equal(alone.grid.events[role], events) for role, events in blended.grid.events.items())
        assert (alone.grid.events.keys(), alone.notices) == (blended.grid.events.keys(), blended.notices)
