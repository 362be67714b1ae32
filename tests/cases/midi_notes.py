"""Notes, tempos and programs of a MIDI file as mido reads it, and measures of how two lines agree.

The reader is not Segue's: what Segue writes is checked by another program's eyes. Onsets and durations are in quarters
and in seconds, under the file's tempos.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import mido
import numpy as np
from numpy.typing import NDArray

DRUM_CHANNEL = 9
ONSET_TOLERANCE_S = 0.05


@dataclass(frozen=True)
class SoundedNote:
    """A note of a file."""

    track: int
    channel: int
    onset_quarters: float
    duration_quarters: float
    onset_s: float
    duration_s: float
    pitch: int


class MidiNotes:
    """The notes, tempos and programs of a MIDI file.

    Parameters
    ----------
    data : bytes
        A Standard MIDI File.
    """

    def __init__(self, data: bytes) -> None:
        self.file = mido.MidiFile(file=io.BytesIO(data))

    @cached_property
    def notes(self) -> list[SoundedNote]:
        """All notes in the order of their onsets."""
        found = [note for index, track in enumerate(self.file.tracks) for note in self._track_notes(index, track)]
        return sorted(found, key=lambda note: (note.onset_quarters, note.pitch))

    @cached_property
    def pitched(self) -> list[SoundedNote]:
        """The notes that are not drums."""
        return [note for note in self.notes if note.channel != DRUM_CHANNEL]

    @cached_property
    def drums(self) -> list[SoundedNote]:
        """The notes of the drums."""
        return [note for note in self.notes if note.channel == DRUM_CHANNEL]

    def track(self, name: str) -> list[SoundedNote]:
        """Return the notes of the tracks with a name."""
        indices = {index for index, track in enumerate(self.file.tracks) if track.name == name}
        assert indices, [track.name for track in self.file.tracks]
        return [note for note in self.notes if note.track in indices]

    @cached_property
    def programs(self) -> set[int]:
        """The programs that tracks with notes change to."""
        return {message.program for track in self.file.tracks for message in track if message.type == "program_change"}

    def seconds_of_beats(self, first: int, last: int) -> NDArray[np.float64]:
        """Return how long each quarter of the file lasts, from one to another."""
        onsets_s = [self._seconds(quarter * self.file.ticks_per_beat) for quarter in range(first, last + 1)]
        return np.diff(onsets_s)

    @cached_property
    def _tempos(self) -> list[tuple[int, int]]:
        """Ticks and microseconds for each quarter."""
        tempos = [(0, 500_000)]
        for track in self.file.tracks:
            ticks = 0
            for message in track:
                ticks += message.time
                if message.type == "set_tempo":
                    tempos.append((ticks, message.tempo))
        return sorted(tempos, key=lambda tempo: tempo[0])

    def _seconds(self, at_ticks: float) -> float:
        seconds, last, tempo = 0.0, 0, 500_000
        for ticks, new in self._tempos:
            if ticks >= at_ticks:
                break
            seconds += (ticks - last) * tempo
            last, tempo = ticks, new
        return float((seconds + (at_ticks - last) * tempo) / self.file.ticks_per_beat / 1e6)

    def _track_notes(self, index: int, track: mido.MidiTrack) -> list[SoundedNote]:
        ticks, sounding, found = 0, dict[tuple[int, int], list[int]](), []
        for message in track:
            ticks += message.time
            if message.type not in {"note_on", "note_off"}:
                continue
            begun = sounding.setdefault((message.channel, message.note), [])
            if message.type == "note_on" and message.velocity:
                begun.append(ticks)
            elif begun:
                found.append(self._note(index, message, begun.pop(0), ticks))
        return found

    def _note(self, track: int, message: mido.Message, onset: int, end: int) -> SoundedNote:
        per_quarter = self.file.ticks_per_beat
        onset_s = self._seconds(onset)
        return SoundedNote(
            track=track,
            channel=message.channel,
            onset_quarters=onset / per_quarter,
            duration_quarters=(end - onset) / per_quarter,
            onset_s=onset_s,
            duration_s=self._seconds(end) - onset_s,
            pitch=message.note,
        )


def line_f1(reference: Sequence[SoundedNote], found: Sequence[SoundedNote]) -> float:
    """Return the F1 of a line's notes: the same pitch within `ONSET_TOLERANCE_S`, each note matched once."""
    free, n_matched = list(found), 0
    for note in reference:
        match = next(
            (
                other
                for other in free
                if other.pitch == note.pitch and abs(other.onset_s - note.onset_s) <= ONSET_TOLERANCE_S
            ),
            None,
        )
        if match is not None:
            free.remove(match)
            n_matched += 1
    return 2 * n_matched / (len(reference) + len(found))
