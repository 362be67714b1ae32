"""Stems: the tracks of a piece that a caller selects by index or by role."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
    levels : mapping
        Factors of the amplitude of roles; 1 for the others.
    """

    roles: frozenset[Role] = frozenset()
    tracks: frozenset[int] = frozenset()
    overrides: Overrides = field(default_factory=dict)
    levels: Mapping[Role, float] = field(default_factory=dict)

    @property
    def is_full_mix(self) -> bool:
        """Whether all tracks are audible, each as loud as in the piece."""
        return not self.roles and not self.tracks and not self.levels


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
    if not stem.roles and not stem.tracks:
        return all_tracks
    by_role = role_tracks(score, stem.overrides) if stem.roles else {}
    check_roles(stem.roles, by_role, "stem.roles")
    return stem.tracks.union(*(by_role[role] for role in stem.roles))


def check_roles(named: Collection[Role], by_role: Mapping[Role, object], field: str) -> None:
    """Raise a fault if a request names a role that the piece does not have.

    Parameters
    ----------
    named : collection of Role
        The roles of the request.
    by_role : mapping
        Has the roles of the piece as keys.
    field : str
        The request's field.

    Raises
    ------
    InvalidInput
        With the roles of the piece.
    """
    if absent := sorted(set(named) - set(by_role)):
        raise InvalidInput(
            f"No track plays {absent[0].value}; the piece has {', '.join(by_role) or 'no roles'}.",
            field=field,
            value=absent[0].value,
        )
