"""What a reconstruction gives back of a parent sounds as it is played, with what its grid has no room for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from score import grid as grids
from score.arrays import I16
from score.model import Meter, Note, Score, Tempo, Track
from score.roles import Role
from score.tempo_map import TempoMap
from vae.alignment.meter import MeterPolicy
from vae.attributes.attribute import Attribute, AttributeSlider
from vae.blending.assembly import assemble_end
from vae.blending.blend_context import build_context
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.blending.edited_parent import edit_parent
from vae.expression.performance import perform
from vae.pieces.piece import read_score

Seconds = list[tuple[float, int]]


def onsets(score: Score) -> Seconds:
    """Return the onset in seconds and the pitch of every note."""
    tempo_map = TempoMap.from_score(score)
    notes = [note for track in score.tracks for note in track.notes]
    return sorted((round(tempo_map.seconds(note.onset_ticks), 2), note.pitch) for note in notes)


def blended_with_itself(score: Score, reconstruct: Callable[[Role, I16], I16] = lambda _, windows: windows) -> Score:
    """Blend a piece with itself by models that give its windows back as `reconstruct` does."""
    piece = read_score(score)
    context = build_context([piece, piece], BlendOptions(BlendWeights(0.5), meter_policy=MeterPolicy.CONVERT))
    windows = {role: reconstruct(role, own.copy()) for role, own in piece.windows.items()}
    return perform(assemble_end(context, windows, ()))


def test_chords_of_seven_triplets_and_other_drums_come_back() -> None:
    chords = tuple(Note(1920 * bar, 1900, pitch, 70) for bar in range(4) for pitch in (48, 52, 55, 60, 64, 67, 72))
    triplets = tuple(Note(160 * at, 150, 72 + at % 5, 80) for at in range(48))
    turns = tuple(Note(60 * at, 50, 84 + at % 2, 80) for at in range(128, 136))
    kit = tuple(Note(480 * at, 100, pitch, 90) for at in range(16) for pitch in (35, 40, 42, 58))
    score = Score(
        tempos=(Tempo(0, 500_000), Tempo(1000, 700_000), Tempo(1100, 600_000)),
        tracks=(
            Track("Lead", 73, 0, tuple(sorted((*triplets, *turns)))),
            Track("Harmony", 0, 1, chords),
            Track("Drums", 0, 9, kit),
        ),
    )
    assert onsets(blended_with_itself(score)) == onsets(score)


def test_a_piece_that_changes_its_meter_keeps_its_bars() -> None:
    notes = tuple(Note(240 * at, 230, 60 + at % 8, 80) for at in range(100))
    meters = (Meter(0, 4, 4), Meter(8 * 960, 3, 4), Meter(8 * 960 + 4320, 4, 4))
    score = Score(
        tempos=(Tempo(0, 500_000), Tempo(9000, 800_000)), meters=meters, tracks=(Track("Lead", 73, 0, notes),)
    )
    result = blended_with_itself(score)
    assert onsets(result) == onsets(score)
    assert [(meter.tick, meter.name) for meter in result.meters] == [(meter.tick, meter.name) for meter in meters]


def test_a_slider_leaves_the_other_roles_as_they_are_played() -> None:
    score = Score(
        tracks=(
            Track("Lead", 73, 0, tuple(Note(160 * at, 150, 72, 80) for at in range(24))),
            Track("Bass", 33, 1, tuple(Note(960 * at, 900, 40, 80) for at in range(4))),
        )
    )
    options = BlendOptions(BlendWeights(0.0), sliders=(AttributeSlider(Attribute.REGISTER, 1.0, Role.BASS),))
    result = edit_parent([read_score(score)], 0, options)
    assert set(result.texture) == {Role.LEAD}
    played = perform(result)
    assert [note.onset_ticks for note in played.tracks[0].notes] == [160 * at for at in range(24)]
    assert {note.pitch for note in played.tracks[1].notes} == {52}


@pytest.mark.parametrize("pitch", [15, 120])
def test_pitches_outside_of_the_piano_come_back(pitch: int) -> None:
    score = Score(tracks=(Track("Lead", 73, 0, (Note(0, 480, 60, 80), Note(480, 480, pitch, 80))),))
    assert grids.from_score(score).notes(Role.LEAD)[1, 2] != pitch
    assert onsets(blended_with_itself(score)) == onsets(score)


def test_where_a_model_errs_its_notes_stand_among_the_exact_ones() -> None:
    lead = [Note(240 * at + 17, 200, 60 + at % 8, 80) for at in range(32)]
    graces = [Note(240 * at - 20, 30, 80, 80) for at in (4, 28)]
    score = Score(tracks=(Track("Lead", 73, 0, tuple(sorted([*lead, *graces]))),))

    def err(_: Role, windows: I16) -> I16:
        windows[1, [8, 9]] = 50, 0
        return windows

    own, found = set(onsets(score)), set(onsets(blended_with_itself(score, err)))
    assert own - found == {(5.02, 64)}
    assert [pitch for _, pitch in found - own] == [69]


@pytest.mark.parametrize("is_tied", [True, False])
def test_a_note_ends_where_a_model_ends_it_in_the_next_window(*, is_tied: bool) -> None:
    long, after = Note(3000, 3500, 60, 80), Note(7000, 400, 64, 80)
    score = Score(tracks=(Track("Lead", 73, 0, (Note(0, 480, 67, 80), long, after)),))

    def err(_: Role, windows: I16) -> I16:
        windows[1, :12] = [41 if is_tied else 50, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
        return windows

    notes = blended_with_itself(score, err).tracks[0].notes
    assert [note.pitch for note in notes] == ([67, 60, 64] if is_tied else [67, 60, 69, 64])
    assert (notes[1].onset_ticks, notes[1].end_ticks) == (3000, 4320 if is_tied else 3840)
    assert notes[-1] == after
