"""Chroma, onsets and register of two-bar windows, from which the generator's conditions are measured."""

from __future__ import annotations

import numpy as np
from gan.network.dims import N_WINDOW_BEATS
from score.arrays import F32, I16
from score.encoding import FIRST_PITCH_EVENT, N_DRUM_CLASSES, STEPS_PER_QUARTER, sounding_pitch

N_WINDOW_FEATURES = 12 * N_WINDOW_BEATS + N_WINDOW_BEATS + 1
"""Features of one window of one role: 12 chroma (or 9 drum classes) a beat, onsets a beat, mean pitch."""

MIDDLE_PITCH, PITCH_SPAN = 60.0, 12.0
"""A mean pitch is told to the networks as octaves from middle C."""


def voices(events: I16) -> I16:
    """Put the voices of a window before its steps: (n, steps) or (n, steps, voices) to (n, voices, steps)."""
    return events[:, None, :] if events.ndim == 2 else np.moveaxis(events, 2, 1)


def chroma_by_beat(events: I16) -> F32:
    """Mark the pitch classes that sound in each beat: (n, steps[, voices]) to (n, N_WINDOW_BEATS, 12), 0 or 1."""
    pitches = sounding_pitch(voices(events), axis=-1)
    chroma = np.zeros((len(events), N_WINDOW_BEATS, 12), np.float32)
    window, _, step = np.nonzero(pitches)
    chroma[window, step // STEPS_PER_QUARTER, pitches[pitches > 0] % 12] = 1.0
    return chroma


def drums_by_beat(events: I16) -> F32:
    """Mark the drum classes struck in each beat: (n, steps) bit masks to (n, N_WINDOW_BEATS, 9), 0 or 1."""
    struck = (events[..., None] >> np.arange(N_DRUM_CLASSES)) & 1
    padded = np.zeros((len(events), N_WINDOW_BEATS * STEPS_PER_QUARTER, N_DRUM_CLASSES), np.float32)
    padded[:, : events.shape[1]] = struck
    beats = padded.reshape(len(events), N_WINDOW_BEATS, STEPS_PER_QUARTER, N_DRUM_CLASSES)
    return np.asarray(beats.max(2), np.float32)


def onsets_by_step(events: I16, *, is_drum: bool) -> F32:
    """Mark the steps at which anything begins: (n, steps[, voices]) to (n, steps), 0 or 1."""
    begins = events > 0 if is_drum else events >= FIRST_PITCH_EVENT
    return np.asarray(begins if begins.ndim == 2 else begins.any(2), np.float32)


def mean_pitch(events: I16) -> F32:
    """Average what sounds in each window, in octaves from middle C; 0 where nothing does: shape (n,)."""
    pitches = sounding_pitch(voices(events), axis=-1).astype(np.float32)
    count = (pitches > 0).sum((1, 2))
    total = pitches.sum((1, 2)) - MIDDLE_PITCH * count
    return np.asarray(total / np.maximum(count, 1) / PITCH_SPAN, np.float32)


def window_features(events: I16, *, is_drum: bool) -> F32:
    """Say what windows of one role sound like.

    Parameters
    ----------
    events : ndarray, shape (n, steps) or (n, steps, voices), int16
    is_drum : bool
        Whether events are bit masks of drum classes.

    Returns
    -------
    ndarray, shape (n, N_WINDOW_FEATURES), float32
        Presence a beat (12 numbers; drums use 9 of them), share of each beat's steps with an onset, mean pitch.
    """
    described = np.zeros((len(events), N_WINDOW_FEATURES), np.float32)
    presence: F32 = np.zeros((len(events), N_WINDOW_BEATS, 12), np.float32)
    if is_drum:
        presence[:, :, :N_DRUM_CLASSES] = drums_by_beat(events)
    else:
        presence = chroma_by_beat(events)
        described[:, -1] = mean_pitch(events)
    onsets = np.zeros((len(events), N_WINDOW_BEATS * STEPS_PER_QUARTER), np.float32)
    onsets[:, : events.shape[1]] = onsets_by_step(events, is_drum=is_drum)
    described[:, : 12 * N_WINDOW_BEATS] = presence.reshape(len(events), -1)
    described[:, 12 * N_WINDOW_BEATS : -1] = onsets.reshape(len(events), N_WINDOW_BEATS, STEPS_PER_QUARTER).mean(2)
    return described
