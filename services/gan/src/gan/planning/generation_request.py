"""Generation requests: checks what the caller sets, and samples from the seed what is left open."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from score.model import Notice
from score.roles import ROLES, Role
from servicekit.faults import InvalidInput, UnknownStyle, UnsupportedMeter

from gan.planning.styles import Style

MIN_BARS, MAX_BARS = 8, 64
DEFAULT_BAR_COUNTS = (8, 16, 24, 32)
MIN_BPM, MAX_BPM = 20.0, 400.0

VALENCE_LOG_ODDS = 2.5
"""Change of the log odds of minor from valence 0 to -1: minor sounds sad (Hevner, 1935)."""

MOOD_STD = 0.35
"""Standard deviation of a sampled valence, energy or density: pieces differ as much as those of one style do."""

UNCONDITIONED_STD, CONDITIONED_STD = 0.75, 0.25
"""Standard deviation of the noise on a piece's features, where density and mood are sampled and where they are set.
With the former, sampled pieces differ as much as the style's own do."""

ENERGY_LOG_TEMPO = 0.22
"""Change of the logarithm of the tempo from energy 0 to 1: a quarter faster."""

MAX_FEATURE = 2.5
"""Largest standard score that the generator is conditioned on."""


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What a caller asks for. None and empty leave a value to the seed.

    Attributes
    ----------
    seed : int
    style_id : str
    tonic : int, optional
        Pitch class, 0 to 11.
    is_minor : bool, optional
    tempo_bpm : float, optional
        Quarters per minute, `MIN_BPM` to `MAX_BPM`.
    meter : str
    n_bars : int, optional
        `MIN_BARS` to `MAX_BARS`.
    valence, energy, density : float, optional
        -1 to 1.
    roles : tuple of Role
    provenance : mapping of str to str
        Written to the MIDI file.
    """

    seed: int
    style_id: str = ""
    tonic: int | None = None
    is_minor: bool | None = None
    tempo_bpm: float | None = None
    meter: str = ""
    n_bars: int | None = None
    valence: float | None = None
    energy: float | None = None
    density: float | None = None
    roles: tuple[Role, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResolvedRequest:
    """A request in which every value is set: the input of the composer.

    Attributes
    ----------
    notices : tuple of Notice
        What could not be met.
    feature_noise : tuple of float
        Noise on each of `gan.network.dims.FEATURES`, in standard deviations.
    """

    seed: int
    style: Style
    tonic: int
    is_minor: bool
    tempo_bpm: float
    meter: str
    n_bars: int
    valence: float
    energy: float
    density: float
    roles: tuple[Role, ...]
    provenance: Mapping[str, str]
    notices: tuple[Notice, ...]
    feature_noise: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def features(self) -> tuple[float, float, float]:
        """Standard scores of `gan.network.dims.FEATURES`.

        Energy is dense and high, joy is high (Juslin and Laukka, 2004).
        """
        dense = 1.6 * self.density + 0.8 * self.energy
        high = 0.6 * self.valence + 0.5 * self.energy
        lead, backing, register = (
            min(max(mean + noise, -MAX_FEATURE), MAX_FEATURE)
            for mean, noise in zip((dense, dense, high), self.feature_noise, strict=True)
        )
        return lead, backing, register


def resolve(request: GenerationRequest, styles: Sequence[Style]) -> ResolvedRequest:
    """Check a request and sample what it leaves open.

    Raises
    ------
    InvalidInput
        If a number is out of range, or the style has none of the roles asked for.
    UnknownStyle
        If no style has the id.
    UnsupportedMeter
        If the style is not played in the meter.
    """
    validate(request)
    # One generator for each value: what is set never changes what is sampled for the others.
    style = _find_style(request, styles, _random(request, 1))
    meter = request.meter or str(_random(request, 5).choice(style.meters, p=style.meter_shares))
    if meter not in style.meters:
        played = ", ".join(style.meters)
        raise UnsupportedMeter(
            f"{style.profile.name} is played in {played}, not in {meter}.", meter=meter, meters=played
        )
    roles, notices = _resolve_roles(request, style)
    valence, energy, density = (
        _sample_mood(_random(request, stream)) if value is None else value
        for stream, value in ((6, request.valence), (7, request.energy), (8, request.density))
    )
    tonic, is_minor, tempo_bpm, n_bars = request.tonic, request.is_minor, request.tempo_bpm, request.n_bars
    return ResolvedRequest(
        seed=request.seed,
        style=style,
        tonic=int(_random(request, 2).integers(12)) if tonic is None else tonic,
        is_minor=_sample_minor(valence, style, _random(request, 3)) if is_minor is None else is_minor,
        tempo_bpm=_sample_tempo_bpm(energy, style, _random(request, 4)) if tempo_bpm is None else tempo_bpm,
        meter=meter,
        n_bars=int(_random(request, 9).choice(DEFAULT_BAR_COUNTS)) if n_bars is None else n_bars,
        valence=valence,
        energy=energy,
        density=density,
        roles=roles,
        provenance=request.provenance,
        notices=notices,
        feature_noise=_sample_feature_noise(request, _random(request, 10)),
    )


def validate(request: GenerationRequest) -> None:
    """Raise `InvalidInput`, with the range, if a number is out of range."""
    _check_range("bar_count", request.n_bars, MIN_BARS, MAX_BARS)
    _check_range("tempo_bpm", request.tempo_bpm, MIN_BPM, MAX_BPM)
    _check_range("key.tonic", request.tonic, 0, 11)
    for name in ("valence", "energy", "density"):
        _check_range(name, getattr(request, name), -1, 1)


def _check_range(field_name: str, value: float | None, low: float, high: float) -> None:
    if value is None or (math.isfinite(value) and low <= value <= high):
        return
    raise InvalidInput(f"{field_name} is {value:g}; it must be from {low:g} to {high:g}.", field=field_name)


def _random(request: GenerationRequest, stream: int) -> np.random.Generator:
    return np.random.default_rng((request.seed, stream))


def _find_style(request: GenerationRequest, styles: Sequence[Style], random: np.random.Generator) -> Style:
    if not request.style_id:
        in_meter = [style for style in styles if not request.meter or request.meter in style.meters]
        fitting = [style for style in in_meter if set(request.roles) <= set(style.roles)] or in_meter
        return (fitting or styles)[int(random.integers(len(fitting or styles)))]
    for style in styles:
        if style.style_id == request.style_id:
            return style
    known = ", ".join(style.style_id for style in styles)
    unknown = request.style_id[:40]
    raise UnknownStyle(f"No style is called {unknown!r}. There are: {known}.", style=unknown)


def _resolve_roles(request: GenerationRequest, style: Style) -> tuple[tuple[Role, ...], tuple[Notice, ...]]:
    wanted = request.roles or style.roles
    roles = tuple(role for role in ROLES if role in wanted and role in style.roles)
    if not roles:
        raise InvalidInput(f"{style.profile.name} has none of the roles asked for.", field="roles")
    lacking = [role.value for role in ROLES if role in wanted and role not in style.roles]
    message = f"{style.profile.name} has no {' and no '.join(lacking)}, so the piece has none."
    return roles, (Notice("ROLE_NOT_IN_STYLE", message),) if lacking else ()


def _sample_mood(random: np.random.Generator) -> float:
    return round(min(max(MOOD_STD * float(random.standard_normal()), -1.0), 1.0), 2)


def _sample_feature_noise(request: GenerationRequest, random: np.random.Generator) -> tuple[float, float, float]:
    """Sample the noise on each feature, with a smaller deviation where density or mood are set."""
    is_density_set = request.density is not None or request.energy is not None
    is_register_set = request.valence is not None or request.energy is not None
    stds = [
        CONDITIONED_STD if is_set else UNCONDITIONED_STD for is_set in (is_density_set, is_density_set, is_register_set)
    ]
    lead, backing, register = (std * float(random.standard_normal()) for std in stds)
    return lead, backing, register


def _sample_minor(valence: float, style: Style, random: np.random.Generator) -> bool:
    share = min(max(style.minor_share, 0.05), 0.9)
    log_odds = math.log(share / (1 - share)) - VALENCE_LOG_ODDS * valence
    return bool(random.random() < 1 / (1 + math.exp(-log_odds)))


def _sample_tempo_bpm(energy: float, style: Style, random: np.random.Generator) -> float:
    """Sample a whole number of quarters per minute around the style's median."""
    low, median, high = style.tempo_bpm
    # The style's 10th and 90th percentile lie 2.56 standard deviations of a normal distribution apart.
    std = max(math.log(high / low) / 2.56, 0.02)
    tempo = median * math.exp(0.5 * std * float(random.standard_normal()) + ENERGY_LOG_TEMPO * energy)
    return float(round(min(max(tempo, MIN_BPM), MAX_BPM)))
