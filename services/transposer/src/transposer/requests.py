"""Conversion of the contract's requests to domain values."""

from __future__ import annotations

from collections.abc import Iterable

from contract import keys, roles
from score.rhythm import GridSource
from score.roles import Role
from segue.common.v1 import common_pb2
from segue.transposer.v1 import transposer_pb2 as pb
from servicekit.faults import InvalidInput

from transposer.key_detection.key import Key
from transposer.transposition.transpose import ModePolicy, RangePolicy, TransposeDirection, TransposeOptions

_MODE_POLICIES: dict[int, ModePolicy] = {
    pb.MODE_POLICY_UNSPECIFIED: ModePolicy.RELATIVE,
    pb.MODE_POLICY_RELATIVE: ModePolicy.RELATIVE,
    pb.MODE_POLICY_PARALLEL: ModePolicy.PARALLEL,
}
_DIRECTIONS: dict[int, TransposeDirection] = {
    pb.TRANSPOSE_DIRECTION_UNSPECIFIED: TransposeDirection.SHORTEST,
    pb.TRANSPOSE_DIRECTION_SHORTEST: TransposeDirection.SHORTEST,
    pb.TRANSPOSE_DIRECTION_IN_RANGE: TransposeDirection.IN_RANGE,
}
_RANGE_POLICIES: dict[int, RangePolicy] = {
    pb.RANGE_POLICY_UNSPECIFIED: RangePolicy.INSTRUMENT,
    pb.RANGE_POLICY_INSTRUMENT: RangePolicy.INSTRUMENT,
    pb.RANGE_POLICY_MIDI: RangePolicy.MIDI,
}
_GRID_SOURCES: dict[int, GridSource | None] = {
    pb.GRID_SOURCE_UNSPECIFIED: None,
    pb.GRID_SOURCE_FILE: GridSource.FILE,
    pb.GRID_SOURCE_FOUND: GridSource.FOUND,
}


def parse_roles(overrides: Iterable[common_pb2.RoleOverride]) -> dict[int, Role | None]:
    """Return the roles that a user has set, by track; None for a track without a role.

    Raises
    ------
    InvalidInput
        If a role does not exist.
    """
    return roles.parse_overrides(overrides, Role)


def parse_grid_source(source: int) -> GridSource | None:
    """Return the grid that is asked for; None if it is to be chosen by the notes.

    Raises
    ------
    InvalidInput
        If the value does not exist in the contract.
    """
    if source not in _GRID_SOURCES:
        raise InvalidInput(f"There is no grid {source}; use 1 or 2.", field="grid", value=source)
    return _GRID_SOURCES[source]


def parse_key(key: common_pb2.Key) -> Key:
    """Return the key of a message.

    Raises
    ------
    InvalidInput
        If the tonic is over 11, or the mode is not given.
    """
    return Key(*keys.from_proto(key))


def parse_options(request: pb.TransposeRequest) -> TransposeOptions:
    """Return the options of a request, with the contract's defaults for those that are not given.

    Raises
    ------
    InvalidInput
        If a value does not exist in the contract.
    """
    known_values = (("mode_policy", _MODE_POLICIES), ("direction", _DIRECTIONS), ("range_policy", _RANGE_POLICIES))
    for field, known in known_values:
        value = getattr(request, field)
        if value not in known:
            raise InvalidInput(f"There is no {field} {value}; use 1 or 2.", field=field, value=int(value))
    return TransposeOptions(
        mode_policy=_MODE_POLICIES[request.mode_policy],
        direction=_DIRECTIONS[request.direction],
        range_policy=_RANGE_POLICIES[request.range_policy],
    )
