"""Styles: how each is presented and orchestrated, and the statistics of its music."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from score.roles import ROLES, Role


@dataclass(frozen=True, slots=True)
class StyleProfile:
    """How a style is presented and orchestrated.

    Attributes
    ----------
    name, description : str
        Shown to people.
    programs : tuple of int
        General MIDI programs from 0, in the order of `PITCHED_ROLES`.
    """

    name: str
    description: str
    programs: tuple[int, int, int]


STYLE_PROFILES: Mapping[str, StyleProfile] = {
    "country": StyleProfile(
        "Country", "A fiddler's tune on the harmonica, boom-chick bass and train beat.", (22, 25, 33)
    ),
    "folk-rock": StyleProfile("Folk rock", "A reel on the fiddle over strummed guitar and a rock band.", (40, 25, 33)),
    "funk": StyleProfile("Funk", "Syncopated bass and clipped guitar chords under a saxophone.", (66, 27, 33)),
    "hip-hop": StyleProfile("Hip-hop", "Slow, heavy beats, held electric piano chords, a synthetic lead.", (81, 4, 33)),
    "jazz": StyleProfile("Jazz", "Fast swing: walking bass, piano stabs and a soprano saxophone.", (64, 0, 32)),
    "jig-rock": StyleProfile("Jig rock", "A jig in 6/8 on the fiddle with a rock rhythm section.", (40, 25, 33)),
    "latin": StyleProfile("Latin", "Flute over nylon guitar and a bass that leans into the beat.", (73, 24, 33)),
    "march": StyleProfile("March", "A brass band on parade, snare drum in front.", (56, 57, 58)),
    "reggae": StyleProfile("Reggae", "Off-beat organ, deep bass and a relaxed saxophone.", (65, 16, 33)),
    "waltz": StyleProfile("Waltz", "Bass on one, chords on two and three, and an accordion's tune.", (21, 0, 32)),
    "pop": StyleProfile(
        "Pop ballad", "A singer's line, here on the flute, over piano and bass. No drums.", (73, 0, 33)
    ),
    "game": StyleProfile(
        "Video game", "Driving synthesizer and guitar riffs in the way of early shooters.", (81, 30, 34)
    ),
    "chorale": StyleProfile(
        "Chorale", "Four-part hymn singing in the manner of the 18th century. No drums.", (52, 52, 52)
    ),
    "string-quartet": StyleProfile("String quartet", "Two violins, viola and cello. No drums.", (40, 48, 42)),
    "art-song": StyleProfile("Art song", "A melody with romantic piano beneath it. No drums.", (71, 0, 0)),
    "classical-piano": StyleProfile("Classical piano", "Keyboard music of the classical age. No drums.", (0, 0, 0)),
    "ragtime": StyleProfile("Ragtime", "Syncopated right hand over a striding left. No drums.", (3, 3, 3)),
}
"""By style id, in the order in which they are listed."""


@dataclass(frozen=True, slots=True)
class Style:
    """A style as the generator knows it.

    Attributes
    ----------
    style_id : str
    index : int
        Row of the networks' embedding.
    profile : StyleProfile
    meters : tuple of str
        The most frequent one first.
    meter_shares : tuple of float
        Share of its pieces in each meter; they sum to 1.
    roles : tuple of Role
        In the order of `ROLES`.
    tempo_bpm : tuple of float
        The 10th, 50th and 90th percentile of its pieces, in quarters per minute.
    minor_share : float
        Share of its pieces in minor.
    accents : mapping of Role to tuple of int
        Mean velocity at each step of a bar in the most frequent meter, 0 where no note begins.
    structures : tuple of str
        Structures of its pieces, see `gan.planning.structure`.
    spans : tuple of (int, ...)
        Semitones from the lowest to the highest note of lead, harmony and bass in passages of its pieces, see
        `gan.sampling.pitch_range`.
    """

    style_id: str
    index: int
    profile: StyleProfile
    meters: tuple[str, ...]
    meter_shares: tuple[float, ...]
    roles: tuple[Role, ...]
    tempo_bpm: tuple[float, float, float]
    minor_share: float
    accents: Mapping[Role, tuple[int, ...]]
    structures: tuple[str, ...]
    spans: tuple[tuple[int, ...], ...]

    @property
    def programs(self) -> dict[Role, int]:
        """The General MIDI program of each role."""
        return dict(zip(ROLES, (*self.profile.programs, 0), strict=True))


def parse_style(entry: Mapping[str, Any]) -> Style:
    """Return the style of one entry of a model's ``styles.json``."""
    low, median, high = entry["tempo_bpm"]
    n_pieces = sum(entry["meters"].values())
    return Style(
        style_id=entry["id"],
        index=entry["index"],
        profile=STYLE_PROFILES[entry["id"]],
        meters=tuple(entry["meters"]),
        meter_shares=tuple(count / n_pieces for count in entry["meters"].values()),
        roles=tuple(Role(role) for role in entry["roles"]),
        tempo_bpm=(low, median, high),
        minor_share=entry["minor_share"],
        accents={Role(role): tuple(values) for role, values in entry["loudness"].items()},
        structures=tuple(entry["forms"]),
        spans=tuple(tuple(spans) for spans in entry["spans"]),
    )


def parse_styles(text: str | bytes) -> tuple[Style, ...]:
    """Return the styles of a model's ``styles.json``, in the order of `STYLE_PROFILES`."""
    entries: Sequence[Mapping[str, Any]] = json.loads(text)
    order = list(STYLE_PROFILES)
    return tuple(sorted((parse_style(entry) for entry in entries), key=lambda style: order.index(style.style_id)))
