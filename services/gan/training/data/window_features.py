"""Features of two-bar windows: chroma, onset density and register, from which the conditions are measured."""

from __future__ import annotations

import numpy as np
from gan.network.dims import N_WINDOW_BEATS
from score.arrays import F32, I16
from score.encoding import FIRST_PITCH_EVENT, N_DRUM_CLASSES, STEPS_PER_QUARTER, sounding_pitch

N_CHROMA_FEATURES = 12 * N_WINDOW_BEATS
"""Presence of each pitch class (or of nine drum classes) on each beat."""

N_WINDOW_FEATURES = N_CHROMA_FEATURES + N_WINDOW_BEATS + 1
"""Features of one window of one role: presence of classes, onset density of each beat, mean pitch."""

MIDDLE_PITCH, OCTAVE_SEMITONES = 60.0, 12.0
"""Mean pitches are octaves from middle C."""


def voices_first(events: I16) -> I16:
    """Move the voices of windows before their steps: (n, steps) or (n, steps, voices) to (n, voices, steps)."""
    return events[:, None, :] if events.ndim == 2 else np.moveaxis(events, 2, 1)


def beat_chroma(events: I16) -> F32:
    """Return which pitch classes sound on each beat: (n, steps[, voices]) to (n, N_WINDOW_BEATS, 12), 0 or 1."""
    pitches = sounding_pitch(voices_first(events), axis=-1)
    chroma = np.zeros((len(events), N_WINDOW_BEATS, 12), np.float32)
    window, _, step = np.nonzero(pitches)
    chroma[window, step // STEPS_PER_QUARTER, pitches[pitches > 0] % 12] = 1.0
    return chroma


def beat_drums(events: I16) -> F32:
    """Return which drum classes have an onset on each beat: (n, steps) to (n, N_WINDOW_BEATS, 9), 0 or 1."""
    onsets = (events[..., None] >> np.arange(N_DRUM_CLASSES)) & 1
    padded = np.zeros((len(events), N_WINDOW_BEATS * STEPS_PER_QUARTER, N_DRUM_CLASSES), np.float32)
    padded[:, : events.shape[1]] = onsets
    beats = padded.reshape(len(events), N_WINDOW_BEATS, STEPS_PER_QUARTER, N_DRUM_CLASSES)
    return np.asarray(beats.max(2), np.float32)


def step_onsets(events: I16, *, is_drum: bool) -> F32:
    """Return at which steps any note begins: (n, steps[, voices]) to (n, steps), 0 or 1."""
    begins = events > 0 if is_drum else events >= FIRST_PITCH_EVENT
    return np.asarray(begins if begins.ndim == 2 else begins.any(2), np.float32)


def mean_pitch(events: I16) -> F32:
    """Return the mean sounding pitch of each window, in octaves from middle C: (n,), 0 for silence."""
    pitches = sounding_pitch(voices_first(events), axis=-1).astype(np.float32)
    count = (pitches > 0).sum((1, 2))
    total = pitches.sum((1, 2)) - MIDDLE_PITCH * count
    return np.asarray(total / np.maximum(count, 1) / OCTAVE_SEMITONES, np.float32)


def window_features(events: I16, *, is_drum: bool) -> F32:
    """Measure windows of one role.

    Parameters
    ----------
    events : ndarray, shape (n, steps) or (n, steps, voices), int16
    is_drum : bool
        Whether events are bit masks of drum classes.

    Returns
    -------
    ndarray, shape (n, N_WINDOW_FEATURES), float32
        Presence of classes on each beat (12 numbers; drums use 9), share of the steps of each beat with an onset, mean
        pitch.
    """
    features = np.zeros((len(events), N_WINDOW_FEATURES), np.float32)
    presence: F32 = np.zeros((len(events), N_WINDOW_BEATS, 12), np.float32)
    if is_drum:
        presence[:, :, :N_DRUM_CLASSES] = beat_drums(events)
    else:
        presence = beat_chroma(events)
        features[:, -1] = mean_pitch(events)
    onsets = np.zeros((len(events), N_WINDOW_BEATS * STEPS_PER_QUARTER), np.float32)
    onsets[:, : events.shape[1]] = step_onsets(events, is_drum=is_drum)
    features[:, :N_CHROMA_FEATURES] = presence.reshape(len(events), -1)
    features[:, N_CHROMA_FEATURES:-1] = onsets.reshape(len(events), N_WINDOW_BEATS, STEPS_PER_QUARTER).mean(2)
    return features
