"""Chord names in text, marker and cue events, transposed with the notes; lyrics and track names stay."""

from __future__ import annotations

from collections.abc import Sequence

from score.midi.smf import META, META_TEXT
from score.model import Event
from score.texts import decode_text, encode_text

from transposer.transposition.chord_names import parse_chord_names, transpose_chord_names

_MARKER, _CUE = 0x06, 0x07
_KINDS = (META_TEXT, _MARKER, _CUE)
_HEADER_BYTES = 2


def transpose_chord_markers(events: Sequence[Event], semitones: int, encoding: str = "utf-8") -> tuple[Event, ...]:
    """Return the events of a track with their chord names transposed; each kind of text is parsed by itself.

    Parameters
    ----------
    events : sequence of Event
        All events of the track.
    semitones : int
        The interval.
    encoding : str
        Of the piece's texts.
    """
    transposed = list(events)
    for kind in _KINDS:
        indices = [at for at, event in enumerate(events) if event.data[0] == META and event.data[1] == kind]
        if indices:
            texts = [decode_text(events[at].data[_HEADER_BYTES:], encoding) for at in indices]
            names = _transpose_texts(texts, semitones)
            for at, name in zip(indices, names, strict=True):
                transposed[at] = Event(events[at].tick, events[at].data[:_HEADER_BYTES] + encode_text(name, encoding))
    return tuple(transposed)


def _transpose_texts(texts: Sequence[str], semitones: int) -> list[str]:
    names = parse_chord_names(texts)
    transposed = iter(transpose_chord_names([name for name in names if name], semitones))
    return [next(transposed) if name else text for name, text in zip(names, texts, strict=True)]
