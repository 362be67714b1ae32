"""From evidence to notes: which candidates are notes, and where each ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from transcriber.cancellation import stop_if
from transcriber.constants import FRAMES_PER_S, LOWEST_PITCH, Floats, Integers
from transcriber.dense_network import Network
from transcriber.note_detection.note_features import Evidence

MIN_PROBABILITY = 0.3
"""What is less sure than this is no note: the best F1 on the validation pieces."""
MIN_REPEAT_FRAMES = 5
"""Two onsets of one pitch are further apart than this, 58 ms."""
LATENESS_S = 0.006
"""How much later the network's onsets are than the notes', in the mean of the training pieces."""

BLOCK = 4096
MAX_NOTE_FRAMES = 1000
GONE = 0.2
GONE_FRAMES, AFTER_FRAMES = 44, 30
FIRST_END_FRAMES = 3
END_STEP = 2
"""Ends are looked for at every second frame, 23 ms: finer than what is heard of an end."""
SURE = 0.98

QUIETEST, LOUDEST = 36, 112
"""Velocities of the quietest and the loudest notes."""


class HeardNote(NamedTuple):
    """A note: seconds, MIDI pitch and velocity, and how sure it is, 0 to 1."""

    onset_s: float
    end_s: float
    pitch: int
    velocity: int
    probability: float


class Onsets(NamedTuple):
    """Where notes begin, by rising frame: each of shape (n,); pitches from 0 to `PITCHES` - 1."""

    frames: Integers
    pitches: Integers
    probabilities: Floats


def find_onsets(evidence: Evidence, network: Network, cancelled: threading.Event) -> Onsets:
    """Ask the network about every candidate, and keep the surest of those that are too near each other."""
    frames, pitches = evidence.candidates()
    asked: list[Floats] = [np.zeros(0, np.float32)]
    for start in range(0, len(frames), BLOCK):
        stop_if(cancelled)
        block = slice(start, start + BLOCK)
        asked.append(network.probabilities(evidence.onset_features(frames[block], pitches[block])))
    probabilities = np.concatenate(asked)
    kept = _apart(frames, pitches, probabilities, np.flatnonzero(probabilities >= MIN_PROBABILITY))
    return Onsets(frames[kept], pitches[kept], probabilities[kept])


def _apart(frames: Integers, pitches: Integers, probabilities: Floats, likely: Integers) -> Integers:
    taken: dict[int, list[int]] = {}
    kept = []
    for index in likely[np.argsort(-probabilities[likely], kind="stable")].tolist():
        others = taken.setdefault(int(pitches[index]), [])
        if all(abs(int(frames[index]) - other) > MIN_REPEAT_FRAMES for other in others):
            others.append(int(frames[index]))
            kept.append(index)
    return np.array(sorted(kept), dtype=np.int64)


def write_down(evidence: Evidence, onsets: Onsets, network: Network, cancelled: threading.Event) -> Iterator[HeardNote]:
    """Find where each note ends, and how loud it is; yields the notes by their onsets."""
    velocities = _velocities(evidence, onsets)
    limits = [_limit(evidence, *place) for place in zip(onsets.frames, onsets.pitches, _next(onsets), strict=True)]
    for index, (frame, pitch, limit) in enumerate(zip(onsets.frames, onsets.pitches, limits, strict=True)):
        stop_if(cancelled)
        end = _end(evidence, network, int(frame), int(pitch), limit)
        onset_s = max(0.0, frame / FRAMES_PER_S - LATENESS_S)
        yield HeardNote(
            onset_s,
            max(end / FRAMES_PER_S - LATENESS_S, onset_s + 0.03),
            int(pitch) + LOWEST_PITCH,
            int(velocities[index]),
            float(onsets.probabilities[index]),
        )


def _next(onsets: Onsets) -> list[int]:
    """Tell for each note the frame at which its pitch begins again; a very large one if it does not."""
    following: dict[int, int] = {}
    found = []
    for frame, pitch in zip(onsets.frames[::-1].tolist(), onsets.pitches[::-1].tolist(), strict=True):
        found.append(following.get(pitch, 1 << 40))
        following[pitch] = frame
    return found[::-1]


def _limit(evidence: Evidence, frame: int, pitch: int, following: int) -> int:
    """Tell the last frame at which a note may end: before its next onset, or soon after it is gone for good."""
    last = min(following, evidence.n_frames - 1, frame + MAX_NOTE_FRAMES)
    sounding = evidence.heard.notes[frame : last + 1, pitch]
    if len(sounding) < GONE_FRAMES + FIRST_END_FRAMES:
        return last
    ahead = np.lib.stride_tricks.sliding_window_view(sounding, GONE_FRAMES).max(axis=-1)
    gone = np.flatnonzero(ahead < GONE)
    return min(last, frame + int(gone[0]) + AFTER_FRAMES) if len(gone) else last


def _end(evidence: Evidence, network: Network, frame: int, pitch: int, limit: int) -> int:
    """Choose the end that makes what the network says of all frames likeliest: it sounds before, and not after."""
    frames = np.arange(frame + FIRST_END_FRAMES, limit + 1, END_STEP)
    if not len(frames):
        return limit + 1
    sounds = np.clip(network.probabilities(evidence.end_features(frame, pitch, frames)), 1 - SURE, SURE)
    costs_before = np.concatenate(([0.0], np.cumsum(-np.log(sounds))))
    costs_after = np.concatenate((np.cumsum(-np.log(1 - sounds)[::-1])[::-1], [0.0]))
    return min(int(frames[0] + END_STEP * np.argmin(costs_before + costs_after)), limit)


def _velocities(evidence: Evidence, onsets: Onsets) -> Integers:
    """Map how loud each note becomes onto velocities, from the quietest notes to the loudest."""
    if not len(onsets.frames):
        return np.zeros(0, np.int64)
    rows = np.minimum(onsets.frames[:, None] + np.arange(9), evidence.n_frames - 1)
    loudness = evidence.levels[rows, onsets.pitches[:, None]].max(axis=1)
    low, high = np.quantile(loudness, [0.05, 0.95])
    share = (loudness - low) / max(float(high - low), 0.15)
    return np.asarray(np.clip(QUIETEST + share * (LOUDEST - QUIETEST), 24, 120), dtype=np.int64)
