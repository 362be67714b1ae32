"""Standard features of symbolic music, nearly 400 for a piece of four roles: the input of the classifiers.

Pieces are in C major or A minor, so pitches are relative to the tonic. The features of an absent role are missing, and
NaN in a table. No feature singles out the first or the last bar, because reference passages are cut from the middle of
pieces.

Released classifiers store the names of the features, which therefore must not change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from score.arrays import F32, F64, I32, I64, Bool
from score.encoding import DRUM_CLASSES, STEPS_PER_QUARTER
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

FeatureValues = dict[str, float]
"""Values by name of feature."""

LENGTH_BINS = (1, 2, 3, 4, 6, 8, 12, 16)
"""Lower bounds in steps of the histograms of note lengths and inter-onset intervals; the last bin is open."""

LAGS = (1, 2, 4, 8)
"""Distances in bars at which repetition is measured."""

WHITE_KEYS = (0, 2, 4, 5, 7, 9, 11)
TRIADS = {tuple(sorted((root + step) % 12 for step in steps)) for root in range(12) for steps in ((0, 4, 7), (0, 3, 7))}


def table(pieces: Sequence[GridPiece], roles: tuple[Role, ...] = ROLES) -> tuple[list[str], F32]:
    """Measure pieces by what some roles play.

    Returns
    -------
    tuple of list of str and ndarray, shape (pieces, features), float32
        The features' names, and their values; NaN where a piece lacks one.
    """
    return tabulate([measure(piece, roles) for piece in pieces])


def tabulate(rows: Sequence[Mapping[str, float]]) -> tuple[list[str], F32]:
    """Collect what `measure` returned for several pieces in a table, as `table` does."""
    names = sorted({name for row in rows for name in row})
    values = np.array([[row.get(name, np.nan) for name in names] for row in rows], np.float32)
    return names, values.reshape(len(rows), len(names))


@dataclass(frozen=True, slots=True)
class _Part:
    """What a role plays, in the forms that the features are computed from.

    Attributes
    ----------
    notes : ndarray, shape (notes, 3), int32
    roll : ndarray, shape (128, steps), bool
    pitch_classes : ndarray, shape (12, steps), bool
        The pitch classes that sound.
    lowest : ndarray, shape (steps,), int64
        The lowest pitch that sounds; 0 where none does.
    sounding : ndarray, shape (steps,), bool
    half_bar_chroma : ndarray, shape (half bars, 12), float64
    onsets : ndarray, shape (steps,), bool
    bars : ndarray, shape (bars,), bool
        The bars in which something sounds.
    """

    notes: I32
    roll: Bool
    pitch_classes: Bool
    lowest: I64
    sounding: Bool
    half_bar_chroma: F64
    onsets: Bool
    bars: Bool


def measure(piece: GridPiece, roles: tuple[Role, ...] = ROLES) -> FeatureValues:
    """Return the features of a piece by name, without those of absent roles."""
    parts = {role: _part(piece, piece.notes[role]) for role in roles if role in piece.events}
    found: FeatureValues = {}
    for role, part in parts.items():
        for name, value in _role_features(piece, role, part).items():
            found[f"{role.value}.{name}"] = value
    for (one, first), (other, second) in combinations(parts.items(), 2):
        for name, value in _pair_features(first, second, are_pitched=other is not Role.DRUMS).items():
            found[f"{one.value}-{other.value}.{name}"] = value
    return found | {f"all.{name}": value for name, value in _piece_features(piece, parts).items()}


def _part(piece: GridPiece, notes: I32) -> _Part:
    roll = piano_roll(notes, piece.n_steps)
    return _Part(
        notes=notes,
        roll=roll,
        pitch_classes=fold_chroma(roll, 1).T > 0,
        lowest=roll.argmax(0),
        sounding=np.asarray(roll.any(0)),
        half_bar_chroma=fold_chroma(roll, piece.bar_steps // 2),
        onsets=onset_mask(notes, piece.n_steps),
        bars=sounding_bars(notes, piece.bar_steps, piece.n_bars),
    )


def _role_features(piece: GridPiece, role: Role, part: _Part) -> FeatureValues:
    groups: list[Callable[[GridPiece, _Part], FeatureValues]] = [_presence, _rhythm, _repetition]
    groups += [_drums] if role is Role.DRUMS else [_lengths, _pitch_classes, _pitches, _texture]
    return {name: value for group in groups for name, value in group(piece, part).items()}


def _presence(piece: GridPiece, part: _Part) -> FeatureValues:
    counts = np.bincount(part.notes[:, ONSET] // piece.bar_steps, minlength=piece.n_bars)
    return {
        "notes": len(part.notes) / piece.n_bars,
        "notes_spread": float(counts.std()),
        "empty_bars": 1 - _mean(part.bars),
        "bar_fullest": float(counts.max(initial=0)),
        "rest_runs": float(np.count_nonzero(part.bars[:-1] & ~part.bars[1:])),
    }


def _rhythm(piece: GridPiece, part: _Part) -> FeatureValues:
    onsets = part.onsets
    position = np.flatnonzero(onsets) % piece.bar_steps
    total = max(len(position), 1)
    counts = np.bincount(position, minlength=piece.bar_steps).tolist()
    found = _histogram("gap", inter_onset_intervals(part.notes))
    found |= {f"at_{step}": count / total for step, count in enumerate(counts)}
    # Syncopated: an onset on the step before a beat that has none.
    before, is_beat = np.roll(onsets, 1), np.arange(piece.n_steps) % STEPS_PER_QUARTER == 0
    found["off_beat"] = _mean(position % STEPS_PER_QUARTER != 0)
    found["syncopation"] = _mean((before & ~onsets)[is_beat])
    return found | {"distinct_rhythms": _distinct(onsets.reshape(piece.n_bars, piece.bar_steps))}


def _lengths(piece: GridPiece, part: _Part) -> FeatureValues:
    notes, lengths = part.notes, note_lengths(part.notes)
    found = _histogram("length", lengths) | {"sounding": _mean(part.sounding)}
    if len(notes):
        found |= {"length_mean": float(lengths.mean()), "length_most": float(lengths.max())}
        last_bar, first_bar = (notes[:, END] - 1) // piece.bar_steps, notes[:, ONSET] // piece.bar_steps
        found["over_bar_line"] = _mean(last_bar > first_bar)
        found["ends_off_beat"] = _mean(notes[:, END] % STEPS_PER_QUARTER != 0)
    return found


def _histogram(name: str, values: F64) -> FeatureValues:
    """Return the share of values in each of `LENGTH_BINS`."""
    shares = np.histogram(values, [*LENGTH_BINS, np.inf])[0] / max(len(values), 1)
    return {f"{name}_{length}": float(share) for length, share in zip(LENGTH_BINS, shares, strict=True)}


def _pitch_classes(piece: GridPiece, part: _Part) -> FeatureValues:
    tonic = 9 if piece.is_minor else 0
    by_bar = part.half_bar_chroma.reshape(-1, 2, 12).sum(1)
    total = by_bar.sum(0)
    shares = np.roll(total / max(total.sum(), 1.0), -tonic)
    found = {f"class_{degree}": float(share) for degree, share in enumerate(shares)}
    used = (by_bar > 0).sum(1)
    found["classes_a_bar"] = float(used[used > 0].mean()) if used.any() else np.nan
    found["entropy"] = float(-(shares * np.log(np.maximum(shares, 1e-9))).sum())
    change = np.abs(np.diff(by_bar / np.maximum(by_bar.sum(1, keepdims=True), 1.0), axis=0)).sum(1)
    found["chroma_change"] = float(change.mean()) if len(change) else np.nan
    return found


def _pitches(piece: GridPiece, part: _Part) -> FeatureValues:  # noqa: ARG001  # all groups have one signature
    notes = part.notes
    if not len(notes):
        return {}
    found = {
        "pitch_mean": float(notes[:, PITCH].mean()),
        "pitch_spread": float(notes[:, PITCH].std()),
        "pitch_low": float(notes[:, PITCH].min()),
        "pitch_high": float(notes[:, PITCH].max()),
        "pitches_used": float(len(np.unique(notes[:, PITCH]))),
    }
    return found | _melodic_intervals(np.diff(skyline(notes)))


def _melodic_intervals(steps: I32) -> FeatureValues:
    """Measure the intervals of a line, in semitones."""
    if len(steps) < 2:
        return {}
    size = np.abs(steps)
    bounds = {"same": (0, 0), "second": (1, 2), "third": (3, 4), "fifth": (5, 7), "sixth": (8, 11), "octave": (12, 12)}
    found = {f"step_{name}": _mean((size >= low) & (size <= high)) for name, (low, high) in bounds.items()}
    found |= {"step_wider": _mean(size > 12), "step_mean": float(size.mean()), "rising": _mean(steps > 0)}
    turns = np.sign(steps[1:]) * np.sign(steps[:-1]) < 0
    found |= {"turns": _mean(turns), "after_leap_back": _mean(turns[size[:-1] > 4])}
    line = steps.tolist()
    motifs = list(zip(line, line[1:], line[2:], strict=False))
    return found | {"distinct_figures": len(set(motifs)) / max(len(motifs), 1)}


def _mean(values: Bool) -> float:
    return np.count_nonzero(values) / len(values) if len(values) else float("nan")


def _distinct(bars: Bool) -> float:
    """Return the share of bars that are distinct."""
    return len({bar.tobytes() for bar in bars}) / len(bars)


def _texture(piece: GridPiece, part: _Part) -> FeatureValues:  # noqa: ARG001  # all groups have one signature
    """Measure how many notes sound at once, and how many begin together."""
    n_sounding = part.roll.sum(0)
    n_together = np.unique(part.notes[:, ONSET], return_counts=True)[1]
    found = {f"voices_{count}": _mean(n_sounding == count) for count in range(5)}
    found["begin_together"] = float(n_together.mean()) if len(n_together) else np.nan
    return found | {"triads": _triad_share(part.half_bar_chroma)}


def _triad_share(half_bar_chroma: F64) -> float:
    """Return the share of half bars of three or more pitch classes whose strongest three are a triad."""
    full = half_bar_chroma[(half_bar_chroma > 0).sum(1) >= 3]
    strongest = np.sort(np.argsort(-full, axis=1, kind="stable")[:, :3], axis=1).tolist()
    return float(np.mean([tuple(three) in TRIADS for three in strongest])) if strongest else float("nan")


def _repetition(piece: GridPiece, part: _Part) -> FeatureValues:
    """Measure the similarity of bars at each lag, by notes and by onsets alone."""
    notes = notes_by_bar(part.notes, piece.bar_steps, piece.n_bars)
    by_notes = bar_similarities(notes)
    by_onsets = bar_similarities(part.onsets.reshape(piece.n_bars, piece.bar_steps))
    lags = [lag for lag in LAGS if lag < piece.n_bars]
    found = {f"repeats_{lag}": mean_at_lag(by_notes, lag) for lag in lags}
    found |= {f"rhythm_repeats_{lag}": mean_at_lag(by_onsets, lag) for lag in lags}
    return found | {"distinct_bars": _distinct(notes)}


def _drums(piece: GridPiece, part: _Part) -> FeatureValues:
    notes, found = part.notes, dict[str, float]()
    for index, pitches in enumerate(DRUM_CLASSES):
        own = notes[notes[:, PITCH] == pitches[0]]
        found[f"drum_{index}"] = len(own) / piece.n_bars
        if index < 3:
            position = own[:, ONSET] % piece.bar_steps
            counts = np.bincount(position, minlength=16)[:16:STEPS_PER_QUARTER].tolist()
            found |= {f"drum_{index}_at_{beat}": count / piece.n_bars for beat, count in enumerate(counts)}
            found[f"drum_{index}_off_beat"] = _mean(position % STEPS_PER_QUARTER != 0)
    bars = Counter(bar.tobytes() for bar in notes_by_bar(notes, piece.bar_steps, piece.n_bars))
    return found | {"usual_bar": max(bars.values()) / piece.n_bars}


def _pair_features(one: _Part, other: _Part, *, are_pitched: bool) -> FeatureValues:
    both, either = one.onsets & other.onsets, one.onsets | other.onsets
    found = {
        "onsets_agree": np.count_nonzero(both) / max(np.count_nonzero(either), 1),
        "first_held": np.count_nonzero(both) / max(np.count_nonzero(one.onsets), 1),
        "bars_together": _mean(one.bars & other.bars),
    }
    if not are_pitched:
        return found
    found["tonal_distance"] = tonal_distance(one.half_bar_chroma, other.half_bar_chroma)
    return found | _vertical_intervals(one, other)


def _vertical_intervals(one: _Part, other: _Part) -> FeatureValues:
    """Measure what sounds at once: shares of steps in unison, a semitone apart, and with crossing lines."""
    both = one.sounding & other.sounding
    if not both.any():
        return {}
    a, b = one.pitch_classes[:, both], other.pitch_classes[:, both]
    return {
        "shared_class": _mean(np.asarray((a & b).any(0))),
        "contained": float(((a & b).sum(0) / a.sum(0)).mean()),
        "semitone": _mean(np.asarray(((a & np.roll(b, 1, 0)) | (a & np.roll(b, -1, 0))).any(0))),
        "crossed": _mean(one.lowest[both] < other.lowest[both]),
    }


def _piece_features(piece: GridPiece, parts: Mapping[Role, _Part]) -> FeatureValues:
    """Measure all roles together."""
    sounding = np.array([part.bars for part in parts.values()])
    n_onsets = np.array([part.onsets for part in parts.values()]).sum(0)
    found = {
        "roles_playing": float(sounding.sum(0).mean()),
        "silent_bars": float((~sounding.any(0)).mean()),
        "steps_struck": float((n_onsets > 0).mean()),
        "struck_together": float(n_onsets[n_onsets > 0].mean()) if n_onsets.any() else np.nan,
    }
    pitched = [part for role, part in parts.items() if role in PITCHED_ROLES]
    if not pitched:
        return found
    half_bar_chroma = np.sum([part.half_bar_chroma for part in pitched], axis=0)
    shares = half_bar_chroma.sum(0) / max(half_bar_chroma.sum(), 1.0)
    found |= {"white": float(shares[list(WHITE_KEYS)].sum()), "triads": _triad_share(half_bar_chroma)}
    notes = np.concatenate([part.notes for part in pitched])
    similarities = bar_similarities(notes_by_bar(notes, piece.bar_steps, piece.n_bars))
    return found | {f"repeats_{lag}": mean_at_lag(similarities, lag) for lag in LAGS if lag < piece.n_bars}
