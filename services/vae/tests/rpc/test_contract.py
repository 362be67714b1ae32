"""The contract, against a running service."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from score import grid as grids
from score import midi
from score.arrays import F32, I16
from score.roles import Role
from segue.common.v1 import common_pb2
from segue.vae.v1 import vae_pb2
from segue.vae.v1.vae_pb2_grpc import VaeServiceStub
from servicekit.client import ServiceClient
from servicekit.faults import (
    InvalidInput,
    MidiTooLarge,
    MidiUnreadable,
    ModelMismatch,
    NoNotes,
    NotReady,
    Overloaded,
    UnsupportedTimeDivision,
)
from vae.blending.blend import reconstruct
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.models.model_registry import CancellationCheck, ModelRegistry
from vae.pieces.piece import read_midi
from vae.rpc.servicer import VaeServicer, cancellation_check, serve
from vae.settings import Settings

Band = Callable[..., bytes]

MODELS = Path(os.environ.get("SEGUE_MODELS", Path(__file__).resolve().parents[4] / "models"))
EMPTY = midi.write(grids.to_score(grids.from_events("4/4", {Role.LEAD: np.zeros(16, np.int16)})))
NO_TICKS = b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x00\x00MTrk\x00\x00\x00\x04\x00\xff\x2f\x00"
C_MAJOR = common_pb2.Key(tonic=0, mode=common_pb2.MODE_MAJOR)
SETTINGS = vae_pb2.PieceSettings(meter="4/4", tempo_bpm=100.0)
ONE_WINDOW = [{"role": 1, "window_count": 1, "values": [0.0] * 256}]


@pytest_asyncio.fixture
async def link(registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ServiceClient]:
    """Return a link to a service in this process, on a free port, with models that are loaded already."""
    monkeypatch.setattr(ModelRegistry, "load", lambda *_: registry)
    async with serve(Settings(port=0, models=MODELS)) as server, ServiceClient(server.target, "vae") as link:
        yield link


def parents(*files: bytes) -> list[vae_pb2.Parent]:
    return [vae_pb2.Parent(midi=file) for file in files]


def interpolate_request(first: vae_pb2.Parent, second: vae_pb2.Parent, count: int) -> vae_pb2.InterpolateRequest:
    """Build the request for an interpolation."""
    return vae_pb2.InterpolateRequest(first=first, second=second, step_count=count, temperature=0.0)


async def blended(
    link: ServiceClient, request: vae_pb2.BlendRequest
) -> tuple[list[common_pb2.Progress], vae_pb2.BlendResult]:
    """Run a blend to its end."""
    async with aclosing(link.stream(VaeServiceStub(link.channel).Blend, request, timeout_s=60)) as responses:
        events = [response async for response in responses]
    assert [event.WhichOneof("event") for event in events] == ["progress"] * (len(events) - 1) + ["result"]
    return [event.progress for event in events[:-1]], events[-1].result


async def test_blend_reports_its_progress_and_returns_a_piece(link: ServiceClient, band: Band) -> None:
    request = vae_pb2.BlendRequest(parents=parents(band(4), band(8, seed=2)), key=C_MAJOR, seed=5)
    request.provenance["job"] = "17"
    progress, result = await blended(link, request)
    fractions = [each.fraction for each in progress]
    assert sorted([*fractions, 0.0, 1.0]) == [0.0, *fractions, 1.0]
    assert result.bar_count == 8  # whole phrases
    assert [len(origin.bars) for origin in result.origins] == [2] * 8
    assert {(source.ingredient, len(source.parents)) for source in result.sources} == {(at, 8) for at in range(1, 10)}
    assert {parent for source in result.sources for parent in source.parents} >= {1, 2}
    score = midi.parse(result.midi)
    assert [track.name for track in score.tracks] == ["Lead", "Harmony", "Bass", "Drums"]
    assert [(key.fifths, key.is_minor) for key in score.keys] == [(0, False)]
    assert score.provenance["seed"] == 5
    assert score.provenance["weight"] == 0.5
    assert score.provenance["job"] == "17"
    assert score.provenance["models"] == dict(result.model_digests)
    assert all(len(digest) == 64 for digest in result.model_digests.values())


async def test_the_same_request_gives_the_same_bytes(link: ServiceClient, band: Band) -> None:
    request = vae_pb2.BlendRequest(parents=parents(band(4), band(4, seed=2)), temperature=1.0, seed=9)
    first, second = [(await blended(link, request))[1].midi for _ in range(2)]
    assert first == second


@pytest.mark.parametrize("weight", [0.0, 1.0])
async def test_original_ends_are_the_parents_own_bytes(link: ServiceClient, band: Band, weight: float) -> None:
    files = [band(4) + b"\x00\x01", band(8, seed=2) + b"\x02"]
    request = vae_pb2.BlendRequest(parents=parents(*files), weight=weight, endpoint_mode=vae_pb2.ENDPOINT_MODE_ORIGINAL)
    assert (await blended(link, request))[1].midi == files[int(weight)]


async def test_an_original_end_is_the_piece_as_it_came(link: ServiceClient, band: Band) -> None:
    request = vae_pb2.BlendRequest(parents=parents(band(4), band(4, seed=2)), weight=0.0)
    request.endpoint_mode = vae_pb2.ENDPOINT_MODE_ORIGINAL
    request.parents[0].original_midi = band(4, seed=3)
    _, result = await blended(link, request)
    assert result.midi == band(4, seed=3)


@pytest.mark.parametrize("weight", [0.0, 1.0])
async def test_the_models_ends_are_that_parents_reconstruction(
    link: ServiceClient, registry: ModelRegistry, band: Band, weight: float
) -> None:
    files = band(4), band(8, seed=2)
    request = vae_pb2.BlendRequest(parents=parents(*files), weight=weight, seed=3)
    request.endpoint_mode = vae_pb2.ENDPOINT_MODE_RECONSTRUCTION
    _, result = await blended(link, request)
    options = BlendOptions(BlendWeights(), Settings().temperature, seed=3)
    expected = reconstruct(registry, read_midi(files[int(weight)]), options).grid
    found = grids.from_score(midi.parse(result.midi))
    assert set(found.roles) == set(expected.roles) == set(Role)
    for role in Role:
        assert np.array_equal(found.events[role], expected.events[role]), role


async def test_an_original_end_takes_the_requested_tempo(link: ServiceClient, band: Band) -> None:
    files = band(4), band(8, seed=2)
    request = vae_pb2.BlendRequest(parents=parents(*files), weight=0.0, tempo_bpm=75.0)
    request.endpoint_mode = vae_pb2.ENDPOINT_MODE_ORIGINAL
    _, result = await blended(link, request)
    assert [tempo.bpm for tempo in midi.parse(result.midi).tempos] == [75.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight": 1.5}, "from 0 to 1"),
        ({"weight": 0.5, "shares": [0.5, 0.5]}, "Shares replace"),
        ({"shares": [0.9, 0.9]}, "sum to 1"),
        ({"curve": [{"position": 0.5, "weight": 0}, {"position": 0.1, "weight": 1}]}, "must rise"),
        ({"role_weights": [{"role": common_pb2.ROLE_NONE, "weight": 0.5}]}, "There is no role 5"),
        ({"tempo_bpm": 5.0}, "20 to 400"),
        ({"temperature": 3.0}, "from 0 to 2"),
        ({"key": {"tonic": 12, "mode": common_pb2.MODE_MAJOR}}, "A tonic is 0 .C. to 11 .B., not 12"),
        ({"key": {"tonic": 3}}, "major or minor"),
        ({"section_weights": [{"label": "Q", "weight": 1.0}]}, "no section Q"),
        ({"section_weights": [{"start": 0.5, "end": 0.2, "weight": 1.0}]}, "an end after its start"),
        ({"meter_policy": 9}, "converted or refused"),
        ({"sliders": [{"value": 0.5}]}, "density, register, syncopation, polyphony"),
        ({"sliders": [{"attribute": 1, "value": 1.5}]}, "from -1 to 1, not 1.5"),
        ({"sliders": [{"attribute": 1, "value": 0.5}] * 2}, "at most one slider"),
        ({"sliders": [{"attribute": 2, "value": 0.5, "role": common_pb2.ROLE_DRUMS}]}, "no register slider for drums"),
    ],
)
async def test_blend_refuses_invalid_fields(
    link: ServiceClient, band: Band, change: dict[str, object], message: str
) -> None:
    request = vae_pb2.BlendRequest(parents=parents(band(2), band(2)), **change)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=message):
        await blended(link, request)


async def test_a_blend_and_its_parents_report_their_sections(link: ServiceClient, song: Band) -> None:
    files = song("ABAC", seed=1), song("XYXZ", seed=2)
    encoded = await link.call(VaeServiceStub(link.channel).Encode, vae_pb2.EncodeRequest(midi=files[0]), timeout_s=60)
    request = vae_pb2.BlendRequest(
        parents=parents(*files), section_weights=[vae_pb2.SectionWeight(label="B", weight=1.0)], weight=0.0
    )
    _, result = await blended(link, request)
    for sections in (encoded.sections, result.sections):
        assert [(each.label, each.start_bar, each.bar_count) for each in sections] == [
            ("A", 0, 8),
            ("B", 8, 8),
            ("A", 16, 8),
            ("C", 24, 8),
        ]
    assert midi.parse(result.midi).provenance["sections"] == [["B", 0.0, 1.0, 1.0]]


async def test_sliders_change_the_notes_at_the_ends_too(link: ServiceClient, band: Band) -> None:
    for mode in (vae_pb2.ENDPOINT_MODE_RECONSTRUCTION, vae_pb2.ENDPOINT_MODE_ORIGINAL):
        request = vae_pb2.BlendRequest(parents=parents(band(4), band(4, 1)), weight=0.0, endpoint_mode=mode)
        _, plain = await blended(link, request)
        request.sliders.add(attribute=vae_pb2.ATTRIBUTE_REGISTER, value=1.0, role=common_pb2.ROLE_BASS)
        own, moved = midi.parse(plain.midi), midi.parse((await blended(link, request))[1].midi)
        assert [each.pitch for each in moved.tracks[2].notes] == [each.pitch + 12 for each in own.tracks[2].notes]
        assert moved.provenance["sliders"] == [["register", 1.0, "bass"]]


async def test_a_blend_plays_beside_the_grid_as_its_parents_do(link: ServiceClient, band: Band) -> None:
    straight = midi.parse(band(2))
    late = [
        replace(each, notes=tuple(note._replace(onset_ticks=note.onset_ticks + 30) for note in each.notes))
        for each in straight.tracks
    ]
    files = band(2), midi.write(replace(straight, tracks=tuple(late)))
    _, result = await blended(link, vae_pb2.BlendRequest(parents=parents(*files), weight=0.5))
    onsets = {note.onset_ticks % 120 for track in midi.parse(result.midi).tracks for note in track.notes}
    assert onsets == {15}


async def test_a_cancelled_call_stops_the_work(
    registry: ModelRegistry, band: Band, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = _Held(registry)
    watched: list[threading.Event] = []

    def watch(cancelled: threading.Event) -> CancellationCheck:
        watched.append(cancelled)
        return cancellation_check(cancelled)

    monkeypatch.setattr(ModelRegistry, "load", lambda *_: held)
    monkeypatch.setattr("vae.rpc.servicer.cancellation_check", watch)
    async with serve(Settings(port=0, models=MODELS)) as server, ServiceClient(server.target, "vae") as link:
        stub = VaeServiceStub(link.channel)
        call = stub.Blend(vae_pb2.BlendRequest(parents=parents(band(8), band(8, seed=2))))
        first = await call.read()
        assert isinstance(first, vae_pb2.BlendResponse)
        assert first.progress.stage == "align"
        assert await asyncio.to_thread(held.began.wait, 30)
        call.cancel()
        assert await asyncio.to_thread(watched[0].wait, 30)
        held.release.set()
        # One thread does all work: when it samples, it has left the blend.
        sample = vae_pb2.SampleRequest(roles=[common_pb2.ROLE_DRUMS], window_count=1, settings=SETTINGS)
        await link.call(stub.Sample, sample, timeout_s=60)
    assert held.encoded == 1
    assert held.decoded == 1  # the sample's


class _Held(ModelRegistry):
    """A registry that holds its first batch until it is released, and counts what passes."""

    def __init__(self, registry: ModelRegistry) -> None:
        super().__init__(registry._models, registry.digests)
        self.began, self.release = threading.Event(), threading.Event()
        self.encoded = self.decoded = 0

    def encode(self, *arguments: Any, **options: Any) -> F32:
        self.encoded += 1
        self.began.set()
        assert self.release.wait(30)
        return super().encode(*arguments, **options)

    def decode(self, *arguments: Any, **options: Any) -> list[I16]:
        self.decoded += 1
        return super().decode(*arguments, **options)


@pytest.mark.parametrize("count", [0, 1, 9])
async def test_blend_takes_two_to_eight_pieces(link: ServiceClient, band: Band, count: int) -> None:
    request = vae_pb2.BlendRequest(parents=parents(*[band(2)] * count), shares=[1.0 / max(count, 1)] * count)
    with pytest.raises(InvalidInput, match="2 to 8 pieces"):
        await blended(link, request)


@pytest.mark.parametrize(
    ("data", "fault", "message"),
    [
        (b"no midi", MidiUnreadable, "."),
        (NO_TICKS, UnsupportedTimeDivision, "."),
        (EMPTY, NoNotes, "."),
        (b"MThd" + bytes(3 << 20), MidiTooLarge, "."),
    ],
)
async def test_files_that_cannot_be_used_are_refused(
    link: ServiceClient, band: Band, data: bytes, fault: type[InvalidInput], message: str
) -> None:
    stub = VaeServiceStub(link.channel)
    with pytest.raises(fault, match=message):
        await blended(link, vae_pb2.BlendRequest(parents=parents(band(2), data)))
    with pytest.raises(fault, match=message):
        await link.call(stub.Encode, vae_pb2.EncodeRequest(midi=data), timeout_s=10)


async def test_a_role_for_a_track_that_is_not_there_is_refused(link: ServiceClient, band: Band) -> None:
    override = common_pb2.RoleOverride(track=9, role=common_pb2.ROLE_LEAD)
    with pytest.raises(InvalidInput, match="no track 9"):
        await link.call(
            VaeServiceStub(link.channel).Encode, vae_pb2.EncodeRequest(midi=band(2), roles=[override]), timeout_s=10
        )


async def test_encode_then_decode_gives_the_piece_back(link: ServiceClient, band: Band) -> None:
    stub = VaeServiceStub(link.channel)
    encoded = await link.call(stub.Encode, vae_pb2.EncodeRequest(midi=band(5, bpm=100.0)), timeout_s=10)
    assert encoded.latent_size == 256
    assert (encoded.settings.meter, round(encoded.settings.tempo_bpm)) == ("4/4", 100)
    assert {latents.role for latents in encoded.latents} == {1, 2, 3, 4}
    assert all(latents.window_count == 3 and len(latents.values) == 768 for latents in encoded.latents)
    request = vae_pb2.DecodeRequest(latents=encoded.latents, settings=SETTINGS)
    decoded = grids.from_score(midi.parse((await link.call(stub.Decode, request, timeout_s=10)).midi))
    original = grids.from_score(midi.parse(band(5)))
    assert decoded.roles == original.roles
    drums = decoded.events[Role.DRUMS][:80] == original.events[Role.DRUMS]
    assert drums.mean() > 0.6


@pytest.mark.parametrize(
    ("latents", "settings", "message"),
    [
        ([], SETTINGS, "at least one role"),
        ([{"role": 1, "window_count": 1, "values": [0.0] * 255}], SETTINGS, "256 numbers each"),
        ([{"role": 1, "window_count": 0}], SETTINGS, "256 numbers each"),
        ([{"role": 1, "window_count": 1, "values": [float("nan")] * 256}], SETTINGS, "finite"),
        (
            [{"role": 1, "window_count": 1, "values": [0.0] * 256, "sounding": [1, 1]}],
            SETTINGS,
            "1 windows need 1 sounding flags, not 2",
        ),
        (ONE_WINDOW, vae_pb2.PieceSettings(meter="5/4", tempo_bpm=90), "meter"),
        (ONE_WINDOW, vae_pb2.PieceSettings(meter="4/4"), "20 to 400"),
    ],
)
async def test_decode_refuses_latents_that_do_not_fit_the_models(
    link: ServiceClient, latents: list[dict[str, object]], settings: vae_pb2.PieceSettings, message: str
) -> None:
    request = vae_pb2.DecodeRequest(latents=latents, settings=settings)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=message):
        await link.call(VaeServiceStub(link.channel).Decode, request, timeout_s=10)


async def test_interpolate_returns_both_ends_and_the_steps_between(link: ServiceClient, band: Band) -> None:
    first, last = parents(band(4), band(8, seed=2))
    request = interpolate_request(first, last, 3)
    reply = await link.call(VaeServiceStub(link.channel).Interpolate, request, timeout_s=60)
    bars = [grids.from_score(midi.parse(data)).n_bars for data in reply.midis]
    assert bars == [4, 8, 8]  # whole phrases


@pytest.mark.parametrize("count", [0, 1, 17])
async def test_interpolate_refuses_other_numbers_of_steps(link: ServiceClient, band: Band, count: int) -> None:
    first, last = parents(band(2), band(2))
    request = interpolate_request(first, last, count)
    with pytest.raises(InvalidInput, match="2 to 16"):
        await link.call(VaeServiceStub(link.channel).Interpolate, request, timeout_s=10)


async def test_sample_returns_the_requested_roles_in_the_key(link: ServiceClient) -> None:
    settings = vae_pb2.PieceSettings(meter="3/4", tempo_bpm=90.0, key=C_MAJOR)
    request = vae_pb2.SampleRequest(
        roles=[common_pb2.ROLE_LEAD, common_pb2.ROLE_BASS], window_count=4, settings=settings, seed=3
    )
    stub = VaeServiceStub(link.channel)
    first = await link.call(stub.Sample, request, timeout_s=10)
    grid = grids.from_score(midi.parse(first.midi))
    assert (grid.meter, set(grid.roles)) == ("3/4", {Role.LEAD, Role.BASS})
    assert {int(pitch) % 12 for role in grid.roles for pitch in grid.notes(role)[:, 2]} <= {0, 2, 4, 5, 7, 9, 11}
    assert (await link.call(stub.Sample, request, timeout_s=10)).midi == first.midi


async def test_sample_refuses_no_role_and_too_many_windows(link: ServiceClient) -> None:
    stub = VaeServiceStub(link.channel)
    for request in (
        vae_pb2.SampleRequest(window_count=4, settings=SETTINGS),
        vae_pb2.SampleRequest(roles=[common_pb2.ROLE_LEAD], window_count=65, settings=SETTINGS),
    ):
        with pytest.raises(InvalidInput, match="at least one role and 1 to 64"):
            await link.call(stub.Sample, request, timeout_s=10)


async def test_a_full_queue_refuses(registry: ModelRegistry, band: Band, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ModelRegistry, "load", lambda *_: registry)
    release = threading.Event()
    monkeypatch.setattr(VaeServicer, "_sample", lambda *_: release.wait(30) and vae_pb2.SampleResponse())
    async with serve(Settings(port=0, queue_size=0)) as server, ServiceClient(server.target, "vae") as link:
        stub = VaeServiceStub(link.channel)
        calls = [asyncio.create_task(link.call(stub.Sample, vae_pb2.SampleRequest(), timeout_s=30)) for _ in range(2)]
        done, waiting = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        with pytest.raises(Overloaded, match="Too much work"):
            done.pop().result()
        release.set()
        await waiting.pop()


async def test_before_the_models_are_loaded_it_is_not_ready(tmp_path: Path) -> None:
    server = serve(Settings(port=0, models=MODELS, data=tmp_path))
    await server.start()
    try:
        async with ServiceClient(server.target, "vae") as link:
            with pytest.raises(NotReady, match=r"."):
                await link.call(VaeServiceStub(link.channel).Sample, vae_pb2.SampleRequest(), timeout_s=20)
    finally:
        await server.stop()


def test_weights_that_are_missing_stop_the_service(tmp_path: Path) -> None:
    with pytest.raises(ModelMismatch, match="The model vae-lead is not installed"):
        ModelRegistry.load(tmp_path, tmp_path)
