"""Training examples: candidates that are notes or drums or neither, and frames in which a note sounds or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from score.arrays import F32, I64, Bool
from score.encoding import N_DRUM_CLASSES
from transcriber.audio.band_spectrum import BandSpectrum, band_spectrum
from transcriber.audio.spectrum import semitone_levels
from transcriber.constants import FRAMES_PER_S, LOWEST_PITCH
from transcriber.note_detection.basic_pitch_model import Posteriors
from transcriber.note_detection.drum_detection import DrumFeatures
from transcriber.note_detection.note_decoding import ONSET_DELAY_S
from transcriber.note_detection.note_features import NoteFeatures

TOLERANCE_S = 0.05
"""A candidate is a note if it is this near to one: mir_eval's tolerance."""
INDISTINGUISHABLE_S = 0.03
"""Notes of one pitch that begin within this cannot be distinguished."""
STROKE_TOLERANCE_S, AUDIBLE_VELOCITY = 0.04, 22
"""A candidate is a stroke if it is this near to one; softer strokes may be inaudible."""
NEGATIVE_SHARE = 0.5
"""Share of the candidates that are not notes in the training; validation uses all of them."""
FRAMES_AROUND_END, FRAMES_ELSEWHERE, MAX_FRAMES_AFTER = 8, 5, 60
"""Frames of each note that are examples: these before and after its end, and random ones before and after."""


class Examples(NamedTuple):
    """Features and labels, shapes (n, features) and (n,) or (n, classes), and whether each label is known."""

    features: F32
    labels: Bool
    is_known: Bool

    @classmethod
    def all_known(cls, features: F32, labels: Bool) -> Examples:
        """Return examples whose labels are all known."""
        return cls(features, labels, np.ones_like(labels))

    @classmethod
    def concatenate(cls, parts: list[Examples]) -> Examples:
        """Return the examples of all parts."""
        return cls(*(np.concatenate(each) for each in zip(*parts, strict=True)))


class Recording(NamedTuple):
    """A file of `training.prepare`.

    Attributes
    ----------
    features : NoteFeatures
    bands : BandSpectrum
    truth : ndarray, shape (notes, 3), float32
        Onset and end in seconds, and pitch; sorted by pitch and onset.
    strokes : ndarray, shape (strokes, 3), float32
        Onset in seconds, class and velocity of the drums.
    is_validation : bool
    """

    features: NoteFeatures
    bands: BandSpectrum
    truth: F32
    strokes: F32
    is_validation: bool


class LabelledRecording(NamedTuple):
    """The examples of a recording, and the number of its notes without a candidate."""

    onsets: Examples
    ends: Examples
    drums: Examples
    n_missed: int
    is_validation: bool


def read_recording(path: Path) -> Recording:
    """Read a file of `training.prepare`."""
    with np.load(path) as stored:
        posteriors = Posteriors(*(stored[name].astype(np.float32) / 255 for name in Posteriors._fields))
        audio = stored["audio"].astype(np.float32) / 32767
        bands = band_spectrum(audio)
        features = NoteFeatures(posteriors, semitone_levels(audio), bands)
        truth = _merge_indistinguishable(stored["truth"])
        return Recording(features, bands, truth, stored["strokes"], bool(stored["is_validation"]))


def label_recording(recording: Recording, rng: np.random.Generator) -> LabelledRecording:
    """Build the examples of a recording; `rng` chooses negatives and frames."""
    frames, pitches = recording.features.find_candidates()
    is_note, is_near, matches = match_candidates(frames, pitches, recording.truth)
    is_used = is_note | (~is_near & (recording.is_validation | (rng.random(len(frames)) < NEGATIVE_SHARE)))
    features = recording.features.onset_features(frames[is_used], pitches[is_used])
    ends = list(_end_examples(recording, frames, matches, rng))
    n_features = recording.features.end_features(0, 0, np.array([1])).shape[1]
    empty = Examples.all_known(np.zeros((0, n_features), np.float32), np.zeros(0, bool))
    return LabelledRecording(
        Examples.all_known(features, is_note[is_used]),
        Examples.concatenate([empty, *ends]),
        label_drums(recording),
        int((matches < 0).sum()),
        recording.is_validation,
    )


def label_drums(recording: Recording) -> Examples:
    """Label the candidates of drum strokes with their classes; soft strokes and near candidates remain unknown."""
    features = DrumFeatures(recording.bands)
    frames = features.find_candidates()
    labels = np.zeros((len(frames), N_DRUM_CLASSES), bool)
    is_near, is_soft = np.zeros_like(labels), np.zeros_like(labels)
    for onset_s, drum, velocity in recording.strokes:
        distances_s = np.abs(frames / FRAMES_PER_S - onset_s)
        is_near[distances_s < STROKE_TOLERANCE_S, int(drum)] = True
        if len(frames) and distances_s.min() < STROKE_TOLERANCE_S:
            labels[distances_s.argmin(), int(drum)] = True
            is_soft[distances_s.argmin(), int(drum)] |= velocity < AUDIBLE_VELOCITY
    return Examples(features.features(frames), labels, ~is_soft & (labels | ~is_near))


def match_candidates(frames: I64, pitches: I64, truth: F32) -> tuple[Bool, Bool, I64]:
    """Find the nearest candidate of each note.

    Parameters
    ----------
    frames, pitches : ndarray, shape (candidates,), int64
        Pitches from 0 to `N_PITCHES` - 1.
    truth : ndarray, shape (notes, 3), float32
        Onset and end in seconds, and MIDI pitch.

    Returns
    -------
    is_note, is_near : ndarray, shape (candidates,), bool
        Whether a candidate is the nearest to a note, and whether it is within the tolerance of one.
    matches : ndarray, shape (notes,), int64
        Index of the candidate of each note, -1 if there is none.
    """
    is_note, is_near = np.zeros(len(frames), bool), np.zeros(len(frames), bool)
    matches = np.full(len(truth), -1)
    for index, (onset_s, _, pitch) in enumerate(truth):
        own = np.flatnonzero(pitches == int(pitch) - LOWEST_PITCH)
        distances_s = np.abs(frames[own] / FRAMES_PER_S - onset_s)
        near = distances_s < TOLERANCE_S
        is_near[own[near]] = True
        if near.any():
            matches[index] = own[distances_s.argmin()]
            is_note[matches[index]] = True
    return is_note, is_near, matches


def _end_examples(
    recording: Recording, frames: I64, matches: I64, rng: np.random.Generator
) -> Iterator[Examples]:  # fmt: skip
    """Choose frames of each matched note: around its end, and random ones before and after it."""
    features, truth = recording.features, recording.truth
    for index in np.flatnonzero(matches >= 0):
        onset_s, end_s, pitch = truth[index]
        onset, end = int(frames[matches[index]]), round((end_s + ONSET_DELAY_S) * FRAMES_PER_S)
        later_s = truth[(truth[:, 2] == pitch) & (truth[:, 0] > onset_s + INDISTINGUISHABLE_S), 0]
        next_onset = int(later_s.min() * FRAMES_PER_S) if len(later_s) else features.n_frames
        last = min(max(min(next_onset, end + MAX_FRAMES_AFTER), onset + 4), features.n_frames - 1)
        around = np.arange(end - FRAMES_AROUND_END, end + FRAMES_AROUND_END + 1)
        before = rng.integers(onset + 2, max(end, onset + 3), FRAMES_ELSEWHERE)
        after = rng.integers(end, max(last, end) + 1, FRAMES_ELSEWHERE)
        chosen = np.unique(np.concatenate((around, before, after)))
        chosen = chosen[(chosen >= onset + 2) & (chosen <= last)]
        if len(chosen):
            yield Examples.all_known(features.end_features(onset, int(pitch) - LOWEST_PITCH, chosen), chosen < end)


def _merge_indistinguishable(truth: F32) -> F32:
    """Merge notes that cannot be distinguished; sort by pitch and onset."""
    merged: list[F32] = []
    for note in truth[np.lexsort((truth[:, 0], truth[:, 2]))].copy():
        if merged and merged[-1][2] == note[2] and note[0] - merged[-1][0] < INDISTINGUISHABLE_S:
            merged[-1][1] = max(merged[-1][1], note[1])
        else:
            merged.append(note)
    return np.array(merged, np.float32).reshape(-1, 3)
