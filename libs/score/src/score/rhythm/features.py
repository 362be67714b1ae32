"""Features of each onset group: what a listener may know of the beat from the notes around it.

Besides the notes themselves (intervals, durations, register, changes of harmony), each group is described by what
begins a lag before and after it, for lags from a seventh of a second to several seconds, and by how much that holds on
average around it. A network can thus see periods without counting seconds.
"""

from __future__ import annotations

import numpy as np

from score.arrays import F32, F64, I64
from score.rhythm.played_notes import OnsetGroups, PlayedNotes, group_onsets

LAGS_S = 0.14 * 1.127 ** np.arange(30)
"""Lags at which other onsets are looked up; the last one is 4.5 s."""
_WIDTHS_S = (0.02, 0.04, 0.08, 0.16)
_WIDTH_OF_LAG = 0.05
_ENVELOPE_HZ = 100
_NEIGHBOURS = (1, 2, 3, 4)
_NOVELTY_SPANS_S = (0.4, 0.8, 1.6, 3.2)
_AVERAGING_S = 6.0
_REFERENCE_S = 0.3
"""Times are given as logarithms of their ratio to this one."""
_DRUM_CLASSES = ((35, 36), (37, 38, 39, 40), (42, 44, 46), (49, 51, 52, 53, 55, 57, 59))
_LOW_SHARE, _HIGH_SHARE = 0.3, 0.7


def onset_features(notes: PlayedNotes) -> tuple[OnsetGroups, F32]:
    """Group the notes by onset and describe each group.

    Returns
    -------
    groups : OnsetGroups
    features : ndarray, shape (groups, features), float32
    """
    groups = group_onsets(notes)
    lagged = _lag_features(notes, groups)
    parts = [
        _interval_features(groups.times_s),
        _pitch_features(notes, groups),
        _loudness_features(notes, groups),
        _novelty_features(notes, groups),
        _drum_features(notes, groups),
        lagged,
        _averages(groups.times_s, lagged),
    ]
    return groups, np.concatenate(parts, axis=1, dtype=np.float32)


def _log_time(seconds: F64) -> F64:
    return np.asarray(np.clip(np.log(np.maximum(seconds, 1e-3) / _REFERENCE_S), -3, 3))


def _interval_features(times_s: F64) -> F64:
    """Return the logarithms of the times to the next and from the previous groups."""
    reach = _NEIGHBOURS[-1]
    padded = np.concatenate((np.full(reach, -1e3), times_s, np.full(reach, 1e6)))
    n = len(times_s)
    columns = []
    for k in _NEIGHBOURS:
        columns += [_log_time(times_s - padded[reach - k : reach - k + n])]
        columns += [_log_time(padded[reach + k : reach + k + n] - times_s)]
    return np.stack(columns, axis=1)


def _pitch_features(notes: PlayedNotes, groups: OnsetGroups) -> F64:
    """Describe register, number, durations, steps of the outer voices, and when their registers sound again."""
    pitched = ~notes.is_drum
    if not pitched.any():
        return np.zeros((len(groups.times_s), 14))
    pitches = notes.pitches.astype(np.float64)
    low_limit, median, high_limit = np.quantile(pitches[pitched], (_LOW_SHARE, 0.5, _HIGH_SHARE))
    durations = _log_time(notes.durations_s)
    high = np.maximum.reduceat(np.where(pitched, pitches, -1.0), groups.starts)
    low = np.minimum.reduceat(np.where(pitched, pitches, 200.0), groups.starts)
    has_pitch = high >= 0
    high, low = _fill_forward(high, has_pitch, median), _fill_forward(low, has_pitch, median)
    of_note = groups.group_of_note
    longest = np.maximum.reduceat(np.where(pitched, durations, -3.0), groups.starts)
    of_high = np.maximum.reduceat(np.where(pitched & (pitches >= high[of_note]), durations, -3.0), groups.starts)
    of_low = np.maximum.reduceat(np.where(pitched & (pitches <= low[of_note]), durations, -3.0), groups.starts)
    counts = np.add.reduceat(pitched.astype(np.float64), groups.starts)
    is_low, is_high = has_pitch & (low <= low_limit), has_pitch & (high >= high_limit)
    steps = [np.clip(np.diff(edge, prepend=edge[0]) / 12, -1.5, 1.5) for edge in (high, low)]
    columns = [(high - median) / 12, (low - median) / 12, np.log1p(counts), *steps, longest, of_high, of_low]
    columns += [is_low, *_times_between(groups.times_s, is_low), is_high, *_times_between(groups.times_s, is_high)]
    return np.stack(columns, axis=1)


def _fill_forward(values: F64, is_known: np.typing.NDArray[np.bool_], default: float) -> F64:
    index = np.maximum.accumulate(np.where(is_known, np.arange(len(values)), -1))
    return np.asarray(np.where(index >= 0, values[index], default))


def _times_between(times_s: F64, is_member: np.typing.NDArray[np.bool_]) -> tuple[F64, F64]:
    """Return the logarithms of the times from the last and to the next member, excluding the group itself."""
    members = np.concatenate(([-1e3], times_s[is_member], [1e6]))
    before = members[np.searchsorted(members, times_s, side="left") - 1]
    after = members[np.searchsorted(members, times_s, side="right")]
    return _log_time(times_s - before), _log_time(after - times_s)


def _loudness_features(notes: PlayedNotes, groups: OnsetGroups) -> F64:
    """Return the loudest note of each group in comparison with the groups around it and with the piece."""
    loudest = np.maximum.reduceat(notes.loudness, groups.starts)
    kernel = np.ones(min(17, len(loudest)))
    around = np.convolve(loudest, kernel, "same") / np.convolve(np.ones(len(loudest)), kernel, "same")
    deviation = max(float(loudest.std()), 0.02)
    return np.clip(np.stack(((loudest - around) / deviation, (loudest - loudest.mean()) / deviation), axis=1), -3, 3)


def _novelty_features(notes: PlayedNotes, groups: OnsetGroups) -> F64:
    """Return how much the pitch classes after each group differ from those before it, over several spans."""
    times_s, n = groups.times_s, len(groups.times_s)
    chroma = np.zeros((n, 12))
    weights = np.where(notes.is_drum, 0.0, np.sqrt(np.clip(notes.durations_s, 0.05, 2.0)))
    np.add.at(chroma, (groups.group_of_note, notes.pitches % 12), weights)
    sums = np.concatenate((np.zeros((1, 12)), np.cumsum(chroma, axis=0)))
    index, columns = np.arange(n), []
    for span_s in _NOVELTY_SPANS_S:
        after = sums[np.searchsorted(times_s, times_s + 0.95 * span_s)] - sums[index]
        before = sums[index] - sums[np.searchsorted(times_s, times_s - 1.05 * span_s)]
        norms = np.linalg.norm(after, axis=1) * np.linalg.norm(before, axis=1)
        columns.append(1 - (after * before).sum(axis=1) / np.maximum(norms, 1e-6))
    return np.stack(columns, axis=1)


def _drum_features(notes: PlayedNotes, groups: OnsetGroups) -> F64:
    columns = []
    for members in _DRUM_CLASSES:
        is_member = notes.is_drum & np.isin(notes.pitches, members)
        columns.append(np.maximum.reduceat(is_member.astype(np.float64), groups.starts))
    return np.stack(columns, axis=1)


def _lag_features(notes: PlayedNotes, groups: OnsetGroups) -> F64:
    """Look up the strength of the onsets and of the accents at each lag before and after each group."""
    length = int((groups.times_s[-1] - groups.times_s[0] + 2 * LAGS_S[-1] + 2) * _ENVELOPE_HZ)
    offset_s = LAGS_S[-1] + 1 - groups.times_s[0]
    frames = np.round((groups.times_s + offset_s) * _ENVELOPE_HZ).astype(np.int64)
    counts = np.diff(np.append(groups.starts, len(notes.onsets_s)))
    columns = []
    for strengths in (np.sqrt(counts), _accents(notes, groups)):
        impulses = np.zeros(length)
        np.add.at(impulses, frames, strengths / max(float(strengths.mean()), 1e-6))
        envelopes = [_smooth(impulses, width_s) for width_s in _WIDTHS_S]
        for lag_s in LAGS_S:
            envelope = envelopes[int(np.argmin(np.abs(np.array(_WIDTHS_S) - _WIDTH_OF_LAG * lag_s)))]
            lag = round(lag_s * _ENVELOPE_HZ)
            columns += [envelope[frames - lag], envelope[frames + lag]]
    return np.asarray(np.log1p(np.stack(columns, axis=1)))


def _accents(notes: PlayedNotes, groups: OnsetGroups) -> F64:
    """Return the accent of each group: long notes, low notes and bass drums make it strong."""
    durations_s = np.where(notes.is_drum, 0.1, np.clip(notes.durations_s, 0, 2.0))
    longest_s = np.maximum.reduceat(durations_s, groups.starts)
    pitched = notes.pitches[~notes.is_drum]
    limit = np.quantile(pitched, _LOW_SHARE) if len(pitched) else 0
    is_low = np.where(notes.is_drum, np.isin(notes.pitches, _DRUM_CLASSES[0]), notes.pitches <= limit)
    return np.asarray(longest_s / max(float(longest_s.mean()), 1e-6) + np.maximum.reduceat(is_low, groups.starts))


def _smooth(impulses: F64, width_s: float) -> F64:
    reach = round(3 * width_s * _ENVELOPE_HZ)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (width_s * _ENVELOPE_HZ)) ** 2)
    return np.convolve(impulses, kernel, "same")


def _averages(times_s: F64, lagged: F64) -> F64:
    """Average the features of lags after each group over the groups around it: a local autocorrelation."""
    forward = lagged[:, 1::2]
    sums = np.concatenate((np.zeros((1, forward.shape[1])), np.cumsum(forward, axis=0)))
    first: I64 = np.searchsorted(times_s, times_s - _AVERAGING_S)
    last: I64 = np.searchsorted(times_s, times_s + _AVERAGING_S)
    return np.asarray((sums[last] - sums[first]) / (last - first)[:, None])
