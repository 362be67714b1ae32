"""Assigns the notes of a corpus piece to the four roles, by the track layout of its style.

Music with all four roles is scarce. A role that a piece lacks stays missing, which the networks are given as a
condition. A piano part is split: its lowest line is the bass, its top line the lead where there is no vocal part, and
the rest the harmony.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from score.key_profiles import KRUMHANSL_KESSLER, correlate
from score.keys import semitones_from_c
from score.model import DRUM_CHANNEL, Note, Score, Track
from score.roles import Role

BASS_CEILING = 55
"""MIDI pitch, G3, below which the lowest line of an accompaniment is the bass."""

CHORD_TICKS = 30
"""Onsets at most this far apart are one chord."""

TONICS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
MINOR_MODES = ("minor", "dorian", "phrygian", "aeolian")


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A piece in the roles that it has.

    Attributes
    ----------
    score : Score
        One track for each role.
    roles : tuple of Role
        In the order of the tracks.
    programs : tuple of int
        MIDI programs, in the order of the tracks.
    """

    score: Score
    roles: tuple[Role, ...]
    programs: tuple[int, ...]


def arrange(score: Score, style: str) -> Arrangement | None:
    """Assign every note of a piece to a role; return None if its tracks do not have the layout of its style.

    ``style`` is the style of the corpus's index.
    """
    parts = _LAYOUTS.get(style, _named)(score.tracks)
    if parts is None or sum(bool(notes) for notes, _ in parts.values()) < 2:
        return None
    roles = tuple(role for role in Role if parts.get(role, ((), 0))[0])
    tracks = tuple(
        Track(name=role, program=parts[role][1], channel=_CHANNELS[role], notes=tuple(sorted(parts[role][0])))
        for role in roles
    )
    return Arrangement(replace(score, tracks=tracks, others=()), roles, tuple(parts[role][1] for role in roles))


_CHANNELS = {Role.LEAD: 0, Role.HARMONY: 1, Role.BASS: 2, Role.DRUMS: DRUM_CHANNEL}
Parts = Mapping[Role, tuple[Sequence[Note], int]]


def _named(tracks: Sequence[Track]) -> Parts | None:
    names = {"melody": Role.LEAD, "chords": Role.HARMONY, "bass": Role.BASS, "drums": Role.DRUMS}
    return {names[track.name]: (track.notes, track.program) for track in tracks if track.name in names}


def _pop(tracks: Sequence[Track]) -> Parts | None:
    by_name = {track.name: track for track in tracks}
    if "MELODY" not in by_name or "PIANO" not in by_name:
        return None
    bass, rest = split_bass(by_name["PIANO"].notes)
    return {Role.LEAD: (by_name["MELODY"].notes, 0), Role.HARMONY: (rest, 0), Role.BASS: (bass, 33)}


def _four_parts(tracks: Sequence[Track]) -> Parts | None:
    if len(tracks) != 4:
        return None
    top, second, third, low = tracks
    programs = {"Soprano": (52, 52, 52)}.get(top.name, (40, 48, 42))
    return {
        Role.LEAD: (top.notes, programs[0]),
        Role.HARMONY: ((*second.notes, *third.notes), programs[1]),
        Role.BASS: (low.notes, programs[2]),
    }


def _song(tracks: Sequence[Track]) -> Parts | None:
    voices = [track for track in tracks if track.name.lower().startswith("voice")]
    staves = [track for track in tracks if track.name.lower().startswith("piano")]
    if len(voices) != 1 or len(staves) != 2:
        return None
    bass, rest = split_bass(staves[1].notes)
    return {Role.LEAD: (voices[0].notes, 73), Role.HARMONY: ((*staves[0].notes, *rest), 0), Role.BASS: (bass, 32)}


def _piano(tracks: Sequence[Track]) -> Parts | None:
    if len(tracks) != 2:
        return None
    lead, inner = split_top(tracks[0].notes)
    bass, rest = split_bass(tracks[1].notes)
    return {Role.LEAD: (lead, 0), Role.HARMONY: ((*inner, *rest), 0), Role.BASS: (bass, 0)}


def _game(tracks: Sequence[Track]) -> Parts | None:
    drums = [note for track in tracks if track.is_drum for note in track.notes]
    pitched = [track for track in tracks if not track.is_drum and len(track.notes) >= 32 and track.program < 96]
    if not drums or len(pitched) < 3:
        return None
    low = min(pitched, key=_mean_pitch)
    others = [track for track in pitched if track is not low]
    lead = max(others, key=lambda track: ("lead" in track.name.lower(), _mean_pitch(track)))
    chords = max((track for track in others if track is not lead), key=lambda track: len(track.notes))
    return {
        Role.LEAD: (lead.notes, lead.program),
        Role.HARMONY: (chords.notes, chords.program),
        Role.BASS: (low.notes, low.program),
        Role.DRUMS: (drums, 0),
    }


_LAYOUTS: Mapping[str, Callable[[Sequence[Track]], Parts | None]] = {
    "pop": _pop,
    "chorale": _four_parts,
    "string-quartet": _four_parts,
    "lied": _song,
    "classical-piano": _piano,
    "ragtime": _piano,
    "game": _game,
}


def _mean_pitch(track: Track) -> float:
    return sum(note.pitch for note in track.notes) / len(track.notes)


def _chords(notes: Iterable[Note]) -> list[list[Note]]:
    chords: list[list[Note]] = []
    for note in sorted(notes):
        if chords and note.onset_ticks - chords[-1][0].onset_ticks <= CHORD_TICKS:
            chords[-1].append(note)
        else:
            chords.append([note])
    return chords


def split_bass(notes: Iterable[Note]) -> tuple[list[Note], list[Note]]:
    """Split an accompaniment into its bass line and the rest.

    The lowest note of a chord belongs to the bass if it is below `BASS_CEILING`, and either the bass note before has
    ended or the note is not above it.
    """
    bass: list[Note] = []
    rest: list[Note] = []
    for chord in _chords(notes):
        low = min(chord, key=lambda note: note.pitch)
        is_bass = low.pitch < BASS_CEILING and (
            not bass or low.onset_ticks >= bass[-1].end_ticks - CHORD_TICKS or low.pitch <= bass[-1].pitch
        )
        (bass if is_bass else rest).append(low)
        rest.extend(note for note in chord if note is not low)
    return bass, rest


def split_top(notes: Iterable[Note]) -> tuple[list[Note], list[Note]]:
    """Split a staff into its top line, the highest note of each chord, and the rest."""
    top: list[Note] = []
    rest: list[Note] = []
    for chord in _chords(notes):
        high = max(chord, key=lambda note: note.pitch)
        covered = bool(top) and top[-1].end_ticks - CHORD_TICKS > high.onset_ticks and top[-1].pitch > high.pitch
        (rest if covered else top).append(high)
        rest.extend(note for note in chord if note is not high)
    return top, rest


def parse_key(name: str) -> tuple[int, bool] | None:
    """Return the tonic and whether the mode is minor of a key in the index, such as ``"D dorian"``; None for no key.

    Church modes count as major or minor by their third.
    """
    if not name:
        return None
    letter, mode = name.split()
    tonic = (TONICS[letter[0]] + letter.count("#") - letter[1:].count("b") - letter[1:].count("-")) % 12
    return tonic, mode in MINOR_MODES


def find_key(tracks: Iterable[Track]) -> tuple[int, bool]:
    """Return the tonic and whether the mode is minor of the key whose profile (Krumhansl's) correlates best."""
    durations: dict[int, float] = defaultdict(float)
    for track in tracks:
        for note in () if track.is_drum else track.notes:
            durations[note.pitch % 12] += note.duration_ticks
    histogram = np.array([durations[pitch_class] for pitch_class in range(12)])
    mode, tonic = np.unravel_index(np.argmax(correlate(histogram, KRUMHANSL_KESSLER)), (2, 12))
    return int(tonic), bool(mode)


def shift_to_white(tonic: int, is_minor: bool) -> int:
    """Return the shortest transposition, -6 to 5 semitones, from a key to C major or A minor."""
    return -semitones_from_c(tonic, is_minor=is_minor)
