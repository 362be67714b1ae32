"""Decoding of notes: which candidates are onsets, where each note ends, and how loud it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from score.arrays import F32, I64

from transcriber.cancellation import raise_if_cancelled
from transcriber.constants import FRAMES_PER_S, LOWEST_PITCH
from transcriber.dense_network import DenseNetwork
from transcriber.note_detection.note_features import NoteFeatures

MIN_PROBABILITY = 0.3
"""Threshold of a note's probability: the one with the highest F1 on the validation pieces."""
MIN_REPEAT_FRAMES = 5
"""Two onsets of one pitch are more than this apart, 58 ms."""
ONSET_DELAY_S = 0.006
"""Mean delay of the network's onsets in the training pieces; subtracted from all times."""

BLOCK_CANDIDATES = 4096
MAX_NOTE_FRAMES = 1000
SILENCE_POSTERIOR = 0.2
"""A note whose posterior stays below this for `SILENCE_FRAMES` has ended; `MARGIN_FRAMES` more are examined."""
SILENCE_FRAMES, MARGIN_FRAMES = 44, 30
FIRST_END_FRAMES = 3
END_STEP_FRAMES = 2
"""Ends are decided at every second frame, 23 ms, which is finer than what can be heard."""
MAX_END_PROBABILITY = 0.98

MIN_VELOCITY, MAX_VELOCITY = 24, 120
SOFT_VELOCITY, LOUD_VELOCITY = 36, 112
"""Velocities of the 5 % and 95 % quantiles of loudness."""
SOFT_QUANTILE, LOUD_QUANTILE = 0.05, 0.95
MIN_LOUDNESS_RANGE = 0.15
LOUDNESS_FRAMES = 9
MIN_NOTE_S = 0.03


class DetectedNote(NamedTuple):
    """A note: onset and end in seconds, MIDI pitch and velocity, and its probability, 0 to 1."""

    onset_s: float
    end_s: float
    pitch: int
    velocity: int
    probability: float


class NoteOnsets(NamedTuple):
    """Onsets by rising frame, each array of shape (n,); pitches from 0 to `N_PITCHES` - 1."""

    frames: I64
    pitches: I64
    probabilities: F32


def detect_onsets(features: NoteFeatures, network: DenseNetwork, cancelled: threading.Event) -> NoteOnsets:
    """Detect the onsets of notes among the candidates.

    Parameters
    ----------
    features : NoteFeatures
        The recording.
    network : DenseNetwork
        Gives the probability that a candidate is a note.
    cancelled : threading.Event
        Stops the work when it is set.
    """
    frames, pitches = features.find_candidates()
    blocks: list[F32] = [np.zeros(0, np.float32)]
    for start in range(0, len(frames), BLOCK_CANDIDATES):
        raise_if_cancelled(cancelled)
        block = slice(start, start + BLOCK_CANDIDATES)
        blocks.append(network.probabilities(features.onset_features(frames[block], pitches[block])))
    probabilities = np.concatenate(blocks)
    onsets = NoteOnsets(frames, pitches, probabilities)
    chosen = _suppress_neighbors(onsets, np.flatnonzero(probabilities >= MIN_PROBABILITY))
    return NoteOnsets(frames[chosen], pitches[chosen], probabilities[chosen])


def decode_notes(
    features: NoteFeatures, onsets: NoteOnsets, network: DenseNetwork, cancelled: threading.Event
) -> Iterator[DetectedNote]:
    """Find the end and the velocity of each note.

    Parameters
    ----------
    features : NoteFeatures
        The recording.
    onsets : NoteOnsets
        From `detect_onsets`.
    network : DenseNetwork
        Gives the probability that a note still sounds in a frame.
    cancelled : threading.Event
        Stops the work when it is set.

    Yields
    ------
    DetectedNote
        By rising onset.
    """
    velocities = _velocities(features, onsets)
    limits = [
        _last_end_frame(features, *place)
        for place in zip(onsets.frames, onsets.pitches, _next_onsets(onsets), strict=True)
    ]
    for index, (frame, pitch, limit) in enumerate(zip(onsets.frames, onsets.pitches, limits, strict=True)):
        raise_if_cancelled(cancelled)
        end = _find_end(features, network, int(frame), int(pitch), limit)
        onset_s = max(0.0, frame / FRAMES_PER_S - ONSET_DELAY_S)
        yield DetectedNote(
            onset_s,
            max(end / FRAMES_PER_S - ONSET_DELAY_S, onset_s + MIN_NOTE_S),
            int(pitch) + LOWEST_PITCH,
            int(velocities[index]),
            float(onsets.probabilities[index]),
        )


def _suppress_neighbors(onsets: NoteOnsets, candidates: I64) -> I64:
    """Return the most probable of those candidates of one pitch that are too close to each other."""
    frames_by_pitch: dict[int, list[int]] = {}
    chosen = []
    for index in candidates[np.argsort(-onsets.probabilities[candidates], kind="stable")].tolist():
        frame = int(onsets.frames[index])
        others = frames_by_pitch.setdefault(int(onsets.pitches[index]), [])
        if all(abs(frame - other) > MIN_REPEAT_FRAMES for other in others):
            others.append(frame)
            chosen.append(index)
    return np.array(sorted(chosen), dtype=np.int64)


def _next_onsets(onsets: NoteOnsets) -> list[int]:
    """Return for each note the frame of the next onset of its pitch; a very large one if there is none."""
    next_by_pitch: dict[int, int] = {}
    frames = []
    for frame, pitch in zip(onsets.frames[::-1].tolist(), onsets.pitches[::-1].tolist(), strict=True):
        frames.append(next_by_pitch.get(pitch, 1 << 40))
        next_by_pitch[pitch] = frame
    return frames[::-1]


def _last_end_frame(features: NoteFeatures, frame: int, pitch: int, next_onset: int) -> int:
    """Return the last frame in which a note may end: before its next onset, or soon after it has become silent."""
    last = min(next_onset, features.n_frames - 1, frame + MAX_NOTE_FRAMES)
    posteriors = features.posteriors.notes[frame : last + 1, pitch]
    if len(posteriors) < SILENCE_FRAMES + FIRST_END_FRAMES:
        return last
    highest_ahead = np.lib.stride_tricks.sliding_window_view(posteriors, SILENCE_FRAMES).max(axis=-1)
    silent = np.flatnonzero(highest_ahead < SILENCE_POSTERIOR)
    return min(last, frame + int(silent[0]) + MARGIN_FRAMES) if len(silent) else last


def _find_end(features: NoteFeatures, network: DenseNetwork, frame: int, pitch: int, limit: int) -> int:
    """Find the end with the highest likelihood: the note sounds in all frames before it and in none after it."""
    frames = np.arange(frame + FIRST_END_FRAMES, limit + 1, END_STEP_FRAMES)
    if not len(frames):
        return limit + 1
    probabilities = network.probabilities(features.end_features(frame, pitch, frames))
    sounds = np.clip(probabilities, 1 - MAX_END_PROBABILITY, MAX_END_PROBABILITY)
    costs_before = np.concatenate(([0.0], np.cumsum(-np.log(sounds))))
    costs_after = np.concatenate((np.cumsum(-np.log(1 - sounds)[::-1])[::-1], [0.0]))
    return min(int(frames[0] + END_STEP_FRAMES * np.argmin(costs_before + costs_after)), limit)


def _velocities(features: NoteFeatures, onsets: NoteOnsets) -> I64:
    """Map the loudness of the notes to velocities, linearly between two quantiles."""
    if not len(onsets.frames):
        return np.zeros(0, np.int64)
    rows = np.minimum(onsets.frames[:, None] + np.arange(LOUDNESS_FRAMES), features.n_frames - 1)
    loudness = features.levels[rows, onsets.pitches[:, None]].max(axis=1)
    low, high = np.quantile(loudness, [SOFT_QUANTILE, LOUD_QUANTILE])
    share = (loudness - low) / max(float(high - low), MIN_LOUDNESS_RANGE)
    velocities = SOFT_VELOCITY + share * (LOUD_VELOCITY - SOFT_VELOCITY)
    return np.asarray(np.clip(velocities, MIN_VELOCITY, MAX_VELOCITY), dtype=np.int64)
