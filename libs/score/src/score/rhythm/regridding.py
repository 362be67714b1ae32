"""A piece on other beats: the same notes and events at the same seconds, with bars and tempos that follow the beats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from score.model import Event, Note, Score, Tempo, Track
from score.rhythm.bar_layout import TICKS_PER_QUARTER, BarLayout, layout_bars
from score.rhythm.tracker import BeatTrack
from score.tempo_map import TempoMap

MIN_MICROSECONDS, MAX_MICROSECONDS = 3_000, 16_000_000

MoveTicks = Callable[[Sequence[int]], list[int]]


def regrid(score: Score, track: BeatTrack) -> Score:
    """Put a score on other beats.

    Parameters
    ----------
    score : Score
        With at least one note.
    track : BeatTrack
        Beats in the seconds of the score.

    Returns
    -------
    Score
        All notes and events begin and end within 2 ms of where they did.
    """
    before = TempoMap.from_score(score)
    first = min(each.notes[0].onset_ticks for each in score.tracks if each.notes)
    layout = layout_bars(track, before.seconds(first), before.seconds(_last_tick(score)))
    tempos = _tempos(layout)
    after = TempoMap.from_score(Score(ticks_per_quarter=TICKS_PER_QUARTER, tempos=tempos))

    def move(ticks: Sequence[int]) -> list[int]:
        moved = np.round(after.ticks_at(before.seconds_at(np.array(ticks, dtype=np.float64))))
        return [max(int(tick), 0) for tick in moved]

    signatures = zip(score.keys, move([key.tick for key in score.keys]), strict=True)
    return replace(
        score,
        ticks_per_quarter=TICKS_PER_QUARTER,
        tempos=tempos,
        meters=layout.meters,
        keys=tuple({tick: key._replace(tick=tick) for key, tick in signatures}.values()),
        tracks=tuple(_move_track(each, move) for each in score.tracks),
        others=_move_events(score.others, move),
    )


def _last_tick(score: Score) -> int:
    events = [event.tick for each in score.tracks for event in each.others]
    return max([score.end_ticks, *events, *(event.tick for event in score.others)])


def _tempos(layout: BarLayout) -> tuple[Tempo, ...]:
    """Return a tempo for each beat. The rest of each rounding is added to the next one."""
    tempos: list[Tempo] = []
    at_s = 0.0
    for tick, next_tick, end_s in zip(layout.ticks, layout.ticks[1:], layout.beats_s[1:], strict=False):
        quarters = float(next_tick - tick) / TICKS_PER_QUARTER
        exact = 1e6 * (float(end_s) - at_s) / quarters
        microseconds = int(np.clip(round(exact), MIN_MICROSECONDS, MAX_MICROSECONDS))
        at_s += quarters * microseconds / 1e6
        if not tempos or tempos[-1].microseconds_per_quarter != microseconds:
            tempos.append(Tempo(int(tick), microseconds))
    return tuple(tempos)


def _move_track(track: Track, move: MoveTicks) -> Track:
    onsets = move([note.onset_ticks for note in track.notes])
    ends = move([note.end_ticks for note in track.notes])
    notes = [
        Note(onset, max(end - onset, 1), note.pitch, note.velocity)
        for note, onset, end in zip(track.notes, onsets, ends, strict=True)
    ]
    by_onset = sorted(notes, key=lambda note: (note.onset_ticks, note.pitch, note.duration_ticks))
    return replace(track, notes=tuple(by_onset), others=_move_events(track.others, move))


def _move_events(events: Iterable[Event], move: MoveTicks) -> tuple[Event, ...]:
    known = list(events)
    ticks = move([event.tick for event in known])
    return tuple(event._replace(tick=tick) for event, tick in zip(known, ticks, strict=True))
