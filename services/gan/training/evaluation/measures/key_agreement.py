"""Agreement of keys: whether music21 detects the requested key.

``analyze("key")`` of music21 is Krumhansl and Schmuckler's algorithm with Aarden and Essen's profiles. It gets the
notes as `score.midi` reads them: its own reader takes a second per piece. For the transposer's key detection see
``tests/bench/generated_keys.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import music21
from gan.writing.midi_writer import transpose
from score import grid, midi
from score.keys import semitones_from_c
from score.roles import Role

from ..pieces import Piece

Key = tuple[int, bool]
"""Pitch class of a tonic, and whether the mode is minor."""


def is_in_key(job: tuple[bytes, Key]) -> bool:
    """Return whether a MIDI file is detected in a key."""
    midi_file, key = job
    return detect_key(midi_file) == key


def detect_key(midi_file: bytes) -> Key:
    """Return the key that music21 detects in a MIDI file, drums left out."""
    score = midi.parse(midi_file)
    stream: Any = music21.stream.Stream()
    for track in score.tracks:
        for note in () if track.is_drum else track.notes:
            quarters = note.duration_ticks / score.ticks_per_quarter
            stream.insert(
                note.onset_ticks / score.ticks_per_quarter, music21.note.Note(note.pitch, quarterLength=quarters)
            )
    found = stream.analyze("key")
    return found.tonic.pitchClass, found.mode == "minor"


def to_midi(piece: Piece, tonic: int) -> bytes:
    """Write a piece in its mode on another tonic: for real pieces, and generated ones that come from a file."""
    semitones = semitones_from_c(tonic, is_minor=piece.is_minor)
    events = {role: part if role is Role.DRUMS else transpose(part, semitones) for role, part in piece.events.items()}
    return midi.write(grid.to_score(replace(grid.from_events(piece.meter, events), keys=())))
