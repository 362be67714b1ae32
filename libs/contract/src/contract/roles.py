"""Role names <-> the `Role` enum of the contracts, and the role overrides that a user has set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, TypeVar, get_args

from segue.common.v1 import common_pb2
from servicekit.faults import InvalidInput

RoleName = Literal["lead", "harmony", "bass", "drums"]
RoleT = TypeVar("RoleT")

ROLE_NAMES: tuple[RoleName, ...] = get_args(RoleName)
NO_ROLE = "none"
"""Name of `ROLE_NONE`: the track is left out."""

_TO_PROTO: Mapping[str, common_pb2.Role.ValueType] = {
    "lead": common_pb2.ROLE_LEAD,
    "harmony": common_pb2.ROLE_HARMONY,
    "bass": common_pb2.ROLE_BASS,
    "drums": common_pb2.ROLE_DRUMS,
    NO_ROLE: common_pb2.ROLE_NONE,
}
_TO_NAME: Mapping[int, RoleName] = {_TO_PROTO[name]: name for name in ROLE_NAMES}


def to_proto(name: str | None) -> common_pb2.Role.ValueType:
    """Return the enum value of a role; ``"none"`` and None are `ROLE_NONE`.

    Examples
    --------
    >>> to_proto("bass") == common_pb2.ROLE_BASS
    True
    >>> to_proto(None) == common_pb2.ROLE_NONE
    True
    """
    return _TO_PROTO[NO_ROLE if name is None else name]


def from_proto(value: int, field: str = "role") -> RoleName:
    """Return the name of a role.

    Parameters
    ----------
    value : int
        A value of the `Role` enum as it came over the wire.
    field : str
        Field of the request, for the fault.

    Raises
    ------
    InvalidInput
        If it is not one of the four roles.

    Examples
    --------
    >>> from_proto(common_pb2.ROLE_DRUMS)
    'drums'
    >>> from_proto(99)
    Traceback (most recent call last):
    servicekit.faults.InvalidInput: There is no role 99; a role is lead (1), harmony (2), bass (3) or drums (4).
    """
    if value not in _TO_NAME:
        names = [f"{name} ({_TO_PROTO[name]})" for name in ROLE_NAMES]
        message = f"There is no role {value}; a role is {', '.join(names[:-1])} or {names[-1]}."
        raise InvalidInput(message, field=field, value=int(value))
    return _TO_NAME[value]


def name_or_none(value: int) -> RoleName | None:
    """Return the name of a role, or None for any value that is not one of the four.

    Examples
    --------
    >>> name_or_none(common_pb2.ROLE_LEAD), name_or_none(common_pb2.ROLE_NONE)
    ('lead', None)
    """
    return _TO_NAME.get(value)


def parse_overrides(
    overrides: Iterable[common_pb2.RoleOverride], role_type: Callable[[str], RoleT], field: str = "roles"
) -> dict[int, RoleT | None]:
    """Return the roles that a user has set, by track.

    Parameters
    ----------
    overrides : iterable of RoleOverride
        Those with `ROLE_UNSPECIFIED` are left out: the service decides.
    role_type : callable
        Makes the caller's own role of a role's name: `score.roles.Role`, or `str`.
    field : str
        Field of the request, for the fault.

    Returns
    -------
    dict of int to role or None
        None for a track that is to be left out.

    Raises
    ------
    InvalidInput
        If a role does not exist.

    Examples
    --------
    >>> lead = common_pb2.RoleOverride(track=0, role=common_pb2.ROLE_LEAD)
    >>> left_out = common_pb2.RoleOverride(track=3, role=common_pb2.ROLE_NONE)
    >>> parse_overrides([lead, left_out], str)
    {0: 'lead', 3: None}
    """
    return {
        override.track: None if override.role == common_pb2.ROLE_NONE else role_type(from_proto(override.role, field))
        for override in overrides
        if override.role != common_pb2.ROLE_UNSPECIFIED
    }


def to_overrides(roles: Mapping[int, str | None]) -> list[common_pb2.RoleOverride]:
    """Return the messages for roles by track; a role of ``"none"`` or None leaves the track out.

    Examples
    --------
    >>> [(each.track, each.role) for each in to_overrides({2: "bass"})] == [(2, common_pb2.ROLE_BASS)]
    True
    """
    return [common_pb2.RoleOverride(track=track, role=to_proto(role)) for track, role in roles.items()]
