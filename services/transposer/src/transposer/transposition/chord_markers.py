"""The texts and markers of a piece that name its chords, moved along with its notes; lyrics and names stay."""

from __future__ import annotations

from collections.abc import Sequence

from score.midi.smf import META, META_TEXT
from score.model import Event

from transposer.transposition import chord_names

_MARKER, _CUE = 0x06, 0x07
_KINDS = (META_TEXT, _MARKER, _CUE)
_HEAD_BYTES = 2


def move_texts(events: Sequence[Event], semitones: int) -> tuple[Event, ...]:
    """Move the chord names among a track's events; each kind of text is judged by itself."""
    moved = list(events)
    for kind in _KINDS:
        places = [at for at, event in enumerate(events) if event.data[0] == META and event.data[1] == kind]
        if places:
            texts = [_decoded(events[at].data[_HEAD_BYTES:]) for at in places]
            for at, (codec, _), name in zip(places, texts, _moved([text for _, text in texts], semitones), strict=True):
                moved[at] = Event(events[at].tick, events[at].data[:_HEAD_BYTES] + name.encode(codec))
    return tuple(moved)


def _moved(texts: Sequence[str], semitones: int) -> list[str]:
    """Give every text as it is called in the other key."""
    chords = chord_names.read_all(texts)
    named = iter(chord_names.moved([chord for chord in chords if chord], semitones))
    return [next(named) if chord else text for chord, text in zip(chords, texts, strict=True)]


def _decoded(payload: bytes) -> tuple[str, str]:
    """Decode a text and say by which codec, so that it can be written as it was."""
    try:
        return "utf-8", payload.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1", payload.decode("latin-1")
