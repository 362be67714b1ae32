"""Performance: a score as timed MIDI messages for a synthesizer, on channels, with its length in frames.

Tracks that share a MIDI channel and a program share a synthesizer channel, as they would on an instrument. If tracks
use different programs on one MIDI channel, each program gets a channel of its own, so that a hundred tracks sound like
a hundred tracks. Controllers of a track without notes go to every synthesizer channel of its MIDI channel.

A key that is struck while it sounds ends there and begins again: a synthesizer's note-off would end both notes.

The length is the time at which the last note ends, or its pedal is lifted, plus a tail in which the sound dies away.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from score.arrays import I64
from score.model import Event, Score, Track
from score.sounding import restruck_ends, sounding
from score.tempo_map import TempoMap

TAIL_S = 3.0
"""Seconds after the last note's end: by then everything but a large cymbal or a slow pad has died away."""

MAX_PARTS = 256
"""Maximum number of synthesizer channels; further programs of a MIDI channel play on its first one."""

_NOTE_OFF, _NOTE_ON, _CONTROLLER, _PROGRAM, _SYSEX = 0x80, 0x90, 0xB0, 0xC0, 0xF0
_END, _CONTROL, _ONSET = 0, 1, 2
_FIRST_MODE_CONTROLLER = 124
"""Controllers 124 to 127 regroup an instrument's channels, which are assigned here."""

_N_KEYS = 128

_TimedMessage = tuple[int, int, int, bytes]
"""Tick, order within the tick, channel, message."""


class Message(NamedTuple):
    """A MIDI channel message for a synthesizer channel, at a frame."""

    frame: int
    channel: int
    data: bytes


class Part(NamedTuple):
    """What a synthesizer channel plays: the tracks of a MIDI channel that share a program, a drum kit's if drums."""

    midi_channel: int
    program: int
    is_drums: bool = False


@dataclass(frozen=True, slots=True)
class Performance:
    """A score, ready to be synthesized.

    Attributes
    ----------
    messages : tuple of Message
        Sorted by frame.
    parts : tuple of Part
        One for each synthesizer channel, 1 to `MAX_PARTS`.
    n_frames : int
        Length including the tail.
    sample_rate_hz : int
        Frames per second.
    """

    messages: tuple[Message, ...]
    parts: tuple[Part, ...]
    n_frames: int
    sample_rate_hz: int


def perform(score: Score, sample_rate_hz: int, audible: Container[int] | None = None) -> Performance:
    """Convert a score's notes and controllers into messages at frames, by its tempo map.

    Parameters
    ----------
    score : Score
        With at least one note.
    sample_rate_hz : int
        Frames per second.
    audible : container of int, optional
        Indices of the tracks whose notes are played; all by default. Channels, controllers and the length are those of
        the whole piece in any case.
    """
    parts = _number_parts(score.tracks)
    timed = sorted(_timed_messages(score.tracks, parts, audible), key=itemgetter(0, 1))
    tempo_map = TempoMap.from_score(score)
    frames = (tempo_map.seconds_at([event[0] for event in timed]) * sample_rate_hz).round().astype(int).tolist()
    messages = [Message(frame, channel, data) for frame, (_, _, channel, data) in zip(frames, timed, strict=True)]
    end_ticks = max(score.end_ticks, sounding(score).end_ticks)
    return Performance(
        messages=tuple(messages),
        parts=tuple(parts),
        n_frames=round(tempo_map.seconds(end_ticks) * sample_rate_hz) + round(TAIL_S * sample_rate_hz),
        sample_rate_hz=sample_rate_hz,
    )


def _number_parts(tracks: Sequence[Track]) -> dict[Part, int]:
    """Number the parts: the first one of each MIDI channel, then all further ones."""
    wanted = dict.fromkeys(Part(track.channel, track.program, track.is_drum) for track in tracks if track.notes)
    firsts = {part.midi_channel: part for part in reversed(wanted)}
    first = [part for part in wanted if firsts[part.midi_channel] == part]
    further = [part for part in wanted if firsts[part.midi_channel] != part]
    return {part: number for number, part in enumerate([*first, *further][:MAX_PARTS])}


def _channels(track: Track, parts: Mapping[Part, int]) -> list[int]:
    """Return the synthesizer channels that receive a track's messages."""
    own = parts.get(Part(track.channel, track.program, track.is_drum))
    if track.notes and own is not None:
        return [own]
    related = [number for part, number in parts.items() if part.midi_channel == track.channel]
    return related[:1] if track.notes else related


def _timed_messages(
    tracks: Sequence[Track], parts: Mapping[Part, int], audible: Container[int] | None
) -> Iterator[_TimedMessage]:
    """Yield every message at its tick; at one tick, notes end before controllers change before notes begin."""
    for part, channel in parts.items():
        yield 0, _END, channel, bytes((_PROGRAM, part.program))
    ends = iter(_note_ends(tracks, parts).tolist())
    for index, track in enumerate(tracks):
        channels = _channels(track, parts)
        for channel in channels:
            for event in filter(_is_sent, track.others):
                yield event.tick, _CONTROL, channel, event.data
        for note, end_ticks in zip(track.notes, ends, strict=False):
            if audible is None or index in audible:
                yield note.onset_ticks, _ONSET, channels[0], bytes((_NOTE_ON, note.pitch, note.velocity))
                yield end_ticks, _END, channels[0], bytes((_NOTE_OFF, note.pitch, 0))


def _note_ends(tracks: Sequence[Track], parts: Mapping[Part, int]) -> I64:
    """Return the ticks at which the notes of all tracks end, by the keys of the synthesizer's channels."""
    played = [track for track in tracks if track.notes]
    notes = np.array([note[:3] for track in played for note in track.notes], dtype=np.int64).reshape(-1, 3)
    channels = [_channels(track, parts)[0] for track in played]
    keys = np.repeat(np.array(channels, dtype=np.int64) * _N_KEYS, [len(track.notes) for track in played]) + notes[:, 2]
    return restruck_ends(keys, notes[:, 0], notes[:, 0] + notes[:, 1])


def _is_sent(event: Event) -> bool:
    """Return whether an event is a channel message for the synthesizer."""
    status = event.data[0]
    is_mode = status & 0xF0 == _CONTROLLER and event.data[1] >= _FIRST_MODE_CONTROLLER
    return status < _SYSEX and not is_mode
