"""The contract, against the running service with the models that ship."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio
from gan.rpc.servicer import serve
from gan.settings import Settings
from score import grid, midi
from score.model import Score
from score.roles import Role
from segue.common.v1 import common_pb2
from segue.gan.v1 import gan_pb2
from segue.gan.v1.gan_pb2_grpc import GanServiceStub
from servicekit.client import ServiceClient
from servicekit.faults import Fault, InvalidInput, ModelMismatch, Overloaded, UnknownStyle, UnsupportedMeter

MODELS = Path(__file__).parents[4] / "models"
TIMEOUT_S = 60.0
Request = gan_pb2.GenerateRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[ServiceClient]:
    """Start the service on a free port and connect to it."""
    async with serve(Settings(port=0, models=MODELS)) as server, ServiceClient(server.target, "gan") as connected:
        yield connected


async def messages(client: ServiceClient, request: Request) -> list[gan_pb2.GenerateResponse]:
    stub = GanServiceStub(client.channel)
    async with aclosing(client.stream(stub.Generate, request, timeout_s=TIMEOUT_S)) as parts:
        return [part async for part in parts]


async def generated(client: ServiceClient, request: Request) -> tuple[gan_pb2.GenerateResult, Score]:
    last = (await messages(client, request))[-1]
    assert last.WhichOneof("event") == "result"
    return last.result, midi.parse(last.result.midi)


async def listed(client: ServiceClient) -> dict[str, gan_pb2.Style]:
    reply = await client.call(
        GanServiceStub(client.channel).ListStyles, gan_pb2.ListStylesRequest(), timeout_s=TIMEOUT_S
    )
    return {style.style_id: style for style in reply.styles}


async def test_lists_styles_with_names_meters_and_roles(client: ServiceClient) -> None:
    styles = await listed(client)
    assert {"country", "folk-rock", "funk", "hip-hop", "jazz", "jig-rock", "latin", "march", "reggae", "waltz"} <= set(
        styles
    )
    assert styles["waltz"].meters == ["3/4"]
    assert styles["jig-rock"].meters == ["6/8"]
    assert list(styles["funk"].roles) == [1, 2, 3, 4]
    for style in styles.values():
        assert style.name
        assert style.description.endswith(".")
        assert len(set(style.roles) - {common_pb2.ROLE_DRUMS}) >= 2


async def test_what_is_set_is_met_exactly(client: ServiceClient) -> None:
    key = common_pb2.Key(tonic=6, mode=common_pb2.MODE_MINOR)
    request = Request(style_id="funk", key=key, tempo_bpm=93.0, bar_count=11, seed=5, provenance={"job": "17"})
    result, score = await generated(client, request)
    assert (result.style_id, result.key, result.tempo_bpm, result.bar_count) == ("funk", key, 93.0, 11)
    assert score.tempos[0].bpm == pytest.approx(93.0, abs=1e-3)
    assert (score.keys[0].fifths, score.keys[0].is_minor) == (3, True)
    generated_grid = grid.from_score(score)
    assert (generated_grid.n_bars, generated_grid.meter, generated_grid.roles) == (11, "4/4", tuple(Role))
    # The final chord is held to the end of the last bar.
    assert score.end_ticks == 11 * 4 * score.ticks_per_quarter
    assert {note.pitch % 12 for note in score.tracks[2].notes if note.end_ticks == score.end_ticks} == {6}
    assert (score.provenance["job"], score.provenance["seed"], score.provenance["style"]) == ("17", 5, "funk")
    assert score.provenance["models"] == dict(result.model_digests)
    assert set(result.model_digests) == {"gan"}


async def test_every_style_plays_in_its_meters_with_its_roles(client: ServiceClient) -> None:
    for style in (await listed(client)).values():
        for meter in style.meters:
            result, score = await generated(client, Request(style_id=style.style_id, meter=meter, bar_count=8, seed=2))
            assert result.meter == meter
            assert [track.name.upper() for track in score.tracks] == [
                common_pb2.Role.Name(role).removeprefix("ROLE_") for role in style.roles
            ]
            generated_grid = grid.from_score(score)
            assert (generated_grid.n_bars, generated_grid.meter) == (8, meter)


async def test_an_empty_request_is_sampled_from_the_seed(client: ServiceClient) -> None:
    first, again, other = [(await generated(client, Request(seed=seed)))[0] for seed in (3, 3, 4)]
    assert first == again
    assert first.midi != other.midi
    assert first.bar_count in (8, 16, 24, 32)
    neutral = gan_pb2.Mood()
    still = (await generated(client, Request(seed=3, mood=neutral, density=0)))[0]
    assert (still.mood, still.density) == (neutral, 0.0)
    assert first.mood != neutral
    assert -1 <= first.density <= 1


async def test_concurrent_requests_give_the_same_pieces(client: ServiceClient) -> None:
    requests = [Request(style_id=style, seed=7, bar_count=8) for style in ("funk", "jazz", "waltz")]
    alone = [(await generated(client, request))[0].midi for request in requests]
    async with serve(Settings(port=0, models=MODELS, threads=2)) as server, ServiceClient(server.target, "gan") as many:
        together = await asyncio.gather(*(generated(many, request) for request in requests))
    assert [result.midi for result, _ in together] == alone


async def test_only_the_roles_asked_for_play(client: ServiceClient) -> None:
    roles = [common_pb2.ROLE_LEAD, common_pb2.ROLE_BASS]
    result, score = await generated(client, Request(style_id="jazz", roles=roles, seed=1, bar_count=8))
    assert [track.name for track in score.tracks] == ["Lead", "Bass"]
    assert not result.notices


async def test_progress_never_falls(client: ServiceClient) -> None:
    *progress, _ = await messages(client, Request(style_id="waltz", seed=1, bar_count=8))
    fractions = [message.progress.fraction for message in progress]
    assert fractions == sorted(fractions)
    assert len(fractions) > 4
    assert {"plan", "draw", "choose"} <= {message.progress.stage for message in progress}


@pytest.mark.parametrize(
    ("request_", "fault", "message"),
    [
        (Request(style_id="polka"), UnknownStyle, "No style is called 'polka'"),
        (Request(style_id="waltz", meter="4/4"), UnsupportedMeter, "Waltz is played in 3/4, not in 4/4"),
        (Request(style_id="funk", meter="7/8"), UnsupportedMeter, "not in 7/8"),
        (Request(bar_count=7), InvalidInput, "bar_count is 7; it must be from 8 to 64"),
        (Request(bar_count=0), InvalidInput, "bar_count is 0"),
        (Request(tempo_bpm=401), InvalidInput, "tempo_bpm is 401"),
        (Request(key=common_pb2.Key(tonic=12)), InvalidInput, "key.tonic is 12"),
        (Request(mood=gan_pb2.Mood(valence=1.5)), InvalidInput, "valence is 1.5"),
        (Request(density=-2), InvalidInput, "density is -2"),
    ],
)
async def test_refuses_with_a_clear_reason(
    client: ServiceClient, request_: Request, fault: type[Fault], message: str
) -> None:
    with pytest.raises(fault, match=message):
        await messages(client, request_)


async def test_a_full_queue_is_reported() -> None:
    async with (
        serve(Settings(port=0, models=MODELS, queue_size=1)) as server,
        ServiceClient(server.target, "gan") as client,
    ):
        calls = [messages(client, Request(seed=seed, bar_count=64)) for seed in range(6)]
        done = await asyncio.gather(*calls, return_exceptions=True)
    refused = [fault for fault in done if isinstance(fault, Overloaded)]
    assert refused
    assert len(refused) + sum(isinstance(one, list) for one in done) == 6
    assert refused[0].retry_after_s > 0


async def test_starts_only_with_the_files_of_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "gan").mkdir()
    for file in (MODELS / "gan").iterdir():
        (tmp_path / "gan" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "gan/weights.safetensors").write_bytes(b"another")
    with pytest.raises(ModelMismatch, match=r"gan/weights\.safetensors is not the file"):
        async with serve(Settings(port=0, models=tmp_path)):
            pass
