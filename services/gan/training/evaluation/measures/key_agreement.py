"""Is the key the one asked for? music21 listens to whole MIDI files; for the transposer see `tests/bench/made_keys.py`.

music21's analysis (`analyze("key")`: Krumhansl and Schmuckler's way with Aarden and Essen's profiles) hears the notes
as `score.midi` reads them: its own reader takes a second a piece.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import music21
import numpy as np
from score import grid, midi
from score.arrays import I16
from score.encoding import event_of_pitch, fold_pitch, pitch_of_event
from score.roles import Role

from ..pieces import Piece

Key = tuple[int, bool]
"""A tonic's pitch class, and whether the mode is minor."""


def listen(job: tuple[bytes, Key]) -> bool:
    """Hear whether a MIDI file is in a key."""
    data, key = job
    return by_music21(data) == key


def by_music21(data: bytes) -> Key:
    """Ask music21 for the key of a MIDI file; drums are left out."""
    score = midi.parse(data)
    heard: Any = music21.stream.Stream()
    for track in score.tracks:
        for note in () if track.is_drum else track.notes:
            quarters = note.duration_ticks / score.ticks_per_quarter
            heard.insert(
                note.onset_ticks / score.ticks_per_quarter, music21.note.Note(note.pitch, quarterLength=quarters)
            )
    found = heard.analyze("key")
    return found.tonic.pitchClass, found.mode == "minor"


def write(piece: Piece, tonic: int) -> bytes:
    """Write a piece in its mode on another tonic: for real pieces, and made ones that come from a file."""
    shift = (tonic - (9 if piece.is_minor else 0) + 5) % 12 - 5
    events = {role: part if role is Role.DRUMS else _moved(part, shift) for role, part in piece.events.items()}
    return midi.write(grid.to_score(replace(grid.from_events(piece.meter, events), keys=())))


def _moved(events: I16, semitones: int) -> I16:
    table = np.arange(90, dtype=np.int16)
    table[2:] = [event_of_pitch(fold_pitch(pitch_of_event(event) + semitones)) for event in range(2, 90)]
    return np.asarray(table[events], np.int16)
