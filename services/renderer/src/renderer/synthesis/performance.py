"""A score as what a synthesiser needs: messages at frames, on channels, and the length in frames.

Tracks that share a MIDI channel and a program share a synthesiser's channel, as they would on an instrument. Where
tracks want different programs on one MIDI channel, each program gets a channel of its own, so that a hundred tracks
sound like a hundred tracks. Controllers of a track without notes go to every channel that its MIDI channel became.

The length is the time of the last note's end, and a tail in which its sound dies away.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from score.model import DRUM_CHANNEL, Event, Score, Track
from score.tempo_map import TempoMap

TAIL_S = 3.0
"""Seconds after the last note's end: after these, all but a large cymbal or a slow pad has died away."""

MAX_PARTS = 256
"""Synthesiser channels at most; further programs of a MIDI channel play on its first."""

_NOTE_OFF, _NOTE_ON, _CONTROLLER, _PROGRAM, _SYSEX = 0x80, 0x90, 0xB0, 0xC0, 0xF0
_END, _CONTROL, _ONSET = 0, 1, 2
_FIRST_MODE_CONTROLLER = 124
"""Controllers 124 to 127 regroup an instrument's channels, which are assigned here."""

_Timed = tuple[int, int, int, bytes]
"""Tick, order within the tick, channel, message."""


class Message(NamedTuple):
    """A MIDI channel message for a synthesiser's channel, at a frame."""

    frame: int
    channel: int
    data: bytes


class Part(NamedTuple):
    """What one of the synthesiser's channels plays: a MIDI channel's tracks of one program."""

    midi_channel: int
    program: int

    @property
    def is_drums(self) -> bool:
        """Whether its programs are drum kits."""
        return self.midi_channel == DRUM_CHANNEL


@dataclass(frozen=True, slots=True)
class Performance:
    """A score, ready to be played.

    Attributes
    ----------
    messages : tuple of Message
        Sorted by frame.
    parts : tuple of Part
        One for each of the synthesiser's channels, 1 to `MAX_PARTS`.
    frame_count : int
        Length with the tail.
    sample_rate_hz : int
        Frames a second.
    """

    messages: tuple[Message, ...]
    parts: tuple[Part, ...]
    frame_count: int
    sample_rate_hz: int


def perform(score: Score, sample_rate_hz: int, audible: Container[int] | None = None) -> Performance:
    """Put a score's notes and controllers at frames, by its tempo map.

    Parameters
    ----------
    score : Score
        With at least one note.
    sample_rate_hz : int
        Frames a second.
    audible : container of int, optional
        Indices of the tracks whose notes sound; all by default. Channels, controllers and the length are the whole
        piece's in any case.
    """
    parts = _parts(score.tracks)
    timed = sorted(_timed(score.tracks, parts, audible), key=itemgetter(0, 1))
    tempo_map = TempoMap.from_score(score)
    frames = (tempo_map.seconds_at([event[0] for event in timed]) * sample_rate_hz).round().astype(int).tolist()
    messages = [Message(frame, channel, data) for frame, (_, _, channel, data) in zip(frames, timed, strict=True)]
    return Performance(
        messages=tuple(messages),
        parts=tuple(parts),
        frame_count=round(tempo_map.seconds(score.end_ticks) * sample_rate_hz) + round(TAIL_S * sample_rate_hz),
        sample_rate_hz=sample_rate_hz,
    )


def _parts(tracks: Sequence[Track]) -> dict[Part, int]:
    """Number the parts, each MIDI channel's first before all further ones."""
    wanted = dict.fromkeys(Part(track.channel, track.program) for track in tracks if track.notes)
    firsts = {part.midi_channel: part for part in reversed(wanted)}
    first = [part for part in wanted if firsts[part.midi_channel] == part]
    further = [part for part in wanted if firsts[part.midi_channel] != part]
    return {part: number for number, part in enumerate([*first, *further][:MAX_PARTS])}


def _channels(track: Track, parts: Mapping[Part, int]) -> list[int]:
    """Give the synthesiser's channels that hear a track's messages."""
    own = parts.get(Part(track.channel, track.program))
    if track.notes and own is not None:
        return [own]
    related = [number for part, number in parts.items() if part.midi_channel == track.channel]
    return related[:1] if track.notes else related


def _timed(tracks: Sequence[Track], parts: Mapping[Part, int], audible: Container[int] | None) -> Iterator[_Timed]:
    """Yield every message at its tick; at one tick, notes end before controllers change before notes begin."""
    for part, channel in parts.items():
        yield 0, _END, channel, bytes((_PROGRAM, part.program))
    for index, track in enumerate(tracks):
        for channel in _channels(track, parts):
            for event in filter(_is_heard, track.others):
                yield event.tick, _CONTROL, channel, event.data
            for note in track.notes if audible is None or index in audible else ():
                yield note.onset_ticks, _ONSET, channel, bytes((_NOTE_ON, note.pitch, note.velocity))
                yield note.end_ticks, _END, channel, bytes((_NOTE_OFF, note.pitch, 0))


def _is_heard(event: Event) -> bool:
    """Whether an event is a channel message that a synthesiser should get."""
    status = event.data[0]
    is_mode = status & 0xF0 == _CONTROLLER and event.data[1] >= _FIRST_MODE_CONTROLLER
    return status < _SYSEX and not is_mode
