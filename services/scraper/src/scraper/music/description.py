"""Description of a piece for a data set: key, meter, tempo, length, roles, title and the words of its copyright."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from score.key_profiles import ALBRECHT_SHANAHAN, correlate
from score.keys import key_name
from score.meter_map import meter_segments
from score.model import Event, Score
from score.roles import Role, assign
from score.tempo_map import TempoMap, mean_bpm

_TEXT_EVENTS = {1: "text", 2: "copyright"}
_MAX_TEXT = 300
_ROLE_NAMES = {Role.LEAD: "melody", Role.HARMONY: "chords", Role.BASS: "bass", Role.DRUMS: "drums"}
_GENERIC_NAMES = {"", "untitled", "track 1", "control track", "conductor", "piano", "midi", "seq-1"}


@dataclass(frozen=True, slots=True)
class Description:
    """What a data set states of a piece.

    Attributes
    ----------
    title : str
        Name of its conductor track; may be empty.
    key : str
        Most likely key by its pitch classes; empty without pitched notes.
    meter : str
        The meter that lasts longest.
    tempo_bpm : float
        Mean tempo in quarter notes per minute.
    is_tempo_known : bool
        Whether the file states a tempo.
    n_tracks, n_notes, n_bars : int
        Tracks with notes, notes, and bars.
    seconds : float
        Length.
    roles : str
        Names of the roles that its tracks play, sorted, joined by "+".
    is_final_bass_tonic : bool or None
        Whether the lowest last note is the tonic; None without pitched notes.
    copyright : str
        Words of its copyright events and of text events that speak of rights.
    """

    title: str
    key: str
    meter: str
    tempo_bpm: float
    is_tempo_known: bool
    n_tracks: int
    n_notes: int
    n_bars: int
    seconds: float
    roles: str
    is_final_bass_tonic: bool | None
    copyright: str


def describe(score: Score) -> Description:
    """Return the description of a score that has notes."""
    tonic, is_minor = _key(score)
    roles = {guess.role for guess in assign(score) if guess.role is not None}
    meter, n_bars = _meter(score)
    return Description(
        title="" if score.title.strip().lower() in _GENERIC_NAMES else score.title.strip()[:200],
        key=key_name(tonic, is_minor=is_minor) if tonic is not None else "",
        meter=meter,
        tempo_bpm=round(mean_bpm(score), 1),
        is_tempo_known=bool(score.tempos),
        n_tracks=sum(bool(track.notes) for track in score.tracks),
        n_notes=score.n_notes,
        n_bars=n_bars,
        seconds=round(TempoMap.from_score(score).seconds(score.end_ticks), 2),
        roles="+".join(sorted(_ROLE_NAMES[role] for role in roles)),
        is_final_bass_tonic=_final_bass(score) == tonic if tonic is not None else None,
        copyright=_copyright(score),
    )


def _key(score: Score) -> tuple[int | None, bool]:
    histogram = np.zeros(12)
    for track in score.tracks:
        if track.notes and not track.is_drum:
            table = np.array(track.notes, dtype=np.int64)
            histogram += np.bincount(table[:, 2] % 12, weights=np.maximum(table[:, 1], 1), minlength=12)
    if not histogram.any():
        return None, False
    mode, tonic = divmod(int(correlate(histogram, ALBRECHT_SHANAHAN).argmax()), 12)
    return tonic, bool(mode)


def _meter(score: Score) -> tuple[str, int]:
    """Return the meter that lasts longest, and the number of bars."""
    lengths: dict[str, int] = {}
    n_bars = 0
    for segment in meter_segments(score):
        length = segment.end_ticks - segment.start_ticks
        lengths[segment.meter.name] = lengths.get(segment.meter.name, 0) + length
        n_bars += -(-length // max(round(segment.meter.quarters * score.ticks_per_quarter), 1))
    return max(lengths, key=lambda name: lengths[name], default="4/4"), n_bars


def _final_bass(score: Score) -> int | None:
    last = [(note.onset_ticks, -note.pitch) for track in score.tracks if not track.is_drum for note in track.notes[-8:]]
    return -max(last)[1] % 12 if last else None


def _copyright(score: Score) -> str:
    events: list[Event] = [*score.others, *(event for track in score.tracks for event in track.others)]
    texts = [
        event.data[2:].decode("utf-8", "replace").strip()
        for event in events
        if event.data[:1] == b"\xff" and event.data[1] in _TEXT_EVENTS
    ]
    owners = [event.data[2:].decode("utf-8", "replace").strip() for event in events if event.data[:2] == b"\xff\x02"]
    rights = [text for text in texts[:50] if any(word in text.lower() for word in ("licen", "public domain", "rights"))]
    return " / ".join(dict.fromkeys(text for text in (*owners, *rights) if text))[:_MAX_TEXT]
