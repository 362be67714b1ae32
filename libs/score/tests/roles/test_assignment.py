"""Role classification by names, programs, registers and textures; the role split of a solo piano."""

from __future__ import annotations

import pytest
from score import grid, roles
from score.model import Meter, Note, Score, Track
from score.quantization.role_split import NoteSubset
from score.roles import Role
from servicekit.faults import InvalidInput


def line(*pitches: int, quarters: int = 1) -> tuple[Note, ...]:
    return tuple(Note(i * quarters * 480, quarters * 480, pitch, 80) for i, pitch in enumerate(pitches))


def chords(*stacks: tuple[int, ...]) -> tuple[Note, ...]:
    return tuple(Note(i * 480, 480, pitch, 80) for i, stack in enumerate(stacks) for pitch in sorted(stack))


MELODY = line(72, 74, 76, 77, 79, 77, 76, 74)
BASS = line(36, 43, 36, 43, 41, 43, 36, 43)
CHORDS = chords(*[(60, 64, 67), (59, 62, 67)] * 4)
KIT = line(36, 38, 36, 38)


def assigned(*tracks: Track, overrides: dict[int, Role | None] | None = None) -> list[Role | None]:
    return [guess.role for guess in roles.assign(Score(tracks=tracks), overrides)]


def test_a_band_without_names_or_programs() -> None:
    band = (
        Track(notes=CHORDS),
        Track(channel=1, notes=BASS),
        Track(channel=9, notes=KIT),
        Track(channel=2, notes=MELODY),
    )
    assert assigned(*band) == [Role.HARMONY, Role.BASS, Role.DRUMS, Role.LEAD]


def test_names_and_programs_outweigh_the_register() -> None:
    assert assigned(Track("Melody", notes=BASS), Track("", notes=MELODY)) == [Role.LEAD, Role.HARMONY]
    high_bass = Track("", 33, notes=line(48, 50, 52, 53))
    low_flute = Track("", 73, channel=1, notes=line(50, 52, 50, 48))
    assert assigned(high_bass, low_flute) == [Role.BASS, Role.LEAD]


def test_a_string_quartet() -> None:
    names = ("Violin 1", "Violin 2", "Viola", "Violoncello")
    pitches = ((76, 77, 76), (67, 69, 67), (60, 62, 60), (48, 43, 48))
    quartet = (Track(name, 40 + i, i, line(*p)) for i, (name, p) in enumerate(zip(names, pitches, strict=True)))
    assert assigned(*quartet) == [Role.LEAD, Role.HARMONY, Role.HARMONY, Role.BASS]


def test_the_users_roles_override_the_evidence() -> None:
    band = (Track(notes=MELODY), Track(channel=1, notes=BASS))
    guesses = roles.assign(Score(tracks=band), {0: None, 1: Role.LEAD})
    assert guesses == [roles.RoleGuess(0, None, 1.0), roles.RoleGuess(1, Role.LEAD, 1.0)]


def test_a_person_decides_what_is_drums() -> None:
    band = Score(tracks=(Track("Strange kit", notes=KIT), Track(channel=9, notes=MELODY), Track(channel=1, notes=BASS)))
    given = roles.apply_drum_overrides(band, {0: Role.DRUMS, 1: Role.LEAD, 2: None})
    assert [track.is_drum for track in given.tracks] == [True, False, False]
    assert roles.apply_drum_overrides(given, {0: Role.DRUMS}) is given
    quantized = grid.from_score(band, {0: Role.DRUMS, 1: Role.LEAD, 2: None})
    assert quantized.roles == (Role.LEAD, Role.DRUMS)
    assert quantized.notes(Role.LEAD)[:, 2].tolist() == [note.pitch for note in MELODY]
    with pytest.raises(InvalidInput, match="There is no track 3"):
        roles.apply_drum_overrides(band, {3: Role.LEAD})


def test_a_track_without_notes_has_no_role() -> None:
    assert assigned(Track("Lead"), Track(notes=MELODY)) == [None, Role.LEAD]


@pytest.mark.parametrize("name", ["Lead", "Harmony", "Bass", "Drums"])
def test_a_track_named_as_a_role_has_it_for_certain(name: str) -> None:
    track = Track(name, 0, 9 if name == "Drums" else 0, KIT)
    (guess,) = roles.assign(Score(tracks=(track,)))
    assert guess.role == Role(name.lower())
    assert guess.confidence > 0.95


def test_confidence_grows_with_the_evidence() -> None:
    plain, named = Track(notes=BASS), Track("Bass guitar", 33, 0, BASS)
    sure = [roles.assign(Score(tracks=(track, Track(channel=1, notes=MELODY))))[0] for track in (plain, named)]
    assert [guess.role for guess in sure] == [Role.BASS, Role.BASS]
    assert sure[0].confidence < sure[1].confidence


def test_a_piano_alone_is_divided() -> None:
    piano = Track("Piano", 0, 0, chords((36, 60, 64, 72), (43, 59, 62, 74), (36, 60, 64, 76), (43, 59, 65, 74)))
    quantized = grid.from_score(Score(meters=(Meter(0, 4, 4),), tracks=(piano,)))
    assert quantized.notes(Role.LEAD)[:, 2].tolist() == [72, 74, 76, 74]
    assert quantized.notes(Role.BASS)[:, 2].tolist() == [36, 43, 36, 43]
    assert quantized.notes(Role.HARMONY)[:, 2].tolist() == [60, 64, 59, 62, 60, 64, 59, 65]
    assert {source.role: source.subset for source in quantized.sources} == {
        Role.HARMONY: NoteSubset.REST,
        Role.LEAD: NoteSubset.TOP,
        Role.BASS: NoteSubset.BOTTOM,
    }
    assert [each.message for each in quantized.notices] == ["Track 1 (Piano) was divided into harmony, lead and bass."]


def test_the_bass_of_a_piano_with_a_singer_is_the_pianos_lowest_line() -> None:
    piano = Track("PIANO", 0, 1, chords((40, 60, 64), (43, 59, 62), (40, 60, 64), (43, 59, 62)))
    quantized = grid.from_score(Score(tracks=(Track("MELODY", notes=line(72, 74, 76, 74)), piano)))
    assert quantized.roles == (Role.LEAD, Role.HARMONY, Role.BASS)
    assert quantized.notes(Role.BASS)[:, 2].tolist() == [40, 43, 40, 43]


def test_close_chords_have_no_bass() -> None:
    quantized = grid.from_score(Score(tracks=(Track("", 0, 0, MELODY), Track("", 48, 1, CHORDS))))
    assert quantized.roles == (Role.LEAD, Role.HARMONY)


def test_a_track_that_a_person_gave_a_role_is_not_divided() -> None:
    piano = Track("Piano", 0, 0, chords((36, 60, 64, 72), (43, 59, 62, 74)))
    quantized = grid.from_score(Score(tracks=(piano,)), {0: Role.HARMONY})
    assert quantized.roles == (Role.HARMONY,)
    assert quantized.notes(Role.HARMONY)[:, 2].tolist() == [36, 60, 64, 72, 43, 59, 62, 74]


def test_tracks_of_one_role_are_merged_and_the_busier_gives_the_program() -> None:
    strings = Track("Strings", 48, 1, chords((60, 64, 67), (60, 64, 67)))
    pad = Track("Pad", 89, 2, chords((55, 59, 62)))
    quantized = grid.from_score(Score(tracks=(Track("Lead", notes=MELODY), strings, pad)))
    assert quantized.programs[Role.HARMONY] == 48
    messages = [each.message for each in quantized.notices]
    assert "3 tracks were merged by role: lead, harmony, bass." not in messages
    assert "3 tracks were merged by role: lead, harmony." in messages
