"""From what was heard and what was played to examples: candidates that are notes or not, frames that sound or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from transcriber.audio.spectrum import semitone_levels
from transcriber.constants import FRAMES_PER_S, LOWEST_PITCH, Floats, Integers
from transcriber.note_detection.basic_pitch_model import Posteriors
from transcriber.note_detection.note_decoding import LATENESS_S
from transcriber.note_detection.note_features import Evidence

NEAR_S = 0.05
"""A candidate is a note if it is this near to one: mir_eval's tolerance."""
SAME_S = 0.03
"""Notes of one pitch that begin within this cannot be heard apart."""
KEPT_NEGATIVES = 0.5
"""The share of the candidates that are no notes that is trained on; all are validated on."""
AROUND_END, ELSEWHERE, LONGEST_AFTER = 8, 5, 60
"""Frames of each note that are examples: these before and after its end, and so many at random before and after."""


class Examples(NamedTuple):
    """Features with their labels, shapes (n, features) and (n,)."""

    features: Floats
    labels: NDArray[np.bool_]

    @classmethod
    def joined(cls, parts: list[Examples]) -> Examples:
        """Put examples in one row."""
        return cls(*(np.concatenate(each) for each in zip(*parts, strict=True)))


class Recording(NamedTuple):
    """One file of `training.prepare`: the evidence, notes of shape (n, 3) (onset, end, pitch), by pitch and onset."""

    evidence: Evidence
    truth: Floats
    is_validation: bool


class Labelled(NamedTuple):
    """A recording's examples, and how many of its notes no candidate stands for."""

    onsets: Examples
    ends: Examples
    n_missed: int
    is_validation: bool


def read(path: Path) -> Recording:
    """Read a file of `training.prepare`."""
    with np.load(path) as kept:
        heard = Posteriors(*(kept[name].astype(np.float32) / 255 for name in Posteriors._fields))
        audio = kept["audio"].astype(np.float32) / 32767
        return Recording(Evidence(heard, semitone_levels(audio)), _apart(kept["truth"]), bool(kept["is_validation"]))


def label(recording: Recording, rng: np.random.Generator) -> Labelled:
    """Make a recording's examples."""
    frames, pitches = recording.evidence.candidates()
    is_note, is_near, matches = match(frames, pitches, recording.truth)
    kept = is_note | (~is_near & (recording.is_validation | (rng.random(len(frames)) < KEPT_NEGATIVES)))
    features = recording.evidence.onset_features(frames[kept], pitches[kept])
    ends = list(_ends(recording, frames, matches, rng))
    n_features = recording.evidence.end_features(0, 0, np.array([1])).shape[1]
    nothing = Examples(np.zeros((0, n_features), np.float32), np.zeros(0, bool))
    n_missed = int((matches < 0).sum())
    return Labelled(
        Examples(features, is_note[kept]), Examples.joined([nothing, *ends]), n_missed, recording.is_validation
    )


def match(
    frames: Integers, pitches: Integers, truth: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Integers]:  # fmt: skip
    """Find the candidate nearest to each note.

    Returns
    -------
    is_note, is_near : ndarray, shape (candidates,), bool
        The nearest to a note; near to one, whether the nearest or not.
    matches : ndarray, shape (notes,), int64
        The candidate of each note, -1 where there is none.
    """
    is_note, is_near = np.zeros(len(frames), bool), np.zeros(len(frames), bool)
    matches = np.full(len(truth), -1)
    for index, (onset_s, _, pitch) in enumerate(truth):
        own = np.flatnonzero(pitches == int(pitch) - LOWEST_PITCH)
        off_s = np.abs(frames[own] / FRAMES_PER_S - onset_s)
        near = off_s < NEAR_S
        is_near[own[near]] = True
        if near.any():
            matches[index] = own[off_s.argmin()]
            is_note[matches[index]] = True
    return is_note, is_near, matches


def _ends(
    recording: Recording, frames: Integers, matches: Integers, rng: np.random.Generator
) -> Iterator[Examples]:  # fmt: skip
    """Choose frames of each note that was found: about its end, and elsewhere."""
    evidence, truth = recording.evidence, recording.truth
    for index in np.flatnonzero(matches >= 0):
        onset_s, end_s, pitch = truth[index]
        onset, end = int(frames[matches[index]]), round((end_s + LATENESS_S) * FRAMES_PER_S)
        again = truth[(truth[:, 2] == pitch) & (truth[:, 0] > onset_s + SAME_S), 0]
        following = int(again.min() * FRAMES_PER_S) if len(again) else evidence.n_frames
        last = min(max(min(following, end + LONGEST_AFTER), onset + 4), evidence.n_frames - 1)
        around = np.arange(end - AROUND_END, end + AROUND_END + 1)
        before = rng.integers(onset + 2, max(end, onset + 3), ELSEWHERE)
        after = rng.integers(end, max(last, end) + 1, ELSEWHERE)
        chosen = np.unique(np.concatenate((around, before, after)))
        chosen = chosen[(chosen >= onset + 2) & (chosen <= last)]
        if len(chosen):
            yield Examples(evidence.end_features(onset, int(pitch) - LOWEST_PITCH, chosen), chosen < end)


def _apart(truth: Floats) -> Floats:
    """Make one note of those that cannot be heard apart."""
    kept: list[Floats] = []
    for note in truth[np.lexsort((truth[:, 0], truth[:, 2]))].copy():
        if kept and kept[-1][2] == note[2] and note[0] - kept[-1][0] < SAME_S:
            kept[-1][1] = max(kept[-1][1], note[1])
        else:
            kept.append(note)
    return np.array(kept, np.float32).reshape(-1, 3)
