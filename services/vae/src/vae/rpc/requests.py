"""Conversion of the contract's requests to domain objects, with every field validated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from contract import keys, roles
from score.keys import signature_of_key
from score.roles import ROLES, Role
from segue.common.v1 import common_pb2
from segue.vae.v1 import vae_pb2
from servicekit.faults import InvalidInput

from vae.alignment.meter import MeterPolicy
from vae.attributes.attribute import ATTRIBUTES_BY_ROLE, Attribute, AttributeSlider
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights, SectionWeight
from vae.generation import LatentSequence, PieceSettings
from vae.pieces.piece import Piece, read_midi
from vae.planning.ingredients import Ingredient

MAX_PARENTS = 8
MAX_INTERPOLATION_STEPS = 16
MAX_DECODED_WINDOWS = 1024
MAX_SAMPLED_WINDOWS = 64

_METER_POLICIES = {
    vae_pb2.METER_POLICY_UNSPECIFIED: MeterPolicy.CONVERT_REGULAR,
    vae_pb2.METER_POLICY_CONVERT: MeterPolicy.CONVERT,
    vae_pb2.METER_POLICY_REFUSE: MeterPolicy.REFUSE,
}
_ATTRIBUTES = {
    vae_pb2.ATTRIBUTE_DENSITY: Attribute.DENSITY,
    vae_pb2.ATTRIBUTE_REGISTER: Attribute.REGISTER,
    vae_pb2.ATTRIBUTE_SYNCOPATION: Attribute.SYNCOPATION,
    vae_pb2.ATTRIBUTE_POLYPHONY: Attribute.POLYPHONY,
}
_INGREDIENT_NUMBERS = frozenset(vae_pb2.Ingredient.values())
_GRID_METERS = {"4/4": "4/4", "2/4": "4/4", "2/2": "4/4", "3/4": "3/4", "6/8": "6/8"}
"""The meter of the grid for each meter of a request."""


def role_from_proto(value: int) -> Role:
    """Return a role.

    Raises
    ------
    InvalidInput
        If it is not one of the four roles.
    """
    return Role(roles.from_proto(value))


def parent(message: vae_pb2.Parent | vae_pb2.EncodeRequest) -> Piece:
    """Read a piece with the roles that its user has set.

    Raises
    ------
    InvalidInput
        If a role is set for a track that does not exist; and whatever `vae.pieces.piece.read_midi` raises.
    """
    overrides = roles.parse_overrides(message.roles, Role)
    piece = read_midi(message.midi, overrides)
    n_tracks = len(piece.score.tracks)
    absent = [track for track in overrides if track >= n_tracks]
    if absent:
        raise InvalidInput(f"There is no track {absent[0]}: the file has {n_tracks}, counted from 0.", track=absent[0])
    return piece


def parents(messages: Sequence[vae_pb2.Parent]) -> list[Piece]:
    """Read two to eight pieces.

    Raises
    ------
    InvalidInput
        If there are fewer or more, or as for `parent`.
    """
    if not 2 <= len(messages) <= MAX_PARENTS:
        raise InvalidInput(f"A blend takes 2 to {MAX_PARENTS} pieces, not {len(messages)}.", pieces=len(messages))
    return [parent(message) for message in messages]


def blend_options(request: vae_pb2.BlendRequest, default_temperature: float) -> BlendOptions:
    """Return the options of a blend.

    Parameters
    ----------
    request : BlendRequest
    default_temperature : float
        For a request that gives none.

    Raises
    ------
    InvalidInput
        If a field is out of range, or fields conflict.
    """
    return BlendOptions(
        blend_weights(request),
        temperature(request, default_temperature),
        request.seed,
        _tempo(request.tempo_bpm) if request.HasField("tempo_bpm") else None,
        key_signature(request.key) if request.HasField("key") else None,
        meter_policy=meter_policy(request.meter_policy),
        sliders=sliders(request.sliders),
    )


def blend_weights(request: vae_pb2.BlendRequest) -> BlendWeights:
    """Return the validated weights of a blend."""
    return BlendWeights(
        request.weight if request.HasField("weight") else None,
        {role_from_proto(each.role): each.weight for each in request.role_weights},
        tuple((point.position, point.weight) for point in request.curve),
        tuple(request.shares),
        tuple(_section_weight(each) for each in request.section_weights),
        ingredient_weights(request.ingredients),
    ).validate(len(request.parents))


def ingredient_weights(messages: Sequence[vae_pb2.IngredientWeight]) -> dict[Ingredient, float]:
    """Return the weights of single ingredients.

    Raises
    ------
    InvalidInput
        If an ingredient does not exist or is given twice.
    """
    weights = {}
    for message in messages:
        name = vae_pb2.Ingredient.Name(message.ingredient) if message.ingredient in _INGREDIENT_NUMBERS else ""
        if not name or message.ingredient == vae_pb2.INGREDIENT_UNSPECIFIED:
            names = ", ".join(each.value for each in Ingredient)
            raise InvalidInput(f"The ingredient must be one of {names}.", ingredient=message.ingredient)
        weights[Ingredient(name.removeprefix("INGREDIENT_").lower())] = message.weight
    if len(weights) < len(messages):
        raise InvalidInput("Give at most one weight for each ingredient.", ingredients=len(messages))
    return weights


def _section_weight(message: vae_pb2.SectionWeight) -> SectionWeight:
    end = message.end if message.HasField("end") else 1.0
    return SectionWeight(message.weight, message.label, message.start, end)


def meter_policy(value: int) -> MeterPolicy:
    """Return what happens to parents in different meters."""
    if value not in _METER_POLICIES:
        raise InvalidInput("Meters that differ are either converted or refused.", meter_policy=value)
    return _METER_POLICIES[vae_pb2.MeterPolicy.ValueType(value)]


def sliders(messages: Iterable[vae_pb2.AttributeSlider]) -> tuple[AttributeSlider, ...]:
    """Return the attribute sliders.

    Raises
    ------
    InvalidInput
        If an attribute does not exist or not for its role, a value is out of range, or two sliders move the same
        attribute of the same role.
    """
    parsed = tuple(_slider(message) for message in messages)
    if len({(each.attribute, each.role) for each in parsed}) < len(parsed):
        raise InvalidInput("Give at most one slider for each attribute and role.", sliders=len(parsed))
    return parsed


def _slider(message: vae_pb2.AttributeSlider) -> AttributeSlider:
    if message.attribute not in _ATTRIBUTES:
        names = ", ".join(each.value for each in Attribute)
        raise InvalidInput(f"The attribute must be one of {names}.", attribute=message.attribute)
    attribute = _ATTRIBUTES[vae_pb2.Attribute.ValueType(message.attribute)]
    if not -1.0 <= message.value <= 1.0:
        raise InvalidInput(f"A slider must be from -1 to 1, not {message.value:g}.", value=message.value)
    if message.role == common_pb2.ROLE_UNSPECIFIED:
        return AttributeSlider(attribute, message.value)
    role = role_from_proto(message.role)
    if attribute not in ATTRIBUTES_BY_ROLE[role]:
        names = ", ".join(each.value for each in ATTRIBUTES_BY_ROLE[role])
        raise InvalidInput(
            f"There is no {attribute.value} slider for {role.value}: choose one of {names}.", role=role.value
        )
    return AttributeSlider(attribute, message.value, role)


def temperature(
    request: vae_pb2.BlendRequest | vae_pb2.InterpolateRequest | vae_pb2.DecodeRequest | vae_pb2.SampleRequest,
    default: float,
) -> float:
    """Return the sampling temperature of a request, 0 to 2, or the default if it gives none."""
    value = request.temperature if request.HasField("temperature") else default
    if not 0.0 <= value <= 2.0:
        raise InvalidInput(f"The temperature must be from 0 to 2, not {value:g}.", temperature=value)
    return value


def step_weights(n_steps: int) -> list[float]:
    """Return the weights of an interpolation, evenly spaced from 0 to 1."""
    if not 2 <= n_steps <= MAX_INTERPOLATION_STEPS:
        message = f"An interpolation has 2 to {MAX_INTERPOLATION_STEPS} pieces, not {n_steps}."
        raise InvalidInput(message, step_count=n_steps)
    return [float(weight) for weight in np.linspace(0.0, 1.0, n_steps)]


def piece_settings(message: vae_pb2.PieceSettings) -> PieceSettings:
    """Return the meter, tempo and key of a piece without parents."""
    if message.meter not in _GRID_METERS:
        raise InvalidInput(f"The meter must be one of {', '.join(_GRID_METERS)}.", meter=message.meter[:16])
    key = key_signature(message.key) if message.HasField("key") else None
    return PieceSettings(_GRID_METERS[message.meter], _tempo(message.tempo_bpm), key)


def latent_sequences(
    messages: Iterable[vae_pb2.RoleLatents], latent_size: Callable[[Role], int]
) -> dict[Role, LatentSequence]:
    """Return the latents of several roles.

    Parameters
    ----------
    messages : iterable of RoleLatents
    latent_size : callable
        Returns the size of a role's latents.

    Raises
    ------
    InvalidInput
        If there are none, their sizes are not the models' or differ between roles, or a number is not finite.
    """
    sequences = {}
    for message in messages:
        role = role_from_proto(message.role)
        sequences[role] = _latent_sequence(message, latent_size(role))
    if len({len(each.latents) for each in sequences.values()}) != 1:
        text = "Give at least one role, and the same number of windows for every role."
        raise InvalidInput(text, roles=len(sequences))
    return sequences


def _latent_sequence(message: vae_pb2.RoleLatents, latent_size: int) -> LatentSequence:
    n_windows = message.window_count
    if not 1 <= n_windows <= MAX_DECODED_WINDOWS or len(message.values) != n_windows * latent_size:
        raise InvalidInput(
            f"Latents must be 1 to {MAX_DECODED_WINDOWS} windows of {latent_size} numbers each: "
            f"there are {len(message.values)} numbers for {n_windows} windows.",
            latent_size=latent_size,
        )
    latents = np.array(message.values, np.float32).reshape(n_windows, latent_size)
    if not np.isfinite(latents).all():
        raise InvalidInput("Latents must be finite numbers.")
    if message.sounding and len(message.sounding) != n_windows:
        text = f"{n_windows} windows need {n_windows} sounding flags, not {len(message.sounding)}."
        raise InvalidInput(text, windows=n_windows)
    is_sounding = np.array(message.sounding, bool) if message.sounding else np.ones(n_windows, bool)
    return LatentSequence(latents, is_sounding)


def sampled_roles(request: vae_pb2.SampleRequest) -> tuple[list[Role], int]:
    """Return which roles to sample, in order and once each, and how many windows."""
    requested = {role_from_proto(value) for value in request.roles}
    if not requested or not 1 <= request.window_count <= MAX_SAMPLED_WINDOWS:
        message = f"Ask for at least one role and 1 to {MAX_SAMPLED_WINDOWS} windows."
        raise InvalidInput(message, roles=len(requested))
    return [role for role in ROLES if role in requested], request.window_count


def key_signature(key: common_pb2.Key) -> tuple[int, bool]:
    """Return the signature of a key in fifths (flats are negative), and whether the key is minor."""
    tonic, is_minor = keys.from_proto(key)
    return signature_of_key(tonic, is_minor=is_minor), is_minor


def _tempo(bpm: float) -> float:
    if not 20.0 <= bpm <= 400.0:
        raise InvalidInput(f"The tempo must be 20 to 400 quarter notes per minute, not {bpm:g}.", tempo_bpm=bpm)
    return bpm
