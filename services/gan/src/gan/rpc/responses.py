"""Converts domain objects to the outgoing messages of ``segue.gan.v1``."""

from __future__ import annotations

from collections.abc import Mapping

from contract import keys, notices, roles
from segue.common.v1 import common_pb2
from segue.gan.v1 import gan_pb2

from gan.composer import Composition, Progress
from gan.planning.generation_request import ResolvedRequest
from gan.planning.styles import Style


def to_style(style: Style) -> gan_pb2.Style:
    """Return the message for a style."""
    return gan_pb2.Style(
        style_id=style.style_id,
        name=style.profile.name,
        description=style.profile.description,
        meters=style.meters,
        roles=[roles.to_proto(role.value) for role in style.roles],
    )


def to_progress(progress: Progress) -> gan_pb2.GenerateResponse:
    """Return the message for the progress of a generation."""
    return gan_pb2.GenerateResponse(progress=common_pb2.Progress(fraction=progress.fraction, stage=progress.stage))


def to_result(
    composition: Composition, request: ResolvedRequest, midi: bytes, digests: Mapping[str, str]
) -> gan_pb2.GenerateResponse:
    """Return the message for a finished piece, with every value that was sampled.

    Parameters
    ----------
    composition : Composition
    request : ResolvedRequest
        What it was composed from.
    midi : bytes
        The piece as a Standard MIDI File.
    digests : mapping of str to str
        The sha256 of each model's weights, by name.
    """
    return gan_pb2.GenerateResponse(
        result=gan_pb2.GenerateResult(
            midi=midi,
            style_id=request.style.style_id,
            key=keys.to_proto(request.tonic, is_minor=request.is_minor),
            tempo_bpm=request.tempo_bpm,
            meter=request.meter,
            bar_count=request.n_bars,
            critic_score=composition.critic_score,
            notices=notices.to_proto(request.notices),
            model_digests=dict(digests),
            mood=gan_pb2.Mood(valence=request.valence, energy=request.energy),
            density=request.density,
        )
    )
