"""What clients ask, written for the services."""

from __future__ import annotations

import json
from collections.abc import Sequence

from segue.gan.v1.gan_pb2 import GenerateRequest, Mood
from segue.vae.v1.vae_pb2 import (
    ATTRIBUTE_DENSITY,
    ATTRIBUTE_POLYPHONY,
    ATTRIBUTE_REGISTER,
    ATTRIBUTE_SYNCOPATION,
    ENDS_MODEL,
    ENDS_ORIGINAL,
    METER_POLICY_CONVERT,
    METER_POLICY_REFUSE,
    AttributeSlider,
    BlendRequest,
    CurvePoint,
    InterpolateRequest,
    Parent,
    RoleWeight,
    SectionWeight,
)

from gateway import keys
from gateway.files.file_service import ROLES, overrides
from gateway.storage.repository import Json

_ATTRIBUTES = {
    "density": ATTRIBUTE_DENSITY,
    "register": ATTRIBUTE_REGISTER,
    "syncopation": ATTRIBUTE_SYNCOPATION,
    "polyphony": ATTRIBUTE_POLYPHONY,
}


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
        parents=_parents(midis, parents),
        role_weights=[RoleWeight(role=ROLES[role], weight=share) for role, share in asked.get("weights", {}).items()],
        curve=[CurvePoint(position=position, weight=share) for position, share in asked.get("curve", [])],
        section_weights=[SectionWeight(**each) for each in asked.get("section_weights", [])],
        shares=asked.get("shares", []),
        sliders=_sliders(asked),
        meter_policy=METER_POLICY_REFUSE if asked.get("meter_policy") == "refuse" else METER_POLICY_CONVERT,
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


def of_one_band(settings: Json) -> Json:
    """Let the chords and the bass of a hybrid come from one piece, the nearer, unless it is said otherwise.

    Two pieces that were made apart share a key, not their chords: a mean of both is neither's. Lead and drums are
    blended, and fit the chords that are there. At half, the first piece counts as the nearer.

    Parameters
    ----------
    settings : dict
        The client's fields. Where they weigh in a way that goes over the piece, they are left as they are.
    """
    if any(name in settings for name in ("curve", "section_weights", "shares")):
        return settings
    nearer = float(settings.get("weight", 0.5) > 0.5)
    return settings | {"weights": {"harmony": nearer, "bass": nearer} | settings.get("weights", {})}


def steps(midis: Sequence[bytes], parents: Sequence[Json], ask: Json) -> InterpolateRequest:
    """Write an interpolation between two pieces in one key; parameters are those of `blend`."""
    asked = ask["settings"]
    first, second = _parents(midis, parents)
    request = InterpolateRequest(to=second, step_count=asked["count"], seed=ask["seed"])
    # The field's name is a word of Python's.
    getattr(request, "from").CopyFrom(first)
    if "temperature" in asked:
        request.temperature = asked["temperature"]
    return request


def _parents(midis: Sequence[bytes], parents: Sequence[Json]) -> list[Parent]:
    both = zip(midis, parents, strict=True)
    return [Parent(midi=midi, roles=overrides(parent["roles"])) for midi, parent in both]


def _sliders(asked: Json) -> list[AttributeSlider]:
    """Write the sliders of all roles, and those of single ones."""
    everywhere = asked.get("sliders", {}).items()
    of_roles = [(ROLES[role], *each) for role, moved in asked.get("role_sliders", {}).items() for each in moved.items()]
    return [
        *(AttributeSlider(attribute=_ATTRIBUTES[name], value=value) for name, value in everywhere),
        *(AttributeSlider(attribute=_ATTRIBUTES[name], value=value, role=role) for role, name, value in of_roles),
    ]


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
