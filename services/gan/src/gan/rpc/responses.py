"""Converts domain objects to the outgoing messages of ``segue.gan.v1``."""

from __future__ import annotations

from collections.abc import Mapping

from score.model import Notice as ScoreNotice
from segue.common.v1 import common_pb2
from segue.gan.v1 import gan_pb2

from gan.composer import Composition, Progress
from gan.planning.generation_request import ResolvedRequest
from gan.planning.styles import Style
from gan.rpc.requests import ROLE_CODES


def style(value: Style) -> gan_pb2.Style:
    """Write a style."""
    return gan_pb2.Style(
        style_id=value.style_id,
        name=value.profile.name,
        description=value.profile.description,
        meters=value.meters,
        roles=[ROLE_CODES[role] for role in value.roles],
    )


def progress(step: Progress) -> gan_pb2.GenerateResponse:
    """Write how far a generation has come."""
    return gan_pb2.GenerateResponse(progress=common_pb2.Progress(fraction=step.fraction, stage=step.stage))


def result(
    composition: Composition, brief: ResolvedRequest, data: bytes, digests: Mapping[str, str]
) -> gan_pb2.GenerateResponse:
    """Write a finished piece with everything that was drawn."""
    mode = common_pb2.MODE_MINOR if brief.is_minor else common_pb2.MODE_MAJOR
    return gan_pb2.GenerateResponse(
        result=gan_pb2.GenerateResult(
            midi=data,
            style_id=brief.style.style_id,
            key=common_pb2.Key(tonic=brief.tonic, mode=mode),
            tempo_bpm=brief.tempo_bpm,
            meter=brief.meter,
            bar_count=brief.bars,
            critic_score=composition.critic_score,
            notices=[_notice(value) for value in brief.notices],
            model_digests=dict(digests),
            mood=gan_pb2.Mood(valence=brief.valence, energy=brief.energy),
            density=brief.density,
        )
    )


def _notice(value: ScoreNotice) -> common_pb2.Notice:
    return common_pb2.Notice(reason=value.reason, message=value.message)
