"""Builds the gRPC requests of jobs from their settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contract import keys, roles
from segue.common.v1.common_pb2 import RoleOverride
from segue.gan.v1.gan_pb2 import GenerateRequest, Mood
from segue.vae.v1.vae_pb2 import (
    ATTRIBUTE_DENSITY,
    ATTRIBUTE_POLYPHONY,
    ATTRIBUTE_REGISTER,
    ATTRIBUTE_SYNCOPATION,
    ENDPOINT_MODE_ORIGINAL,
    ENDPOINT_MODE_RECONSTRUCTION,
    METER_POLICY_CONVERT,
    METER_POLICY_REFUSE,
    METER_POLICY_UNSPECIFIED,
    AttributeSlider,
    BlendRequest,
    CurvePoint,
    Ingredient,
    IngredientWeight,
    InterpolateRequest,
    Parent,
    RoleWeight,
    SectionWeight,
)

from gateway.domain.job_settings import (
    BlendSettings,
    GenerateSettings,
    InterpolateSettings,
    JobSettings,
)
from gateway.domain.json_codec import to_json

_ATTRIBUTES = {
    "density": ATTRIBUTE_DENSITY,
    "register": ATTRIBUTE_REGISTER,
    "syncopation": ATTRIBUTE_SYNCOPATION,
    "polyphony": ATTRIBUTE_POLYPHONY,
}

_METER_POLICIES = {
    None: METER_POLICY_UNSPECIFIED,
    "convert": METER_POLICY_CONVERT,
    "refuse": METER_POLICY_REFUSE,
}


@dataclass(frozen=True)
class ParentPiece:
    """A piece to blend, in the common key.

    Attributes
    ----------
    midi : bytes
        The transposed MIDI file.
    roles : mapping of str to str
        The roles that a user has set, by track number.
    sha256 : str
        Hash of the file as it was before it was transposed.
    original_midi : bytes
        The transposed file as it came, if `midi` is on beats that were found; else empty.
    """

    midi: bytes
    roles: Mapping[str, str]
    sha256: str
    original_midi: bytes = b""


def build_blend_request(
    parents: Sequence[ParentPiece], settings: BlendSettings, seed: int, key: str | None
) -> BlendRequest:
    """Build the request for a blend.

    Parameters
    ----------
    parents : sequence of ParentPiece
        The pieces, in one key.
    settings : BlendSettings
        What the client requested.
    seed : int
        Seed of the sampling.
    key : str or None
        The common key; None where only drums sound.
    """
    request = BlendRequest(
        parents=[_parent(parent) for parent in parents],
        role_weights=[RoleWeight(role=roles.to_proto(role), weight=share) for role, share in _items(settings.weights)],
        ingredients=_ingredient_weights(settings),
        curve=[CurvePoint(position=position, weight=share) for position, share in settings.curve or []],
        section_weights=[SectionWeight(**to_json(each)) for each in settings.section_weights or []],
        shares=settings.shares or [],
        sliders=_sliders(settings),
        meter_policy=_METER_POLICIES[settings.meter_policy],
        endpoint_mode=ENDPOINT_MODE_ORIGINAL if settings.ends == "original" else ENDPOINT_MODE_RECONSTRUCTION,
        seed=seed,
        provenance={
            "parents_sha256": " ".join(parent.sha256 for parent in parents),
            "settings": _settings_text(settings),
        },
    )
    if settings.weight is not None:
        request.weight = settings.weight
    if settings.bpm is not None:
        request.tempo_bpm = settings.bpm
    if settings.temperature is not None:
        request.temperature = settings.temperature
    if key is not None:
        request.key.CopyFrom(keys.parse_key_name(key))
    return request


def build_interpolate_request(
    parents: Sequence[ParentPiece], settings: InterpolateSettings, seed: int
) -> InterpolateRequest:
    """Build the request for the pieces between two.

    Parameters
    ----------
    parents : sequence of ParentPiece
        The two pieces, in one key.
    settings : InterpolateSettings
        What the client requested.
    seed : int
        Seed of the sampling.
    """
    first, second = (_parent(parent) for parent in parents)
    policy = _METER_POLICIES[settings.meter_policy]
    request = InterpolateRequest(first=first, second=second, step_count=settings.count, seed=seed, meter_policy=policy)
    if settings.temperature is not None:
        request.temperature = settings.temperature
    return request


def build_generate_request(settings: GenerateSettings, style: str | None, seed: int) -> GenerateRequest:
    """Build the request for a generated piece.

    Parameters
    ----------
    settings : GenerateSettings
        What the client requested.
    style : str or None
        Id of this piece's style; None lets the service sample one.
    seed : int
        Seed of this piece.
    """
    request = GenerateRequest(
        style_id=style or "",
        meter=settings.meter or "",
        roles=[roles.to_proto(role) for role in settings.roles or []],
        seed=seed,
        provenance={"settings": _settings_text(settings)},
    )
    if settings.key is not None:
        request.key.CopyFrom(keys.parse_key_name(settings.key))
    if settings.bpm is not None:
        request.tempo_bpm = settings.bpm
    if settings.bars is not None:
        request.bar_count = settings.bars
    if settings.density is not None:
        request.density = settings.density
    if settings.mood is not None:
        request.mood.CopyFrom(Mood(**to_json(settings.mood)))
    return request


def build_role_overrides(role_names: Mapping[str, str]) -> list[RoleOverride]:
    """Build the overrides for the roles that a user has set, which rows have by track number."""
    return roles.to_overrides({int(track): role for track, role in role_names.items()})


def _parent(parent: ParentPiece) -> Parent:
    return Parent(midi=parent.midi, roles=build_role_overrides(parent.roles), original_midi=parent.original_midi)


def _ingredient_weights(settings: BlendSettings) -> list[IngredientWeight]:
    return [
        IngredientWeight(ingredient=Ingredient.Value(f"INGREDIENT_{name.upper()}"), weight=share)
        for name, share in _items(settings.ingredients)
    ]


def _sliders(settings: BlendSettings) -> list[AttributeSlider]:
    """Build the sliders of all roles, then those of single roles."""
    sliders = [AttributeSlider(attribute=_ATTRIBUTES[name], value=value) for name, value in _items(settings.sliders)]
    for role, moved in _items(settings.role_sliders):
        sliders += [
            AttributeSlider(attribute=_ATTRIBUTES[name], value=value, role=roles.to_proto(role))
            for name, value in moved.items()
        ]
    return sliders


def _items(mapping: Mapping[Any, Any] | None) -> list[tuple[Any, Any]]:
    return list((mapping or {}).items())


def _settings_text(settings: JobSettings) -> str:
    """Return settings as the text that the MIDI file's provenance has."""
    return json.dumps(to_json(settings), sort_keys=True)
