"""What clients ask, written for the services."""

from __future__ import annotations

import json
from collections.abc import Sequence

from segue.gan.v1.gan_pb2 import GenerateRequest, Mood
from segue.vae.v1.vae_pb2 import ENDS_MODEL, ENDS_ORIGINAL, BlendRequest, CurvePoint, Parent, RoleWeight

from gateway import keys
from gateway.pieces import ROLES, overrides
from gateway.records import Json


def blend(midis: Sequence[bytes], parents: Sequence[Json], ask: Json, key: str | None) -> BlendRequest:
    """Write a blend.

    Parameters
    ----------
    midis : sequence of bytes
        The pieces, in one key.
    parents : sequence of dict
        ``roles`` and ``sha256`` of each, as uploaded.
    ask : dict
        ``settings`` (the client's fields) and ``seed``.
    key : str or None
        The key that the pieces are in now; None where only drums sound.
    """
    asked = ask["settings"]
    request = BlendRequest(
        parents=[
            Parent(midi=midi, roles=overrides(parent["roles"])) for midi, parent in zip(midis, parents, strict=True)
        ],
        role_weights=[RoleWeight(role=ROLES[role], weight=share) for role, share in asked.get("weights", {}).items()],
        curve=[CurvePoint(position=position, weight=share) for position, share in asked.get("curve", [])],
        shares=asked.get("shares", []),
        ends=ENDS_ORIGINAL if asked.get("ends") == "original" else ENDS_MODEL,
        seed=ask["seed"],
        provenance={
            "parents_sha256": " ".join(parent["sha256"] for parent in parents),
            "settings": json.dumps(asked, sort_keys=True),
        },
    )
    if "weight" in asked:
        request.weight = asked["weight"]
    if "bpm" in asked:
        request.tempo_bpm = asked["bpm"]
    if "temperature" in asked:
        request.temperature = asked["temperature"]
    if key is not None:
        request.key.CopyFrom(keys.parse(key))
    return request


def generate(asked: Json, style: str | None, seed: int) -> GenerateRequest:
    """Write a generation: what the client asked, and this piece's own style and seed."""
    request = GenerateRequest(
        style_id=style or "",
        meter=asked.get("meter", ""),
        roles=[ROLES[role] for role in asked.get("roles", [])],
        seed=seed,
        provenance={"settings": json.dumps(asked, sort_keys=True)},
    )
    if "key" in asked:
        request.key.CopyFrom(keys.parse(asked["key"]))
    if "bpm" in asked:
        request.tempo_bpm = asked["bpm"]
    if "bars" in asked:
        request.bar_count = asked["bars"]
    if "density" in asked:
        request.density = asked["density"]
    if "mood" in asked:
        request.mood.CopyFrom(Mood(**asked["mood"]))
    return request
