"""Which of a piece's tracks sound: those that a caller names, and those that play the roles named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from score.model import Score
from score.roles import ROLES, Role, assign
from servicekit.faults import InvalidInput

Overrides = Mapping[int, Role | None]
"""Roles that a person gave to tracks, None to leave one out."""


@dataclass(frozen=True, slots=True)
class Stem:
    """Some of a piece's tracks; all of them where neither roles nor tracks are named.

    Attributes
    ----------
    roles : frozenset of Role
        Roles that sound.
    tracks : frozenset of int
        Indices of tracks that sound.
    overrides : mapping
        Roles that a person gave to tracks.
    """

    roles: frozenset[Role] = frozenset()
    tracks: frozenset[int] = frozenset()
    overrides: Overrides = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether all tracks sound."""
        return not self.roles and not self.tracks


def role_tracks(score: Score, overrides: Overrides) -> dict[Role, tuple[int, ...]]:
    """Give the tracks that play each role, for the roles that the piece has.

    Raises
    ------
    InvalidInput
        If an override names a track that is not there.
    """
    guesses = assign(score, overrides)
    found = {role: tuple(guess.track for guess in guesses if guess.role is role) for role in ROLES}
    return {role: tracks for role, tracks in found.items() if tracks}


def audible_tracks(score: Score, stem: Stem) -> frozenset[int]:
    """Give the tracks of a stem.

    Raises
    ------
    InvalidInput
        If the piece lacks a track or a role that is named.
    """
    everything = frozenset(range(len(score.tracks)))
    if unknown := sorted(stem.tracks - everything):
        message = f"There is no track {unknown[0]}: the piece has tracks 0 to {len(score.tracks) - 1}."
        raise InvalidInput(message, field="stem.tracks", value=unknown[0], limit=len(score.tracks) - 1)
    if stem.is_whole:
        return everything
    by_role = role_tracks(score, stem.overrides) if stem.roles else {}
    if absent := sorted(stem.roles - set(by_role)):
        raise InvalidInput(
            f"No track plays {absent[0].value}; the piece has {', '.join(by_role) or 'no roles'}.",
            field="stem.roles",
            value=absent[0].value,
        )
    return stem.tracks.union(*(by_role[role] for role in stem.roles))
