"""The contract against a running service: every call, and each documented error."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from score import midi
from score.model import KeySignature, Meter, Note, Score, Track
from score.summary import bar_onsets_s, timed_notes
from segue.common.v1 import common_pb2
from segue.transposer.v1.transposer_pb2 import (
    GRID_SOURCE_FILE,
    GRID_SOURCE_FOUND,
    MODE_POLICY_PARALLEL,
    RANGE_POLICY_MIDI,
    TRANSPOSE_DIRECTION_IN_RANGE,
    DetectKeyRequest,
    InspectRequest,
    NormaliseRequest,
    NormaliseResponse,
    TransposeRequest,
)
from segue.transposer.v1.transposer_pb2_grpc import TransposerServiceStub
from servicekit.client import ServiceClient
from servicekit.faults import (
    Fault,
    InvalidInput,
    MidiTooLarge,
    MidiUnreadable,
    NoNotes,
    NoPitchedNotes,
    UnsupportedTimeDivision,
)
from servicekit.probe import check_health
from transposer.servicer import serve
from transposer.settings import Settings

Make = Callable[..., Score]
MAJOR, MINOR = common_pb2.MODE_MAJOR, common_pb2.MODE_MINOR


class Client:
    """The service as a caller sees it."""

    def __init__(self, service: ServiceClient) -> None:
        self.service = service
        self.stub = TransposerServiceStub(service.channel)

    async def inspect(self, request: InspectRequest):  # type: ignore[no-untyped-def]
        return await self.service.call(self.stub.Inspect, request, timeout_s=10)

    async def detect(self, data: bytes, roles: Sequence[common_pb2.RoleOverride] = ()):  # type: ignore[no-untyped-def]
        request = DetectKeyRequest(midi=data, roles=roles)
        return (await self.service.call(self.stub.DetectKey, request, timeout_s=10)).key

    async def transpose(self, request: TransposeRequest):  # type: ignore[no-untyped-def]
        return await self.service.call(self.stub.Transpose, request, timeout_s=10)

    async def normalise(self, *requests: NormaliseRequest) -> list[NormaliseResponse]:
        return [response async for response in self.stub.Normalise(iter(requests), timeout=60)]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serve(Settings(port=0)) as server, ServiceClient(server.target, "transposer") as service:
        yield Client(service)


def key(tonic: int, mode: common_pb2.Mode.ValueType) -> common_pb2.Key:
    return common_pb2.Key(tonic=tonic, mode=mode)


async def test_inspect_describes_a_piece(client: Client, cadence: Make) -> None:
    data = midi.write(cadence(62))
    response = await client.inspect(InspectRequest(midi=data))
    assert (response.bar_count, response.duration_s, response.tempo_bpm, response.meter) == (2, 4.0, 120.0, "4/4")
    assert response.key.key == key(2, MAJOR)
    assert [(track.name, track.program, track.is_drum, track.note_count, track.role) for track in response.tracks] == [
        ("Piano", 0, False, 12, common_pb2.ROLE_LEAD),
        ("Bass", 33, False, 4, common_pb2.ROLE_BASS),
        ("Kit", 0, True, 8, common_pb2.ROLE_DRUMS),
    ]
    assert [notice.reason for notice in response.notices] == ["TRACK_DIVIDED"]
    assert not response.bar_onsets_s
    assert not response.tracks[0].notes


async def test_inspect_lists_notes_and_bars_on_request(client: Client, cadence: Make) -> None:
    response = await client.inspect(InspectRequest(midi=midi.write(cadence(60)), include_notes=True))
    assert list(response.bar_onsets_s) == [0, 2]
    first = response.tracks[1].notes[0]
    assert (first.onset_s, first.duration_s, first.pitch, first.velocity) == (0.0, 1.0, 36, 90)


async def test_inspect_shows_the_lead_within_a_track(client: Client, cadence: Make) -> None:
    response = await client.inspect(InspectRequest(midi=midi.write(cadence(62)), include_notes=True))
    piano, bass, _ = response.tracks
    assert list(piano.roles) == [common_pb2.ROLE_LEAD, common_pb2.ROLE_HARMONY]
    roles = {note.pitch: note.role for note in piano.notes if note.onset_s == 0}
    assert roles == {62: common_pb2.ROLE_HARMONY, 66: common_pb2.ROLE_HARMONY, 69: common_pb2.ROLE_LEAD}
    assert list(bass.roles) == [common_pb2.ROLE_BASS]
    assert {note.role for note in bass.notes} == {common_pb2.ROLE_UNSPECIFIED}


async def test_inspect_takes_roles(client: Client, cadence: Make) -> None:
    roles = [
        common_pb2.RoleOverride(track=0, role=common_pb2.ROLE_LEAD),
        common_pb2.RoleOverride(track=1, role=common_pb2.ROLE_NONE),
        common_pb2.RoleOverride(track=2, role=common_pb2.ROLE_UNSPECIFIED),
    ]
    response = await client.inspect(InspectRequest(midi=midi.write(cadence(60)), roles=roles))
    assert [(track.role, track.role_confidence) for track in response.tracks] == [
        (common_pb2.ROLE_LEAD, 1.0),
        (common_pb2.ROLE_NONE, 1.0),
        (common_pb2.ROLE_DRUMS, 1.0),
    ]


async def test_inspect_accepts_drums_alone(client: Client, line: Make) -> None:
    response = await client.inspect(InspectRequest(midi=midi.write(line(36, 38, 36, 38, channel=9))))
    assert not response.HasField("key")
    assert [notice.reason for notice in response.notices] == ["DRUMS_ONLY"]


@pytest.fixture
def performance() -> Score:
    """Build a tune in quarters of 0.69 s with a drift, in a file of 120 BPM."""
    onsets = [round(960 * (1.7 + 0.69 * beat + 0.1 * math.sin(beat / 5))) for beat in range(48)]
    tune = (64, 64, 65, 67, 67, 65, 64, 62, 60, 60, 62, 64, 64, 62, 62, 62)
    notes = [Note(tick, 600, tune[beat % 16], 80) for beat, tick in enumerate(onsets)]
    notes += [Note(tick, 2500, pitch, 60) for tick in onsets[::4] for pitch in (36, 48, 55)]
    return Score(480, tracks=(Track("Piano", 0, 0, tuple(sorted(notes))),))


async def test_inspect_finds_the_grid_of_a_performance(client: Client, performance: Score) -> None:
    request = InspectRequest(midi=midi.write(performance), include_notes=True)
    response = await client.inspect(request)
    gridded = midi.parse(response.gridded_midi)
    assert response.grid == GRID_SOURCE_FOUND
    assert response.grid_confidence > 0.5
    assert "GRID_FOUND" in [notice.reason for notice in response.notices]
    assert response.bar_onsets_s == pytest.approx(bar_onsets_s(gridded))
    expected = timed_notes(performance, performance.tracks[0])
    for note, written in zip(response.tracks[0].notes, expected, strict=True):
        assert note.onset_s == pytest.approx(written.onset_s, abs=0.002)


async def test_inspect_keeps_the_files_grid_on_request(client: Client, performance: Score) -> None:
    response = await client.inspect(InspectRequest(midi=midi.write(performance), grid=GRID_SOURCE_FILE))
    assert (response.grid, response.grid_confidence, response.gridded_midi) == (GRID_SOURCE_FILE, 1.0, b"")
    assert response.tempo_bpm == pytest.approx(120)


async def test_inspect_keeps_the_grid_of_a_written_piece(client: Client, cadence: Make) -> None:
    response = await client.inspect(InspectRequest(midi=midi.write(cadence())))
    assert (response.grid, response.gridded_midi) == (GRID_SOURCE_FILE, b"")


async def test_inspect_refuses_an_unknown_grid(client: Client, cadence: Make) -> None:
    with pytest.raises(InvalidInput, match="There is no grid 7"):
        await client.inspect(InspectRequest(midi=midi.write(cadence()), grid=7))  # type: ignore[arg-type]


async def test_inspect_refuses_a_role_for_no_track(client: Client, cadence: Make) -> None:
    data = midi.write(cadence(60))
    missing = common_pb2.RoleOverride(track=7, role=common_pb2.ROLE_LEAD)
    with pytest.raises(InvalidInput, match="There is no track 7"):
        await client.inspect(InspectRequest(midi=data, roles=[missing]))
    unknown = common_pb2.RoleOverride(track=0, role=99)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="There is no role 99"):
        await client.inspect(InspectRequest(midi=data, roles=[unknown]))


async def test_detect_key(client: Client, cadence: Make) -> None:
    detected = await client.detect(midi.write(cadence(66, is_minor=True)))
    assert detected.key == key(6, MINOR)
    assert detected.confidence > 0.8
    assert detected.runner_up != detected.key
    assert detected.mode_name == ""


async def test_transpose_to_a_key(client: Client, cadence: Make) -> None:
    score = cadence(64, keys=[KeySignature(0, 4, False)])
    response = await client.transpose(TransposeRequest(midi=midi.write(score), key=key(0, MAJOR)))
    transposed = midi.parse(response.midi)
    assert (response.from_key.key, response.to_key, response.semitones) == (key(4, MAJOR), key(0, MAJOR), -4)
    assert transposed.tracks == cadence(60).tracks
    assert transposed.keys == (KeySignature(0, 0, False),)


async def test_transpose_keeps_the_mode(client: Client, cadence: Make) -> None:
    response = await client.transpose(TransposeRequest(midi=midi.write(cadence(60, is_minor=True)), key=key(0, MAJOR)))
    assert (response.to_key, response.semitones) == (key(9, MINOR), -3)


async def test_transpose_by_semitones(client: Client, cadence: Make) -> None:
    response = await client.transpose(TransposeRequest(midi=midi.write(cadence(60)), semitones=-7))
    assert (response.from_key.key, response.to_key, response.semitones) == (key(0, MAJOR), key(5, MAJOR), -7)
    assert midi.parse(response.midi).tracks == cadence(53).tracks


async def test_a_piece_that_is_in_the_key_already_keeps_its_bytes(client: Client, cadence: Make) -> None:
    data = midi.write(cadence(60)) + b"\x00\x01"
    response = await client.transpose(TransposeRequest(midi=data, key=key(0, MAJOR)))
    assert (response.midi, response.semitones) == (data, 0)


async def test_transpose_reports_folded_notes(client: Client, line: Make) -> None:
    response = await client.transpose(TransposeRequest(midi=midi.write(line(120, 127)), semitones=12))
    assert [notice.reason for notice in response.notices] == ["NOTES_FOLDED"]


async def test_transpose_leaves_drums_alone_where_they_are(client: Client, line: Make) -> None:
    data = midi.write(line(36, 38, channel=9))
    response = await client.transpose(TransposeRequest(midi=data, semitones=2))
    assert (response.midi, response.semitones, response.HasField("from_key"), response.HasField("to_key")) == (
        data,
        0,
        False,
        False,
    )


async def test_a_person_decides_what_is_drums(client: Client, cadence: Make) -> None:
    score = cadence(60)
    drums = common_pb2.RoleOverride(track=1, role=common_pb2.ROLE_DRUMS)
    pitched = common_pb2.RoleOverride(track=2, role=common_pb2.ROLE_BASS)
    request = TransposeRequest(midi=midi.write(score), semitones=2, roles=[drums, pitched])
    transposed = midi.parse((await client.transpose(request)).midi)
    assert transposed.tracks[1].notes == score.tracks[1].notes
    assert [note.pitch for note in transposed.tracks[2].notes[:2]] == [38, 40]
    described = await client.inspect(InspectRequest(midi=midi.write(score), roles=[drums, pitched]))
    assert [track.is_drum for track in described.tracks] == [False, True, False]


async def test_a_key_is_not_found_in_what_a_person_calls_drums(client: Client, line: Make) -> None:
    roles = [common_pb2.RoleOverride(track=0, role=common_pb2.ROLE_DRUMS)]
    with pytest.raises(NoPitchedNotes, match="Only drums sound"):
        await client.detect(midi.write(line(60, 64, 67)), roles)


async def test_the_runner_up_has_a_confidence(client: Client, cadence: Make) -> None:
    detected = await client.detect(midi.write(cadence(60)))
    assert 0 < detected.runner_up_confidence <= detected.confidence
    assert detected.confidence + detected.runner_up_confidence <= 1


async def test_local_keys_are_listed_on_request(client: Client, cadence: Make) -> None:
    data = midi.write(cadence(62))
    request = DetectKeyRequest(midi=data, include_local_keys=True)
    response = await client.service.call(client.stub.DetectKey, request, timeout_s=10)
    (only,) = response.local_keys
    assert (only.first_bar, only.bar_count, only.onset_s, only.end_s, only.key) == (0, 2, 0.0, 4.0, key(2, MAJOR))
    assert 0.5 < only.confidence <= 1
    inspected = await client.inspect(InspectRequest(midi=data, include_local_keys=True))
    assert list(inspected.local_keys) == [only]
    assert not (await client.inspect(InspectRequest(midi=data))).local_keys


async def test_transpose_to_the_key_of_a_reference(client: Client, cadence: Make) -> None:
    other = midi.write(cadence(67, is_minor=True))
    response = await client.transpose(TransposeRequest(midi=midi.write(cadence(60)), reference_midi=other))
    # G minor's relative major.
    assert (response.to_key, response.semitones) == (key(10, MAJOR), -2)
    parallel = TransposeRequest(midi=midi.write(cadence(60)), reference_midi=other, mode_policy=MODE_POLICY_PARALLEL)
    response = await client.transpose(parallel)
    assert (response.to_key, response.semitones) == (key(7, MAJOR), -5)


async def test_transpose_in_the_direction_that_keeps_instruments_in_range(client: Client, line: Make) -> None:
    # A flute's lowest note is its low B: a fourth down has to be folded, a fifth up does not.
    low = line(60, 62, 64, 65, 67, 69, 71, 72, 60)
    response = await client.transpose(
        TransposeRequest(midi=midi.write(low), key=key(7, MAJOR), direction=TRANSPOSE_DIRECTION_IN_RANGE)
    )
    assert (response.semitones, list(response.notices)) == (7, [])
    response = await client.transpose(TransposeRequest(midi=midi.write(low), key=key(7, MAJOR)))
    assert (response.semitones, [notice.reason for notice in response.notices]) == (-5, ["NOTES_FOLDED"])
    unlimited = TransposeRequest(midi=midi.write(low), key=key(7, MAJOR), range_policy=RANGE_POLICY_MIDI)
    response = await client.transpose(unlimited)
    assert (response.semitones, list(response.notices)) == (-5, [])


async def test_a_collection_is_transposed_piece_by_piece(client: Client, cadence: Make, line: Make) -> None:
    def request(name: str, data: bytes, **target: object) -> NormaliseRequest:
        target = target or {"key": key(0, MAJOR)}
        return NormaliseRequest(piece_id=name, piece=TransposeRequest(midi=data, **target))  # type: ignore[arg-type]

    responses = await client.normalise(
        request("in D", midi.write(cadence(62))),
        request("broken", b"no music"),
        request("drums", midi.write(line(36, 38, channel=9))),
        request("in C minor", midi.write(cadence(60, is_minor=True))),
        request("nowhere", midi.write(cadence(60)), semitones=25),
    )
    assert [response.piece_id for response in responses] == ["in D", "broken", "drums", "in C minor", "nowhere"]
    assert [response.error.reason for response in responses] == [
        "",
        "MIDI_UNREADABLE",
        "NO_PITCHED_NOTES",
        "",
        "INVALID_INPUT",
    ]
    assert "by -24 to 24 semitones, not by 25" in responses[4].error.message
    assert midi.parse(responses[0].transposed.midi).tracks == cadence(60).tracks
    assert (responses[3].transposed.to_key, responses[3].transposed.semitones) == (key(9, MINOR), -3)


async def test_an_empty_collection_has_no_responses(client: Client) -> None:
    assert await client.normalise() == []


@pytest.mark.parametrize(
    ("data", "fault", "words"),
    [
        (b"", MidiUnreadable, "empty"),
        (b"no music", MidiUnreadable, "MThd"),
        (midi.write(Score()), NoNotes, "no notes"),
        (b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x00\x00", UnsupportedTimeDivision, "0 ticks"),
        (bytes(3 * 1024 * 1024), MidiTooLarge, "may have 2,097,152"),
    ],
)
async def test_every_call_refuses_unusable_files(client: Client, data: bytes, fault: type[Fault], words: str) -> None:
    with pytest.raises(fault, match=words):
        await client.inspect(InspectRequest(midi=data))
    with pytest.raises(fault, match=words):
        await client.detect(data)
    with pytest.raises(fault, match=words):
        await client.transpose(TransposeRequest(midi=data, semitones=1))


async def test_drums_alone_have_no_key(client: Client, line: Make) -> None:
    data = midi.write(line(36, 38, channel=9))
    with pytest.raises(NoPitchedNotes, match="Only drums"):
        await client.detect(data)
    with pytest.raises(NoPitchedNotes, match="Only drums"):
        await client.transpose(TransposeRequest(midi=data, key=key(0, MAJOR)))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({}, "The target is missing"),
        ({"semitones": 25}, "by -24 to 24 semitones, not by 25"),
        ({"key": key(12, MAJOR)}, r"0 \(C\) to 11 \(B\), not 12"),
        ({"key": common_pb2.Key(tonic=3)}, "major or minor"),
        ({"semitones": 1, "direction": 7}, "There is no direction 7; use 1 or 2"),
        ({"semitones": 1, "mode_policy": 3}, "There is no mode_policy 3"),
        ({"reference_midi": b"no music"}, "MThd"),
    ],
)
async def test_transpose_refuses_missing_and_invalid_targets(
    client: Client, cadence: Make, target: dict[str, object], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        await client.transpose(TransposeRequest(midi=midi.write(cadence(60)), **target))  # type: ignore[arg-type]


async def test_odd_meters_come_with_notices(client: Client, cadence: Make) -> None:
    score = cadence(60)
    odd = Score(meters=(Meter(0, 7, 8),), tracks=score.tracks)
    response = await client.inspect(InspectRequest(midi=midi.write(odd)))
    assert (response.meter, response.bar_count) == ("7/8", 3)
    assert "7/8 is not supported" in response.notices[0].message


async def test_the_service_is_healthy() -> None:
    async with serve(Settings(port=0)) as server:
        state = await asyncio.to_thread(check_health, server.target, "segue.transposer.v1.TransposerService")
    assert state == "SERVING"
