"""A whole parent comes back as it is played, with what its grid has no room for."""

from __future__ import annotations

import pytest
from score import grid as grids
from score.model import Meter, Note, Score, Tempo, Track
from score.roles import Role
from score.tempo_map import TempoMap
from vae.alignment.meter import MeterPolicy
from vae.attributes.attribute import Attribute, AttributeSlider
from vae.blending.assembly import assemble_parent
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


def blended_with_itself(score: Score) -> Score:
    piece = read_score(score)
    context = build_context([piece, piece], BlendOptions(BlendWeights(0.5), meter_policy=MeterPolicy.CONVERT))
    return perform(assemble_parent(context, ()))


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
