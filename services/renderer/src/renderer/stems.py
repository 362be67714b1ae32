"""Stems: the tracks of a piece that a caller selects by index or by role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from score.model import Score
from score.roles import ROLES, Role, assign
from score.sounding import keyed
from servicekit.faults import InvalidInput

Overrides = Mapping[int, Role | None]
"""Roles that a user has set, by track; None leaves the track out."""


@dataclass(frozen=True, slots=True)
class Stem:
    """A selection of a piece's tracks; the full mix if neither roles nor tracks are given.

    Attributes
    ----------
    roles : frozenset of Role
        Roles that are audible.
    tracks : frozenset of int
        Indices of tracks that are audible.
    overrides : mapping
        Roles that a user has set, by track.
    """

    roles: frozenset[Role] = frozenset()
    tracks: frozenset[int] = frozenset()
    overrides: Overrides = field(default_factory=dict)

    @property
    def is_full_mix(self) -> bool:
        """Whether all tracks are audible."""
        return not self.roles and not self.tracks


def role_tracks(score: Score, overrides: Overrides) -> dict[Role, tuple[int, ...]]:
    """Return the tracks of each role that the piece has.

    Raises
    ------
    InvalidInput
        If an override names a track that does not exist.
    """
    guesses = assign(keyed(score), overrides)
    found = {role: tuple(guess.track for guess in guesses if guess.role is role) for role in ROLES}
    return {role: tracks for role, tracks in found.items() if tracks}


def audible_tracks(score: Score, stem: Stem) -> frozenset[int]:
    """Return the indices of a stem's tracks.

    Raises
    ------
    InvalidInput
        If the piece has no track, or no role, that the stem names.
    """
    all_tracks = frozenset(range(len(score.tracks)))
    if unknown := sorted(stem.tracks - all_tracks):
        message = f"There is no track {unknown[0]}: the piece has tracks 0 to {len(score.tracks) - 1}."
        raise InvalidInput(message, field="stem.tracks", value=unknown[0], limit=len(score.tracks) - 1)
    if stem.is_full_mix:
        return all_tracks
    by_role = role_tracks(score, stem.overrides) if stem.roles else {}
    if absent := sorted(stem.roles - set(by_role)):
        raise InvalidInput(
            f"No track plays {absent[0].value}; the piece has {', '.join(by_role) or 'no roles'}.",
            field="stem.roles",
            value=absent[0].value,
        )
    return stem.tracks.union(*(by_role[role] for role in stem.roles))
