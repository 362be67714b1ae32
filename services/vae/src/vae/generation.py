"""Pieces without parents: decoded from given latents, or sampled from the prior."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from score import grid as grids
from score import windows as score_windows
from score.arrays import F32, I8, I16, Bool
from score.chords import BEATS_PER_WINDOW, window_triads
from score.grid import Grid, GridKey
from score.keys import tonic_of_signature
from score.roles import Role

from vae.conditioning.logit_bias import chord_tone_bias, pitch_class_bias
from vae.models.batching import DecodeRequest
from vae.models.model_registry import ModelRegistry
from vae.models.sampling import SamplingParams
from vae.models.specs import ROLE_SPECS
from vae.pieces.window_events import silent_windows

_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
_LEADING_NOTE = 11


@dataclass(frozen=True)
class LatentSequence:
    """The latents of one role.

    Attributes
    ----------
    latents : ndarray, shape (n_windows, latent_size), float32
    is_sounding : ndarray, shape (n_windows,), bool
        The other windows are silent, whatever their latents.
    """

    latents: F32
    is_sounding: Bool


@dataclass(frozen=True)
class PieceSettings:
    """What latents do not contain.

    Attributes
    ----------
    meter : str
        ``"4/4"``, ``"3/4"`` or ``"6/8"``.
    tempo_bpm : float
        Quarter notes per minute.
    key : tuple of (fifths, is_minor) or None
        The key signature.
    """

    meter: str
    tempo_bpm: float
    key: tuple[int, bool] | None


def decode_piece(
    registry: ModelRegistry,
    sequences: Mapping[Role, LatentSequence],
    settings: PieceSettings,
    temperature: float,
    seed: int,
) -> Grid:
    """Decode latents without any masks; lead and bass are conditioned on the decoded harmony's chords.

    Parameters
    ----------
    registry : ModelRegistry
    sequences : mapping of Role to LatentSequence
    settings : PieceSettings
    temperature : float
        0 takes the likeliest tokens.
    seed : int
    """
    n_steps = score_windows.steps_per_window(settings.meter)
    decoded: dict[Role, I16] = {}
    for role in _harmony_first(sequences):
        sampling = SamplingParams(ROLE_SPECS[role], seed, temperature)
        latents = sequences[role].latents
        decoded[role] = _decode(registry, role, latents, _chords(decoded, len(latents)), n_steps, sampling)
    for role, windows in decoded.items():
        is_silent = ~sequences[role].is_sounding
        windows[is_silent] = silent_windows(role, int(is_silent.sum()), n_steps)
    return _join(decoded, settings)


def sample_piece(
    registry: ModelRegistry,
    roles: Sequence[Role],
    n_windows: int,
    settings: PieceSettings,
    temperature: float,
    seed: int,
) -> Grid:
    """Sample windows from the prior, within the key if there is one; lead and bass fit the harmony's chords.

    Parameters
    ----------
    registry : ModelRegistry
    roles : sequence of Role
    n_windows : int
    settings : PieceSettings
    temperature : float
        0 takes the likeliest tokens.
    seed : int
    """
    n_steps = score_windows.steps_per_window(settings.meter)
    scale = key_pitch_classes(*settings.key) if settings.key else np.zeros(12, bool)
    allowed = np.tile(scale, (n_windows, 1))
    decoded: dict[Role, I16] = {}
    for role in _harmony_first(roles):
        bias = None
        if role is not Role.DRUMS:
            bias = pitch_class_bias(allowed, n_steps)
            if Role.HARMONY in decoded:
                bias += chord_tone_bias(decoded[Role.HARMONY], np.ones(n_windows, np.float32))
        rng = np.random.default_rng([seed, *role.value.encode()])
        latents = rng.standard_normal((n_windows, registry.latent_size(role, n_steps))).astype(np.float32)
        sampling = SamplingParams(ROLE_SPECS[role], seed, temperature, bias)
        decoded[role] = _decode(registry, role, latents, _chords(decoded, n_windows), n_steps, sampling)
    return _join(decoded, settings)


def _harmony_first(roles: Iterable[Role]) -> list[Role]:
    return sorted(roles, key=lambda role: role is not Role.HARMONY)


def _decode(
    registry: ModelRegistry, role: Role, latents: F32, chords: I8, n_steps: int, sampling: SamplingParams
) -> I16:
    request = DecodeRequest.of_single_latents(latents, chords, sampling)
    return registry.decode(role, [request], n_steps)[0]


def _chords(decoded: Mapping[Role, I16], n_windows: int) -> I8:
    """Return the chords of the decoded harmony; none if there is no harmony of this length."""
    harmony = decoded.get(Role.HARMONY)
    if harmony is None or len(harmony) != n_windows:
        return np.zeros((n_windows, BEATS_PER_WINDOW), np.int8)
    return window_triads(harmony)


def key_pitch_classes(fifths: int, is_minor: bool) -> Bool:
    """Return which pitch classes a key signature has, with the leading note of a minor key: shape (12,)."""
    major_tonic = tonic_of_signature(fifths, is_minor=False)
    classes = np.zeros(12, bool)
    classes[[(major_tonic + interval) % 12 for interval in _MAJOR_SCALE]] = True
    if is_minor:
        classes[(tonic_of_signature(fifths, is_minor=True) + _LEADING_NOTE) % 12] = True
    return classes


def _join(windows: Mapping[Role, I16], settings: PieceSettings) -> Grid:
    grid = grids.from_events(settings.meter, score_windows.join(windows), bpm=settings.tempo_bpm)
    return replace(grid, keys=() if settings.key is None else (GridKey(0, *settings.key),))
