"""Latents to a piece without parents: what `Decode` and `Sample` do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from score import chords, windows
from score import grid as grids
from score.encoding import HOLD, OFF
from score.grid import Grid, GridKey
from score.roles import Role

from vae.conditioning import logit_bias
from vae.models.model_registry import Bank
from vae.models.sampling import Draw
from vae.models.specs import BEATS, ROLE_SPECS
from vae.pieces.piece import Chords, Events, Flags, Floats

_MAJOR_STEPS = (0, 2, 4, 5, 7, 9, 11)


@dataclass(frozen=True)
class Latents:
    """The latents of one role and which of its windows sound.

    Attributes
    ----------
    z : ndarray, shape (n_windows, latent size), float32
    sounding : ndarray, shape (n_windows,), bool
    """

    z: Floats
    sounding: Flags


@dataclass(frozen=True)
class Setting:
    """Meter of the grid, quarters a minute, and key signature as (fifths, is_minor)."""

    meter: str
    tempo_bpm: float
    key: tuple[int, bool] | None


def decode(bank: Bank, latents: Mapping[Role, Latents], setting: Setting, temperature: float, seed: int) -> Grid:
    """Decode latents as they are."""
    steps = windows.steps_per_window(setting.meter)
    cuts: dict[Role, Events] = {}
    for role in _harmony_first(latents):
        of, draw = latents[role], Draw(ROLE_SPECS[role.value], seed, temperature)
        cuts[role] = bank.decode(role, of.z, _chords(cuts, len(of.z)), steps, draw)
    return _grid({role: _silenced(role, cut, latents[role].sounding) for role, cut in cuts.items()}, setting)


def sample(bank: Bank, roles: Sequence[Role], count: int, setting: Setting, temperature: float, seed: int) -> Grid:
    """Draw windows from the prior, in the key if one is set, lead and bass fitted to the chords."""
    steps = windows.steps_per_window(setting.meter)
    allowed = np.tile(scale(*setting.key) if setting.key else np.zeros(12, bool), (count, 1))
    cuts: dict[Role, Events] = {}
    for role in _harmony_first(roles):
        bias = None
        if role is not Role.DRUMS:
            bias = logit_bias.scale_bias(allowed, steps)
            if Role.HARMONY in cuts:
                bias += logit_bias.chord_bias(cuts[Role.HARMONY], np.ones(count, np.float32))
        size = bank.latent_size(role, steps)
        z = np.random.default_rng([seed, *role.value.encode()]).standard_normal((count, size))
        draw = Draw(ROLE_SPECS[role.value], seed, temperature, bias)
        cuts[role] = bank.decode(role, z.astype(np.float32), _chords(cuts, count), steps, draw)
    return _grid(cuts, setting)


def _harmony_first(roles: Iterable[Role]) -> list[Role]:
    return sorted(roles, key=lambda role: role is not Role.HARMONY)


def _chords(cuts: Mapping[Role, Events], count: int) -> Chords:
    """Name the chords of the harmony that has been decoded; none if there is none, or not of as many windows."""
    harmony = cuts.get(Role.HARMONY)
    if harmony is None or len(harmony) != count:
        return np.zeros((count, BEATS), np.int8)
    return chords.window_triads(harmony)


def scale(fifths: int, is_minor: bool) -> npt.NDArray[np.bool_]:
    """Tell which pitch classes a key signature has, with the leading note of a minor key: shape (12,)."""
    major_tonic = fifths * 7 % 12
    found = np.zeros(12, bool)
    found[[(major_tonic + step) % 12 for step in _MAJOR_STEPS]] = True
    if is_minor:
        found[(major_tonic + 8) % 12] = True
    return found


def _silenced(role: Role, cut: Events, sounding: Flags) -> Events:
    silent = cut.copy()
    silent[~sounding] = HOLD
    if role is not Role.DRUMS:
        silent[~sounding, 0] = OFF
    return silent


def _grid(cuts: Mapping[Role, Events], setting: Setting) -> Grid:
    joined = grids.from_events(setting.meter, windows.join(cuts), bpm=setting.tempo_bpm)
    return replace(joined, keys=() if setting.key is None else (GridKey(0, *setting.key),))
