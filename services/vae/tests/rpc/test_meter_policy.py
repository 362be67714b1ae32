"""The meter policy of a blend and of an interpolation, against a running service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from score import midi
from score.model import Meter, Note, Score, Track
from segue.vae.v1 import vae_pb2
from segue.vae.v1.vae_pb2_grpc import VaeServiceStub
from servicekit.client import ServiceClient
from servicekit.faults import IrregularMeter
from vae.models.model_registry import ModelRegistry
from vae.rpc.servicer import serve
from vae.settings import Settings

Band = Callable[..., bytes]

CONVERT, REFUSE = vae_pb2.METER_POLICY_CONVERT, vae_pb2.METER_POLICY_REFUSE


@pytest_asyncio.fixture
async def link(
    registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[ServiceClient]:
    """Return a link to a service in this process, on a free port, with models that are loaded already."""
    monkeypatch.setattr(ModelRegistry, "load", lambda *_: registry)
    async with serve(Settings(port=0, models=tmp_path)) as server, ServiceClient(server.target, "vae") as link:
        yield link


@pytest.fixture
def parents(band: Band) -> list[vae_pb2.Parent]:
    eighths = tuple(Note(240 * index, 240, 60 + index % 7, 80) for index in range(28))
    seven_eight = midi.write(Score(meters=(Meter(0, 7, 8),), tracks=(Track("Lead", notes=eighths),)))
    return [vae_pb2.Parent(midi=seven_eight), vae_pb2.Parent(midi=band(2))]


async def blend(link: ServiceClient, parents: list[vae_pb2.Parent], policy: vae_pb2.MeterPolicy.ValueType) -> list[str]:
    """Blend with a policy, and return the reasons of the notices."""
    request = vae_pb2.BlendRequest(parents=parents, weight=0.5, temperature=0.0, meter_policy=policy)
    replies = [reply async for reply in link.stream(VaeServiceStub(link.channel).Blend, request, timeout_s=120)]
    return [notice.reason for notice in replies[-1].result.notices]


async def interpolate(link: ServiceClient, parents: list[vae_pb2.Parent], policy: vae_pb2.MeterPolicy.ValueType) -> int:
    """Interpolate with a policy, and return the number of pieces."""
    request = vae_pb2.InterpolateRequest(
        first=parents[0], second=parents[1], step_count=2, temperature=0.0, meter_policy=policy
    )
    reply = await link.call(VaeServiceStub(link.channel).Interpolate, request, timeout_s=120)
    return len(reply.midis)


@pytest.mark.parametrize("policy", [vae_pb2.METER_POLICY_UNSPECIFIED, REFUSE])
async def test_an_irregular_meter_is_refused_unless_its_conversion_is_requested(
    link: ServiceClient, parents: list[vae_pb2.Parent], policy: vae_pb2.MeterPolicy.ValueType
) -> None:
    for call in (blend, interpolate):
        with pytest.raises(IrregularMeter, match="Bars of 7/8 do not fit a blend") as raised:
            await call(link, parents, policy)
        assert raised.value.facts == {"meters": "7/8"}


async def test_an_irregular_meter_is_converted_on_request(link: ServiceClient, parents: list[vae_pb2.Parent]) -> None:
    assert "IRREGULAR_METER" in await blend(link, parents, CONVERT)
    assert await interpolate(link, parents, CONVERT) == 2
