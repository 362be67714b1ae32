"""What is asked for, and what becomes of what was left open: every drawing that comes before the music itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from score.model import Notice
from score.roles import ROLES, Role
from servicekit.faults import InvalidInput, UnknownStyle, UnsupportedMeter

from gan.planning.styles import Style

SHORTEST_BARS, LONGEST_BARS = 8, 64
USUAL_BARS = (8, 16, 24, 32)
SLOWEST_BPM, FASTEST_BPM = 20.0, 400.0

VALENCE_ON_MODE = 2.5
"""Change of the log odds of minor from valence 0 to -1: minor is heard as sad (Hevner, 1935)."""

MOOD_SPREAD = 0.35
"""Standard deviation of a valence, an energy or a density that is drawn: as different as pieces of one style are."""

FREE_SPREAD, BOUND_SPREAD = 0.75, 0.25
"""Standard deviation of what else moves a piece's features, where density and mood are drawn, and where asked for: as
drawn, pieces differ as much as the style's own do."""

ENERGY_ON_TEMPO = 0.22
"""Change of the logarithm of the tempo from energy 0 to 1: a quarter faster."""


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What a caller asks for; None and empty leave it to the seed.

    ``tonic`` is a pitch class, ``is_minor`` the mode; ``valence``, ``energy`` and ``density`` run from -1 to 1.
    """

    seed: int
    style_id: str = ""
    tonic: int | None = None
    is_minor: bool | None = None
    tempo_bpm: float | None = None
    meter: str = ""
    bars: int | None = None
    valence: float | None = None
    energy: float | None = None
    density: float | None = None
    roles: tuple[Role, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResolvedRequest:
    """A wish with nothing left open: what the composer works from."""

    seed: int
    style: Style
    tonic: int
    is_minor: bool
    tempo_bpm: float
    meter: str
    bars: int
    valence: float
    energy: float
    density: float
    roles: tuple[Role, ...]
    provenance: Mapping[str, str]
    notices: tuple[Notice, ...]
    chance: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def features(self) -> tuple[float, float, float]:
        """Standard scores for `FEATURES`: energy is dense and high, joy high (Juslin and Laukka, 2004)."""
        busy = 1.6 * self.density + 0.8 * self.energy
        high = 0.6 * self.valence + 0.5 * self.energy
        lead, backing, register = (
            min(max(asked + own, -2.5), 2.5) for asked, own in zip((busy, busy, high), self.chance, strict=True)
        )
        return lead, backing, register


def resolve(wish: GenerationRequest, styles: Sequence[Style]) -> ResolvedRequest:
    """Check a wish and draw what it leaves open.

    Raises
    ------
    InvalidInput
        If a number is out of range, or the style has none of the roles asked for.
    UnknownStyle
        If no style has the id.
    UnsupportedMeter
        If the style is not played in the meter.
    """
    validate(wish)
    # One generator a question: what is asked for never changes what is drawn for the others.
    style = _style(wish, styles, _random(wish, 1))
    meter = wish.meter or str(_random(wish, 5).choice(style.meters, p=style.meter_shares))
    if meter not in style.meters:
        played = ", ".join(style.meters)
        raise UnsupportedMeter(
            f"{style.profile.name} is played in {played}, not in {meter}.", meter=meter, meters=played
        )
    roles, notices = _roles(wish, style)
    valence, energy, density = (
        _draw_mood(_random(wish, question)) if asked is None else asked
        for question, asked in ((6, wish.valence), (7, wish.energy), (8, wish.density))
    )
    return ResolvedRequest(
        seed=wish.seed,
        style=style,
        tonic=int(_random(wish, 2).integers(12)) if wish.tonic is None else wish.tonic,
        is_minor=_draw_minor(valence, style, _random(wish, 3)) if wish.is_minor is None else wish.is_minor,
        tempo_bpm=_draw_tempo(energy, style, _random(wish, 4)) if wish.tempo_bpm is None else wish.tempo_bpm,
        meter=meter,
        bars=int(_random(wish, 9).choice(USUAL_BARS)) if wish.bars is None else wish.bars,
        valence=valence,
        energy=energy,
        density=density,
        roles=roles,
        provenance=wish.provenance,
        notices=notices,
        chance=_draw_chance(wish, _random(wish, 10)),
    )


def validate(wish: GenerationRequest) -> None:
    """Refuse numbers out of range, with the range."""
    _within("bar_count", wish.bars, SHORTEST_BARS, LONGEST_BARS)
    _within("tempo_bpm", wish.tempo_bpm, SLOWEST_BPM, FASTEST_BPM)
    _within("key.tonic", wish.tonic, 0, 11)
    for name in ("valence", "energy", "density"):
        _within(name, getattr(wish, name), -1, 1)


def _within(name: str, value: float | None, low: float, high: float) -> None:
    if value is None or (math.isfinite(value) and low <= value <= high):
        return
    raise InvalidInput(f"{name} is {value:g}; it goes from {low:g} to {high:g}.", field=name)


def _random(wish: GenerationRequest, question: int) -> np.random.Generator:
    return np.random.default_rng((wish.seed, question))


def _style(wish: GenerationRequest, styles: Sequence[Style], random: np.random.Generator) -> Style:
    if not wish.style_id:
        in_meter = [style for style in styles if not wish.meter or wish.meter in style.meters]
        fitting = [style for style in in_meter if set(wish.roles) <= set(style.roles)] or in_meter
        return (fitting or styles)[int(random.integers(len(fitting or styles)))]
    for style in styles:
        if style.style_id == wish.style_id:
            return style
    known = ", ".join(style.style_id for style in styles)
    raise UnknownStyle(f"No style is called {wish.style_id[:40]!r}. There are: {known}.", style=wish.style_id[:40])


def _roles(wish: GenerationRequest, style: Style) -> tuple[tuple[Role, ...], tuple[Notice, ...]]:
    wanted = wish.roles or style.roles
    roles = tuple(role for role in ROLES if role in wanted and role in style.roles)
    if not roles:
        raise InvalidInput(f"{style.profile.name} has none of the roles asked for.", field="roles")
    lacking = [role.value for role in ROLES if role in wanted and role not in style.roles]
    message = f"{style.profile.name} has no {' and no '.join(lacking)}: the piece goes without."
    return roles, (Notice("ROLE_NOT_IN_STYLE", message),) if lacking else ()


def _draw_mood(random: np.random.Generator) -> float:
    return round(min(max(MOOD_SPREAD * float(random.standard_normal()), -1.0), 1.0), 2)


def _draw_chance(wish: GenerationRequest, random: np.random.Generator) -> tuple[float, float, float]:
    """Draw what moves each feature beside mood and density, less where these are asked for."""
    is_bound = wish.density is not None or wish.energy is not None, wish.valence is not None or wish.energy is not None
    spreads = [BOUND_SPREAD if bound else FREE_SPREAD for bound in (is_bound[0], is_bound[0], is_bound[1])]
    lead, backing, register = (spread * float(random.standard_normal()) for spread in spreads)
    return lead, backing, register


def _draw_minor(valence: float, style: Style, random: np.random.Generator) -> bool:
    share = min(max(style.minor_share, 0.05), 0.9)
    odds = math.log(share / (1 - share)) - VALENCE_ON_MODE * valence
    return bool(random.random() < 1 / (1 + math.exp(-odds)))


def _draw_tempo(energy: float, style: Style, random: np.random.Generator) -> float:
    """Draw a whole number of quarters a minute around the style's middle."""
    low, usual, high = style.tempo_bpm
    spread = max(math.log(high / low) / 2.56, 0.02)
    drawn = usual * math.exp(0.5 * spread * float(random.standard_normal()) + ENERGY_ON_TEMPO * energy)
    return float(round(min(max(drawn, SLOWEST_BPM), FASTEST_BPM)))
