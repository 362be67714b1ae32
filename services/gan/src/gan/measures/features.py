"""Standard features of pieces, for classifiers: every number that is usually counted of symbolic music.

A piece's pitches are relative to its tonic, as it is in C major or A minor. A role that a piece lacks gives NaN.
Nothing is measured of the first and the last bar alone: references are cut from the midst of pieces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from score.arrays import F32, F64, I32, I64, Bool
from score.encoding import DRUM_CLASSES
from score.roles import PITCHED_ROLES, ROLES, Role

from gan.measures.grid_piece import END, ONSET, PITCH, GridPiece
from gan.measures.pianoroll import (
    bar_similarities,
    fold_chroma,
    inter_onset_intervals,
    mean_at_lag,
    note_lengths,
    notes_by_bar,
    onset_mask,
    piano_roll,
    skyline,
    sounding_bars,
    tonal_distance,
)

Named = dict[str, float]

LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16)
"""Steps of note lengths and inter-onset intervals that are counted, the last and all longer ones together."""

LAGS = (1, 2, 4, 8)
"""Bars between which repetition is measured."""

WHITE = (0, 2, 4, 5, 7, 9, 11)
TRIADS = {tuple(sorted((root + step) % 12 for step in steps)) for root in range(12) for steps in ((0, 4, 7), (0, 3, 7))}


def table(pieces: Sequence[GridPiece], roles: tuple[Role, ...] = ROLES) -> tuple[list[str], F32]:
    """Measure pieces by what some roles play.

    Returns
    -------
    tuple of list of str and ndarray, shape (pieces, features), float32
        The features' names, and their values; NaN where a piece has none.
    """
    return tabulate([measure(piece, roles) for piece in pieces])


def tabulate(rows: Sequence[Mapping[str, float]]) -> tuple[list[str], F32]:
    """Put what `measure` gave of several pieces in a table, as `table` does."""
    names = sorted({name for row in rows for name in row})
    values = np.array([[row.get(name, np.nan) for name in names] for row in rows], np.float32)
    return names, values.reshape(len(rows), len(names))


@dataclass(frozen=True, slots=True)
class Line:
    """What a role plays.

    Attributes
    ----------
    notes : I32
    roll : ndarray, shape (128, steps), bool
    classes : ndarray, shape (12, steps), bool
        The pitch classes that sound.
    lowest : ndarray, shape (steps,), int64
        The lowest pitch that sounds; 0 where none does.
    sounding : ndarray, shape (steps,), bool
    halves : ndarray, shape (half bars, 12), float64
        Chroma.
    struck : ndarray, shape (steps,), bool
    bars : ndarray, shape (bars,), bool
        Those in which something sounds.
    """

    notes: I32
    roll: Bool
    classes: Bool
    lowest: I64
    sounding: Bool
    halves: F64
    struck: Bool
    bars: Bool


def measure(band: GridPiece, roles: tuple[Role, ...] = ROLES) -> Named:
    """Measure one piece: name to value, those of absent roles left out."""
    lines = {role: _listen(band, band.notes[role]) for role in roles if role in band.events}
    found: Named = {}
    for role, line in lines.items():
        for name, value in _of_role(band, role, line).items():
            found[f"{role.value}.{name}"] = value
    for (one, first), (other, second) in combinations(lines.items(), 2):
        for name, value in _of_pair(first, second, are_pitched=other is not Role.DRUMS).items():
            found[f"{one.value}-{other.value}.{name}"] = value
    return found | {f"all.{name}": value for name, value in _of_band(band, lines).items()}


def _listen(band: GridPiece, notes: I32) -> Line:
    sounds = piano_roll(notes, band.steps)
    return Line(
        notes=notes,
        roll=sounds,
        classes=fold_chroma(sounds, 1).T > 0,
        lowest=sounds.argmax(0),
        sounding=np.asarray(sounds.any(0)),
        halves=fold_chroma(sounds, band.bar // 2),
        struck=onset_mask(notes, band.steps),
        bars=sounding_bars(notes, band.bar, band.bars),
    )


def _of_role(band: GridPiece, role: Role, line: Line) -> Named:
    parts: list[Callable[[GridPiece, Line], Named]] = [_presence, _rhythm, _repetition]
    parts += [_drums] if role is Role.DRUMS else [_lengths, _classes, _pitches, _texture]
    return {name: value for part in parts for name, value in part(band, line).items()}


def _presence(band: GridPiece, line: Line) -> Named:
    counts = np.bincount(line.notes[:, ONSET] // band.bar, minlength=band.bars)
    return {
        "notes": len(line.notes) / band.bars,
        "notes_spread": float(counts.std()),
        "empty_bars": 1 - _mean(line.bars),
        "bar_fullest": float(counts.max(initial=0)),
        "rest_runs": float(np.count_nonzero(line.bars[:-1] & ~line.bars[1:])),
    }


def _rhythm(band: GridPiece, line: Line) -> Named:
    struck = line.struck
    at = np.flatnonzero(struck) % band.bar
    total = max(len(at), 1)
    found = _histogram("gap", inter_onset_intervals(line.notes))
    found |= {f"at_{step}": count / total for step, count in enumerate(np.bincount(at, minlength=band.bar).tolist())}
    before, strong = np.roll(struck, 1), np.arange(band.steps) % 4 == 0
    found["off_beat"] = _mean(at % 4 != 0)
    found["syncopation"] = _mean((before & ~struck)[strong])
    return found | {"distinct_rhythms": _distinct(struck.reshape(band.bars, band.bar))}


def _lengths(band: GridPiece, line: Line) -> Named:
    notes, lasting = line.notes, note_lengths(line.notes)
    found = _histogram("length", lasting) | {"sounding": _mean(line.sounding)}
    if len(notes):
        found |= {"length_mean": float(lasting.mean()), "length_most": float(lasting.max())}
        found["over_bar_line"] = _mean((notes[:, END] - 1) // band.bar > notes[:, ONSET] // band.bar)
        found["ends_off_beat"] = _mean(notes[:, END] % 4 != 0)
    return found


def _histogram(name: str, values: F64) -> Named:
    """Count values of `LENGTHS`, each with those from it to the next, as shares."""
    counts = np.histogram(values, [*LENGTHS, np.inf])[0] / max(len(values), 1)
    return {f"{name}_{length}": float(share) for length, share in zip(LENGTHS, counts, strict=True)}


def _classes(band: GridPiece, line: Line) -> Named:
    tonic = 9 if band.is_minor else 0
    heard = line.halves.reshape(-1, 2, 12).sum(1)
    total = heard.sum(0)
    shares = np.roll(total / max(total.sum(), 1.0), -tonic)
    found = {f"class_{degree}": float(share) for degree, share in enumerate(shares)}
    used = (heard > 0).sum(1)
    found["classes_a_bar"] = float(used[used > 0].mean()) if used.any() else np.nan
    found["entropy"] = float(-(shares * np.log(np.maximum(shares, 1e-9))).sum())
    moved = np.abs(np.diff(heard / np.maximum(heard.sum(1, keepdims=True), 1.0), axis=0)).sum(1)
    found["chroma_change"] = float(moved.mean()) if len(moved) else np.nan
    return found


def _pitches(band: GridPiece, line: Line) -> Named:  # noqa: ARG001  # one of several parts that are called alike
    notes = line.notes
    if not len(notes):
        return {}
    found = {
        "pitch_mean": float(notes[:, PITCH].mean()),
        "pitch_spread": float(notes[:, PITCH].std()),
        "pitch_low": float(notes[:, PITCH].min()),
        "pitch_high": float(notes[:, PITCH].max()),
        "pitches_used": float(len(np.unique(notes[:, PITCH]))),
    }
    return found | _steps(np.diff(skyline(notes)))


def _steps(steps: I32) -> Named:
    """Measure the intervals of a line."""
    if len(steps) < 2:
        return {}
    size = np.abs(steps)
    bounds = {"same": (0, 0), "second": (1, 2), "third": (3, 4), "fifth": (5, 7), "sixth": (8, 11), "octave": (12, 12)}
    found = {f"step_{name}": _mean((size >= low) & (size <= high)) for name, (low, high) in bounds.items()}
    found |= {"step_wider": _mean(size > 12), "step_mean": float(size.mean()), "rising": _mean(steps > 0)}
    turns = np.sign(steps[1:]) * np.sign(steps[:-1]) < 0
    found |= {"turns": _mean(turns), "after_leap_back": _mean(turns[size[:-1] > 4])}
    line = steps.tolist()
    figures = list(zip(line, line[1:], line[2:], strict=False))
    return found | {"distinct_figures": len(set(figures)) / max(len(figures), 1)}


def _mean(values: Bool) -> float:
    return np.count_nonzero(values) / len(values) if len(values) else float("nan")


def _distinct(bars: Bool) -> float:
    return len({bar.tobytes() for bar in bars}) / len(bars)


def _texture(band: GridPiece, line: Line) -> Named:  # noqa: ARG001
    """How many sound at once, and together begin."""
    sounds = line.roll.sum(0)
    together = np.unique(line.notes[:, ONSET], return_counts=True)[1]
    found = {f"voices_{count}": _mean(sounds == count) for count in range(5)}
    found["begin_together"] = float(together.mean()) if len(together) else np.nan
    return found | {"triads": _triads(line.halves)}


def _triads(halves: F64) -> float:
    """Share of half bars with three classes at least whose three most sounded are a major or minor triad."""
    heard = halves[(halves > 0).sum(1) >= 3]
    tops = np.sort(np.argsort(-heard, axis=1, kind="stable")[:, :3], axis=1).tolist()
    return float(np.mean([tuple(top) in TRIADS for top in tops])) if tops else float("nan")


def _repetition(band: GridPiece, line: Line) -> Named:
    """How alike bars are that lie so many bars apart: strokes, and onsets alone."""
    strokes = notes_by_bar(line.notes, band.bar, band.bars)
    alike, in_rhythm = bar_similarities(strokes), bar_similarities(line.struck.reshape(band.bars, band.bar))
    found = {f"repeats_{lag}": mean_at_lag(alike, lag) for lag in LAGS if lag < band.bars}
    found |= {f"rhythm_repeats_{lag}": mean_at_lag(in_rhythm, lag) for lag in LAGS if lag < band.bars}
    return found | {"distinct_bars": _distinct(strokes)}


def _drums(band: GridPiece, line: Line) -> Named:
    notes, found = line.notes, dict[str, float]()
    for index, pitches in enumerate(DRUM_CLASSES):
        own = notes[notes[:, PITCH] == pitches[0]]
        found[f"drum_{index}"] = len(own) / band.bars
        if index < 3:
            at = own[:, ONSET] % band.bar
            counts = np.bincount(at, minlength=16)[:16:4].tolist()
            found |= {f"drum_{index}_at_{beat}": count / band.bars for beat, count in enumerate(counts)}
            found[f"drum_{index}_off_beat"] = _mean(at % 4 != 0)
    bars = Counter(bar.tobytes() for bar in notes_by_bar(notes, band.bar, band.bars))
    return found | {"usual_bar": max(bars.values()) / band.bars}


def _of_pair(one: Line, other: Line, *, are_pitched: bool) -> Named:
    both, either = one.struck & other.struck, one.struck | other.struck
    found = {
        "onsets_agree": np.count_nonzero(both) / max(np.count_nonzero(either), 1),
        "first_held": np.count_nonzero(both) / max(np.count_nonzero(one.struck), 1),
        "bars_together": _mean(one.bars & other.bars),
    }
    if not are_pitched:
        return found
    found["tonal_distance"] = tonal_distance(one.halves, other.halves)
    return found | _intervals(one, other)


def _intervals(one: Line, other: Line) -> Named:
    """Compare what sounds at once: shares of steps in unison, within a semitone, and with crossing lines."""
    both = one.sounding & other.sounding
    if not both.any():
        return {}
    a, b = one.classes[:, both], other.classes[:, both]
    return {
        "shared_class": _mean(np.asarray((a & b).any(0))),
        "contained": float(((a & b).sum(0) / a.sum(0)).mean()),
        "semitone": _mean(np.asarray(((a & np.roll(b, 1, 0)) | (a & np.roll(b, -1, 0))).any(0))),
        "crossed": _mean(one.lowest[both] < other.lowest[both]),
    }


def _of_band(band: GridPiece, lines: Mapping[Role, Line]) -> Named:
    """Measure all roles together."""
    playing = np.array([line.bars for line in lines.values()])
    struck = np.array([line.struck for line in lines.values()]).sum(0)
    found = {
        "roles_playing": float(playing.sum(0).mean()),
        "silent_bars": float((~playing.any(0)).mean()),
        "steps_struck": float((struck > 0).mean()),
        "struck_together": float(struck[struck > 0].mean()) if struck.any() else np.nan,
    }
    pitched = [line for role, line in lines.items() if role in PITCHED_ROLES]
    if not pitched:
        return found
    halves = np.sum([line.halves for line in pitched], axis=0)
    shares = halves.sum(0) / max(halves.sum(), 1.0)
    found |= {"white": float(shares[list(WHITE)].sum()), "triads": _triads(halves)}
    alike = bar_similarities(notes_by_bar(np.concatenate([line.notes for line in pitched]), band.bar, band.bars))
    return found | {f"repeats_{lag}": mean_at_lag(alike, lag) for lag in LAGS if lag < band.bars}
