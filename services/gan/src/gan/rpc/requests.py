"""Converts the incoming messages of ``segue.gan.v1`` to domain objects."""

from __future__ import annotations

from collections.abc import Mapping

from score.roles import ROLES, Role
from segue.common.v1 import common_pb2
from segue.gan.v1 import gan_pb2

from gan.planning.generation_request import GenerationRequest

ROLE_CODES: Mapping[Role, common_pb2.Role.ValueType] = {
    Role.LEAD: common_pb2.ROLE_LEAD,
    Role.HARMONY: common_pb2.ROLE_HARMONY,
    Role.BASS: common_pb2.ROLE_BASS,
    Role.DRUMS: common_pb2.ROLE_DRUMS,
}
MODES = {common_pb2.MODE_MAJOR: False, common_pb2.MODE_MINOR: True}


def wish(request: gan_pb2.GenerateRequest) -> GenerationRequest:
    """Read a request; values are checked by `gan.planning.generation_request.validate`."""
    return GenerationRequest(
        seed=request.seed,
        style_id=request.style_id,
        tonic=request.key.tonic if request.HasField("key") else None,
        is_minor=MODES.get(request.key.mode) if request.HasField("key") else None,
        tempo_bpm=request.tempo_bpm if request.HasField("tempo_bpm") else None,
        meter=request.meter,
        bars=request.bar_count if request.HasField("bar_count") else None,
        valence=request.mood.valence if request.HasField("mood") else None,
        energy=request.mood.energy if request.HasField("mood") else None,
        density=request.density if request.HasField("density") else None,
        roles=tuple(role for role in ROLES if ROLE_CODES[role] in request.roles),
        provenance=dict(request.provenance),
    )
