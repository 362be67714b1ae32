"""From messages of the contract to what the domain understands, with every field checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from score.roles import ROLES, Role
from segue.common.v1 import common_pb2
from segue.vae.v1 import vae_pb2
from servicekit.faults import InvalidInput

from vae.alignment.meter import MeterPolicy
from vae.blending.blend import Wishes
from vae.blending.blend_weights import SectionWeight, Weights
from vae.conditioning.attributes import OF_ROLE, Attribute, Slider, Vectors
from vae.generation import Latents, Setting
from vae.pieces import piece
from vae.pieces.piece import Piece

MAX_PARENTS = 8
MAX_STEPS_BETWEEN = 16
MAX_DECODED_WINDOWS = 1024
MAX_SAMPLED_WINDOWS = 64

_ROLES = {
    common_pb2.ROLE_LEAD: Role.LEAD,
    common_pb2.ROLE_HARMONY: Role.HARMONY,
    common_pb2.ROLE_BASS: Role.BASS,
    common_pb2.ROLE_DRUMS: Role.DRUMS,
}
_POLICIES = {
    vae_pb2.METER_POLICY_UNSPECIFIED: MeterPolicy.CONVERT,
    vae_pb2.METER_POLICY_CONVERT: MeterPolicy.CONVERT,
    vae_pb2.METER_POLICY_REFUSE: MeterPolicy.REFUSE,
}
_ATTRIBUTES = {
    vae_pb2.ATTRIBUTE_DENSITY: Attribute.DENSITY,
    vae_pb2.ATTRIBUTE_REGISTER: Attribute.REGISTER,
    vae_pb2.ATTRIBUTE_SYNCOPATION: Attribute.SYNCOPATION,
    vae_pb2.ATTRIBUTE_POLYPHONY: Attribute.POLYPHONY,
}
_METERS = {"4/4": "4/4", "2/4": "4/4", "2/2": "4/4", "3/4": "3/4", "6/8": "6/8"}
_MINOR_TO_MAJOR_SEMITONES = 3


def role(value: int) -> Role:
    """Read a role.

    Raises
    ------
    InvalidInput
        If it is none of the four.
    """
    if value not in _ROLES:
        raise InvalidInput("A role is lead, harmony, bass or drums.", role=value)
    return _ROLES[common_pb2.Role.ValueType(value)]


def parent(message: vae_pb2.Parent | vae_pb2.EncodeRequest) -> Piece:
    """Read a piece with the roles its user has set.

    Raises
    ------
    InvalidInput
        If a role is set for a track that is not there; and whatever `vae.pieces.piece.read` raises.
    """
    overrides: dict[int, Role | None] = {}
    for override in message.roles:
        if override.role != common_pb2.ROLE_UNSPECIFIED:
            is_none = override.role == common_pb2.ROLE_NONE
            overrides[override.track] = None if is_none else role(override.role)
    read = piece.read(message.midi, overrides)
    absent = [track for track in overrides if track >= len(read.score.tracks)]
    if absent:
        count = len(read.score.tracks)
        raise InvalidInput(f"There is no track {absent[0]}: the file has {count}, counted from 0.", track=absent[0])
    return read


def parents(messages: Sequence[vae_pb2.Parent]) -> list[Piece]:
    """Read two to eight pieces."""
    if not 2 <= len(messages) <= MAX_PARENTS:
        raise InvalidInput(f"A blend takes 2 to {MAX_PARENTS} pieces, not {len(messages)}.", pieces=len(messages))
    return [parent(message) for message in messages]


def weights(request: vae_pb2.BlendRequest) -> Weights:
    """Read how much of each parent a blend takes."""
    return Weights(
        request.weight if request.HasField("weight") else None,
        {role(each.role): each.weight for each in request.role_weights},
        tuple((point.position, point.weight) for point in request.curve),
        tuple(request.shares),
        tuple(_section_weight(each) for each in request.section_weights),
    ).checked(len(request.parents))


def _section_weight(message: vae_pb2.SectionWeight) -> SectionWeight:
    end = message.end if message.HasField("end") else 1.0
    return SectionWeight(message.weight, message.label, message.start, end)


def meter_policy(value: int) -> MeterPolicy:
    """Read what becomes of parents in different meters."""
    if value not in _POLICIES:
        raise InvalidInput("Meters are converted or refused.", meter_policy=value)
    return _POLICIES[vae_pb2.MeterPolicy.ValueType(value)]


def sliders(messages: Iterable[vae_pb2.AttributeSlider]) -> tuple[Slider, ...]:
    """Read attribute sliders.

    Raises
    ------
    InvalidInput
        If an attribute is none, a role does not have it, a value is out of range, or two sliders move the same.
    """
    read = tuple(_slider(message) for message in messages)
    if len({(each.attribute, each.role) for each in read}) < len(read):
        raise InvalidInput("Give one slider for an attribute and role.", sliders=len(read))
    return read


def _slider(message: vae_pb2.AttributeSlider) -> Slider:
    if message.attribute not in _ATTRIBUTES:
        names = ", ".join(each.value for each in Attribute)
        raise InvalidInput(f"An attribute is one of {names}.", attribute=message.attribute)
    attribute = _ATTRIBUTES[vae_pb2.Attribute.ValueType(message.attribute)]
    if not -1.0 <= message.value <= 1.0:
        raise InvalidInput(f"A slider goes from -1 to 1, not {message.value:g}.", value=message.value)
    if message.role == common_pb2.ROLE_UNSPECIFIED:
        return Slider(attribute, message.value)
    of = role(message.role)
    if attribute not in OF_ROLE[of]:
        has = ", ".join(each.value for each in OF_ROLE[of])
        raise InvalidInput(f"There is no {attribute.value} of {of.value}, but {has}.", role=of.value)
    return Slider(attribute, message.value, of)


def wishes(request: vae_pb2.BlendRequest, temperature: float, vectors: Vectors | None = None) -> Wishes:
    """Read what a blend should be; `temperature` is for a request that names none, `vectors` for its sliders."""
    return Wishes(
        weights(request),
        temperature_of(request, temperature),
        request.seed,
        _tempo(request.tempo_bpm) if request.HasField("tempo_bpm") else None,
        signature(request.key) if request.HasField("key") else None,
        meter_policy=meter_policy(request.meter_policy),
        sliders=sliders(request.sliders),
        vectors=vectors,
    )


def temperature_of(
    request: vae_pb2.BlendRequest | vae_pb2.InterpolateRequest | vae_pb2.DecodeRequest | vae_pb2.SampleRequest,
    default: float,
) -> float:
    """Read a sampling temperature, 0 to 2."""
    value = request.temperature if request.HasField("temperature") else default
    if not 0.0 <= value <= 2.0:
        raise InvalidInput(f"A temperature goes from 0 to 2, not {value:g}.", temperature=value)
    return value


def step_weights(count: int) -> list[float]:
    """Return the weights of an interpolation of so many pieces."""
    if not 2 <= count <= MAX_STEPS_BETWEEN:
        raise InvalidInput(f"An interpolation has 2 to {MAX_STEPS_BETWEEN} pieces, not {count}.", step_count=count)
    return [float(weight) for weight in np.linspace(0.0, 1.0, count)]


def setting(frame: vae_pb2.Frame) -> Setting:
    """Read meter, tempo and key."""
    if frame.meter not in _METERS:
        raise InvalidInput(f"A meter is one of {', '.join(_METERS)}.", meter=frame.meter[:16])
    key = signature(frame.key) if frame.HasField("key") else None
    return Setting(_METERS[frame.meter], _tempo(frame.tempo_bpm), key)


def latents(messages: Iterable[vae_pb2.RoleLatents], latent_size: Callable[[Role], int]) -> dict[Role, Latents]:
    """Read latents of several roles, of so many numbers a window.

    Raises
    ------
    InvalidInput
        If there are none, their sizes are not the models' or differ, or a number is not finite.
    """
    read = {role(message.role): _latents(message, latent_size(role(message.role))) for message in messages}
    counts = {len(each.z) for each in read.values()}
    if len(counts) != 1:
        raise InvalidInput("Give at least one role, and as many windows for every role.", roles=len(read))
    return read


def _latents(message: vae_pb2.RoleLatents, size: int) -> Latents:
    count = message.window_count
    if not 1 <= count <= MAX_DECODED_WINDOWS or len(message.values) != count * size:
        raise InvalidInput(
            f"1 to {MAX_DECODED_WINDOWS} windows of {size} numbers each are wanted; "
            f"there are {len(message.values)} numbers for {count} windows.",
            latent_size=size,
        )
    z = np.array(message.values, np.float32).reshape(count, size)
    if not np.isfinite(z).all():
        raise InvalidInput("Latents are finite numbers.")
    if message.sounding and len(message.sounding) != count:
        raise InvalidInput(f"{count} windows need as many flags, not {len(message.sounding)}.", windows=count)
    sounding = np.array(message.sounding, bool) if message.sounding else np.ones(count, bool)
    return Latents(z, sounding)


def sampled(request: vae_pb2.SampleRequest) -> tuple[list[Role], int]:
    """Read which roles to draw, in order and once each, and how many windows."""
    asked = {role(value) for value in request.roles}
    if not asked or not 1 <= request.window_count <= MAX_SAMPLED_WINDOWS:
        raise InvalidInput(f"Ask for at least one role and 1 to {MAX_SAMPLED_WINDOWS} windows.", roles=len(asked))
    return [each for each in ROLES if each in asked], request.window_count


def signature(key: common_pb2.Key) -> tuple[int, bool]:
    """Read a key as sharps (or, negative, flats) and whether it is minor."""
    if key.tonic > 11 or key.mode not in (common_pb2.MODE_MAJOR, common_pb2.MODE_MINOR):
        raise InvalidInput("A key has a tonic from 0 to 11 and is major or minor.", tonic=key.tonic)
    is_minor = key.mode == common_pb2.MODE_MINOR
    major = key.tonic + _MINOR_TO_MAJOR_SEMITONES * is_minor
    # Going up a fifth adds a sharp; -5 to 6 accidentals name all twelve keys.
    return (major * 7 + 5) % 12 - 5, is_minor


def _tempo(bpm: float) -> float:
    if not 20.0 <= bpm <= 400.0:
        raise InvalidInput(f"A tempo is 20 to 400 quarter notes a minute, not {bpm:g}.", tempo_bpm=bpm)
    return bpm
