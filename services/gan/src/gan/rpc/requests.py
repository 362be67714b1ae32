"""Converts the incoming messages of ``segue.gan.v1`` to domain objects."""

from __future__ import annotations

from contract.roles import name_or_none
from score.roles import ROLES
from segue.common.v1 import common_pb2
from segue.gan.v1 import gan_pb2

from gan.planning.generation_request import GenerationRequest

_IS_MINOR = {common_pb2.MODE_MAJOR: False, common_pb2.MODE_MINOR: True}


def to_generation_request(request: gan_pb2.GenerateRequest) -> GenerationRequest:
    """Return the request of a message; `gan.planning.generation_request.validate` checks its values."""
    role_names = {name_or_none(role) for role in request.roles}
    return GenerationRequest(
        seed=request.seed,
        style_id=request.style_id,
        tonic=request.key.tonic if request.HasField("key") else None,
        is_minor=_IS_MINOR.get(request.key.mode) if request.HasField("key") else None,
        tempo_bpm=request.tempo_bpm if request.HasField("tempo_bpm") else None,
        meter=request.meter,
        n_bars=request.bar_count if request.HasField("bar_count") else None,
        valence=request.mood.valence if request.HasField("mood") else None,
        energy=request.mood.energy if request.HasField("mood") else None,
        density=request.density if request.HasField("density") else None,
        roles=tuple(role for role in ROLES if role.value in role_names),
        provenance=dict(request.provenance),
    )
