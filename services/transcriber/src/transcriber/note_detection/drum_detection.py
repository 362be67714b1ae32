"""Detection of drum strokes: candidates where the level of a band rises, and a network that names their drums."""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from score.arrays import F32, F64, I64
from score.encoding import DRUM_CLASSES

from transcriber.audio.band_spectrum import N_BANDS, BandSpectrum
from transcriber.cancellation import raise_if_cancelled
from transcriber.constants import FRAMES_PER_S
from transcriber.dense_network import DenseNetwork

FRAMES_BEFORE, FRAMES_AFTER = 5, 13
"""Frames around a candidate in its features: 58 ms before to 140 ms after."""
N_GROUPS = 8
"""Groups of neighboring bands in which rises are searched."""
RISE_FRAMES = 2
PEAK_FRAMES = 5
MIN_RISE = 0.03
"""A rise of the mean level of a group, 2.4 dB in two frames."""
MAX_CANDIDATES_PER_S = 40
MIN_REPEAT_FRAMES = 4
"""Two strokes of one drum are more than this apart, 46 ms."""
MIN_PROBABILITY = 0.3
"""Threshold of a stroke's probability: the one with the highest F1 on the validation pieces."""
CLEAR_PROBABILITY = 0.8
MIN_CLEAR_STROKES, MIN_CLEAR_SHARE = 6, 0.15
"""A recording has drums if it has this many clear strokes, and they are at least this share of all."""

BLOCK_CANDIDATES = 4096
SOFT_VELOCITY, LOUD_VELOCITY = 30, 120


class DrumStroke(NamedTuple):
    """A stroke: onset in seconds, General MIDI pitch and velocity, and its probability, 0 to 1."""

    onset_s: float
    pitch: int
    velocity: int
    probability: float


def detect_drums(bands: BandSpectrum, network: DenseNetwork, cancelled: threading.Event) -> list[DrumStroke]:
    """Detect the drum strokes of a recording; none if it has no drums.

    Parameters
    ----------
    bands : BandSpectrum
    network : DenseNetwork
        Gives the probability of each class in `score.encoding.DRUM_CLASSES`.
    cancelled : threading.Event
        Stops the work when it is set.
    """
    features = DrumFeatures(bands)
    frames = features.find_candidates()
    blocks: list[F32] = [np.zeros((0, len(DRUM_CLASSES)), np.float32)]
    for start in range(0, len(frames), BLOCK_CANDIDATES):
        raise_if_cancelled(cancelled)
        blocks.append(network.class_probabilities(features.features(frames[start : start + BLOCK_CANDIDATES])))
    strokes = choose_strokes(frames, np.concatenate(blocks), features.loudness(frames))
    return strokes if has_drums(strokes) else []


def has_drums(strokes: list[DrumStroke]) -> bool:
    """Return whether enough strokes are clear; a few doubtful ones are attacks of pitched instruments."""
    n_clear = sum(stroke.probability >= CLEAR_PROBABILITY for stroke in strokes)
    return n_clear >= max(MIN_CLEAR_STROKES, MIN_CLEAR_SHARE * len(strokes))


def choose_strokes(frames: I64, probabilities: F32, loudness: F32) -> list[DrumStroke]:
    """Choose the probable strokes, of those of one class that are too close the most probable one.

    Parameters
    ----------
    frames : ndarray, shape (n,), int64
        Rising.
    probabilities : ndarray, shape (n, classes), float32
    loudness : ndarray, shape (n,), float32
        0 to 1.
    """
    strokes = []
    for drum, pitches in enumerate(DRUM_CLASSES):
        column = probabilities[:, drum]
        chosen: list[int] = []
        for index in np.flatnonzero(column >= MIN_PROBABILITY)[np.argsort(-column[column >= MIN_PROBABILITY])]:
            if all(abs(frames[index] - frames[other]) > MIN_REPEAT_FRAMES for other in chosen):
                chosen.append(int(index))
        for index in chosen:
            onset_s = float(frames[index]) / FRAMES_PER_S
            velocity = round(SOFT_VELOCITY + (LOUD_VELOCITY - SOFT_VELOCITY) * float(loudness[index]))
            strokes.append(DrumStroke(onset_s, pitches[0], velocity, float(column[index])))
    return sorted(strokes)


class DrumFeatures:
    """Candidates and features of one recording."""

    def __init__(self, bands: BandSpectrum) -> None:
        self.n_frames = len(bands.levels)
        before, after = FRAMES_BEFORE, FRAMES_AFTER
        self._levels = np.pad(bands.levels, ((before, after), (0, 0)), mode="edge")
        self._flatness = np.pad(bands.flatness, ((before, after), (0, 0)), mode="edge")
        self._typical = np.quantile(bands.levels, [0.5, 0.95], axis=0).astype(np.float32)

    def rises(self) -> F32:
        """Return how much the mean level of each group of bands rises at each frame, shape (frames, N_GROUPS)."""
        groups = self._levels.reshape(len(self._levels), N_GROUPS, -1).mean(axis=2)
        rows = np.arange(FRAMES_BEFORE, FRAMES_BEFORE + self.n_frames)
        return np.asarray(np.maximum(0, groups[rows + 1] - groups[rows - RISE_FRAMES + 1]), dtype=np.float32)

    def find_candidates(self) -> I64:
        """Find the frames at which a drum may be struck: peaks of the rise of any group, or of all together."""
        rises = self.rises()
        strengths = np.concatenate((rises, rises.mean(axis=1, keepdims=True)), axis=1)
        half = PEAK_FRAMES // 2
        highest = sliding_window_view(np.pad(strengths, ((half, half), (0, 0))), PEAK_FRAMES, axis=0).max(axis=-1)
        is_peak = (strengths >= highest) & (strengths > MIN_RISE)
        frames = np.flatnonzero(is_peak.any(axis=1))
        limit = int(MAX_CANDIDATES_PER_S * self.n_frames / FRAMES_PER_S) + 1
        if len(frames) > limit:
            strongest = np.argsort(-strengths[frames].max(axis=1), kind="stable")[:limit]
            frames = np.sort(frames[strongest])
        return np.asarray(frames, dtype=np.int64)

    def features(self, frames: I64) -> F32:
        """Compute the features of candidates: shape (n,) to (n, features)."""
        rows = frames[:, None] + np.arange(FRAMES_BEFORE + FRAMES_AFTER)
        near = self._levels[rows]
        flatness = self._flatness[frames[:, None] + FRAMES_BEFORE + np.array([-3, 0, 2, 4, 8])]
        typical = np.broadcast_to(self._typical.reshape(-1), (len(frames), 2 * N_BANDS))
        n = len(frames)
        return np.concatenate((near.reshape(n, -1), flatness.reshape(n, -1), typical), axis=1, dtype=np.float32)

    def loudness(self, frames: I64) -> F32:
        """Return the highest level of any band just after each candidate, from 0 (silence) to 1 (the loudest)."""
        rows = frames[:, None] + FRAMES_BEFORE + np.arange(4)
        highest: F64 = self._levels[rows].max(axis=(1, 2)).astype(np.float64)
        return np.asarray(np.clip((highest - 0.4) / 0.6, 0, 1), dtype=np.float32)
