"""The contract, against a running service: every call, and each error that it documents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from score import midi
from score.model import KeySignature, Meter, Score
from segue.common.v1 import common_pb2
from segue.transposer.v1.transposer_pb2 import (
    MODE_POLICY_PARALLEL,
    RANGE_POLICY_MIDI,
    WAY_IN_RANGE,
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

    def __init__(self, link: ServiceClient) -> None:
        self.link = link
        self.stub = TransposerServiceStub(link.channel)

    async def inspect(self, request: InspectRequest):  # type: ignore[no-untyped-def]
        return await self.link.call(self.stub.Inspect, request, timeout_s=10)

    async def detect(self, data: bytes):  # type: ignore[no-untyped-def]
        return (await self.link.call(self.stub.DetectKey, DetectKeyRequest(midi=data), timeout_s=10)).key

    async def transpose(self, request: TransposeRequest):  # type: ignore[no-untyped-def]
        return await self.link.call(self.stub.Transpose, request, timeout_s=10)

    async def normalise(self, *requests: NormaliseRequest) -> list[NormaliseResponse]:
        return [reply async for reply in self.stub.Normalise(iter(requests), timeout=60)]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serve(Settings(port=0)) as server, ServiceClient(server.target, "transposer") as link:
        yield Client(link)


def key(tonic: int, mode: common_pb2.Mode.ValueType) -> common_pb2.Key:
    return common_pb2.Key(tonic=tonic, mode=mode)


async def test_inspect_describes_a_piece(client: Client, cadence: Make) -> None:
    data = midi.write(cadence(62))
    reply = await client.inspect(InspectRequest(midi=data))
    assert (reply.bar_count, reply.duration_s, reply.tempo_bpm, reply.meter) == (2, 4.0, 120.0, "4/4")
    assert reply.key.key == key(2, MAJOR)
    assert [(track.name, track.program, track.is_drum, track.note_count, track.role) for track in reply.tracks] == [
        ("Piano", 0, False, 12, common_pb2.ROLE_HARMONY),
        ("Bass", 33, False, 4, common_pb2.ROLE_BASS),
        ("Kit", 0, True, 8, common_pb2.ROLE_DRUMS),
    ]
    assert [notice.reason for notice in reply.notices] == ["TRACK_DIVIDED"]
    assert not reply.bar_onsets_s
    assert not reply.tracks[0].notes


async def test_inspect_lists_notes_and_bars_when_asked(client: Client, cadence: Make) -> None:
    reply = await client.inspect(InspectRequest(midi=midi.write(cadence(60)), include_notes=True))
    assert list(reply.bar_onsets_s) == [0, 2]
    first = reply.tracks[1].notes[0]
    assert (first.onset_s, first.duration_s, first.pitch, first.velocity) == (0.0, 1.0, 36, 90)


async def test_inspect_takes_roles(client: Client, cadence: Make) -> None:
    roles = [
        common_pb2.RoleOverride(track=0, role=common_pb2.ROLE_LEAD),
        common_pb2.RoleOverride(track=1, role=common_pb2.ROLE_NONE),
        common_pb2.RoleOverride(track=2, role=common_pb2.ROLE_UNSPECIFIED),
    ]
    reply = await client.inspect(InspectRequest(midi=midi.write(cadence(60)), roles=roles))
    assert [(track.role, track.role_confidence) for track in reply.tracks] == [
        (common_pb2.ROLE_LEAD, 1.0),
        (common_pb2.ROLE_NONE, 1.0),
        (common_pb2.ROLE_DRUMS, 1.0),
    ]


async def test_inspect_accepts_drums_alone(client: Client, line: Make) -> None:
    reply = await client.inspect(InspectRequest(midi=midi.write(line(36, 38, 36, 38, channel=9))))
    assert not reply.HasField("key")
    assert [notice.reason for notice in reply.notices] == ["DRUMS_ONLY"]


async def test_inspect_refuses_a_role_for_no_track(client: Client, cadence: Make) -> None:
    data = midi.write(cadence(60))
    missing = common_pb2.RoleOverride(track=7, role=common_pb2.ROLE_LEAD)
    with pytest.raises(InvalidInput, match="There is no track 7"):
        await client.inspect(InspectRequest(midi=data, roles=[missing]))
    unknown = common_pb2.RoleOverride(track=0, role=99)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="There is no role 99"):
        await client.inspect(InspectRequest(midi=data, roles=[unknown]))


async def test_detect_key(client: Client, cadence: Make) -> None:
    found = await client.detect(midi.write(cadence(66, is_minor=True)))
    assert found.key == key(6, MINOR)
    assert found.confidence > 0.8
    assert found.runner_up != found.key
    assert found.mode_name == ""


async def test_transpose_to_a_key(client: Client, cadence: Make) -> None:
    score = cadence(64, keys=[KeySignature(0, 4, False)])
    reply = await client.transpose(TransposeRequest(midi=midi.write(score), key=key(0, MAJOR)))
    moved = midi.parse(reply.midi)
    assert (reply.from_key.key, reply.to_key, reply.semitones) == (key(4, MAJOR), key(0, MAJOR), -4)
    assert moved.tracks == cadence(60).tracks
    assert moved.keys == (KeySignature(0, 0, False),)


async def test_transpose_keeps_the_mode(client: Client, cadence: Make) -> None:
    reply = await client.transpose(TransposeRequest(midi=midi.write(cadence(60, is_minor=True)), key=key(0, MAJOR)))
    assert (reply.to_key, reply.semitones) == (key(9, MINOR), -3)


async def test_transpose_by_semitones(client: Client, cadence: Make) -> None:
    reply = await client.transpose(TransposeRequest(midi=midi.write(cadence(60)), semitones=-7))
    assert (reply.from_key.key, reply.to_key, reply.semitones) == (key(0, MAJOR), key(5, MAJOR), -7)
    assert midi.parse(reply.midi).tracks == cadence(53).tracks


async def test_transpose_tells_what_was_folded(client: Client, line: Make) -> None:
    reply = await client.transpose(TransposeRequest(midi=midi.write(line(120, 127)), semitones=12))
    assert [notice.reason for notice in reply.notices] == ["NOTES_FOLDED"]


async def test_transpose_leaves_drums_alone_where_they_are(client: Client, line: Make) -> None:
    data = midi.write(line(36, 38, channel=9))
    reply = await client.transpose(TransposeRequest(midi=data, semitones=2))
    assert (reply.midi, reply.semitones, reply.HasField("from_key"), reply.HasField("to_key")) == (
        data,
        0,
        False,
        False,
    )


async def test_the_runner_up_has_a_confidence(client: Client, cadence: Make) -> None:
    found = await client.detect(midi.write(cadence(60)))
    assert 0 < found.runner_up_confidence <= found.confidence
    assert found.confidence + found.runner_up_confidence <= 1


async def test_local_keys_come_when_asked(client: Client, cadence: Make) -> None:
    data = midi.write(cadence(62))
    asked = DetectKeyRequest(midi=data, include_local_keys=True)
    reply = await client.link.call(client.stub.DetectKey, asked, timeout_s=10)
    (only,) = reply.local_keys
    assert (only.first_bar, only.bar_count, only.onset_s, only.end_s, only.key) == (0, 2, 0.0, 4.0, key(2, MAJOR))
    assert 0.5 < only.confidence <= 1
    inspected = await client.inspect(InspectRequest(midi=data, include_local_keys=True))
    assert list(inspected.local_keys) == [only]
    assert not (await client.inspect(InspectRequest(midi=data))).local_keys


async def test_transpose_to_agree_with_a_piece(client: Client, cadence: Make) -> None:
    other = midi.write(cadence(67, is_minor=True))
    reply = await client.transpose(TransposeRequest(midi=midi.write(cadence(60)), agree_with=other))
    # G minor's relative major.
    assert (reply.to_key, reply.semitones) == (key(10, MAJOR), -2)
    parallel = TransposeRequest(midi=midi.write(cadence(60)), agree_with=other, mode_policy=MODE_POLICY_PARALLEL)
    reply = await client.transpose(parallel)
    assert (reply.to_key, reply.semitones) == (key(7, MAJOR), -5)


async def test_transpose_on_the_way_that_keeps_instruments_in_range(client: Client, line: Make) -> None:
    # A flute's low B is its last: down a fourth it would have to fold, up a fifth it need not.
    low = line(60, 62, 64, 65, 67, 69, 71, 72, 60)
    reply = await client.transpose(TransposeRequest(midi=midi.write(low), key=key(7, MAJOR), way=WAY_IN_RANGE))
    assert (reply.semitones, list(reply.notices)) == (7, [])
    reply = await client.transpose(TransposeRequest(midi=midi.write(low), key=key(7, MAJOR)))
    assert (reply.semitones, [notice.reason for notice in reply.notices]) == (-5, ["NOTES_FOLDED"])
    freely = TransposeRequest(midi=midi.write(low), key=key(7, MAJOR), range_policy=RANGE_POLICY_MIDI)
    reply = await client.transpose(freely)
    assert (reply.semitones, list(reply.notices)) == (-5, [])


async def test_a_collection_is_moved_piece_by_piece(client: Client, cadence: Make, line: Make) -> None:
    def asked(name: str, data: bytes, **target: object) -> NormaliseRequest:
        target = target or {"key": key(0, MAJOR)}
        return NormaliseRequest(piece_id=name, piece=TransposeRequest(midi=data, **target))  # type: ignore[arg-type]

    replies = await client.normalise(
        asked("in D", midi.write(cadence(62))),
        asked("broken", b"no music"),
        asked("drums", midi.write(line(36, 38, channel=9))),
        asked("in C minor", midi.write(cadence(60, is_minor=True))),
        asked("nowhere", midi.write(cadence(60)), semitones=25),
    )
    assert [reply.piece_id for reply in replies] == ["in D", "broken", "drums", "in C minor", "nowhere"]
    assert [reply.error.reason for reply in replies] == ["", "MIDI_UNREADABLE", "NO_PITCHED_NOTES", "", "INVALID_INPUT"]
    assert "by -24 to 24 semitones, not by 25" in replies[4].error.message
    assert midi.parse(replies[0].transposed.midi).tracks == cadence(60).tracks
    assert (replies[3].transposed.to_key, replies[3].transposed.semitones) == (key(9, MINOR), -3)


async def test_an_empty_collection_is_none(client: Client) -> None:
    assert await client.normalise() == []


@pytest.mark.parametrize(
    ("data", "fault", "words"),
    [
        (b"", MidiUnreadable, "empty"),
        (b"no music", MidiUnreadable, "MThd"),
        (midi.write(Score()), NoNotes, "no notes"),
        (b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\xe7\x28", UnsupportedTimeDivision, "SMPTE"),
        (bytes(3 * 1024 * 1024), MidiTooLarge, "may have 2,097,152"),
    ],
)
async def test_every_call_refuses_what_is_no_piece(client: Client, data: bytes, fault: type[Fault], words: str) -> None:
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
        ({}, "Say where to"),
        ({"semitones": 25}, "by -24 to 24 semitones, not by 25"),
        ({"key": key(12, MAJOR)}, r"0 \(C\) to 11 \(B\), not 12"),
        ({"key": common_pb2.Key(tonic=3)}, "major or minor"),
        ({"semitones": 1, "way": 7}, "There is no way 7; use 1 or 2"),
        ({"semitones": 1, "mode_policy": 3}, "There is no mode_policy 3"),
        ({"agree_with": b"no music"}, "MThd"),
    ],
)
async def test_transpose_refuses_no_target(
    client: Client, cadence: Make, target: dict[str, object], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        await client.transpose(TransposeRequest(midi=midi.write(cadence(60)), **target))  # type: ignore[arg-type]


async def test_odd_meters_come_with_notices(client: Client, cadence: Make) -> None:
    score = cadence(60)
    odd = Score(meters=(Meter(0, 7, 8),), tracks=score.tracks)
    reply = await client.inspect(InspectRequest(midi=midi.write(odd)))
    assert (reply.meter, reply.bar_count) == ("7/8", 3)
    assert "7/8 is not supported" in reply.notices[0].message


async def test_it_says_that_it_serves() -> None:
    async with serve(Settings(port=0)) as server:
        state = await asyncio.to_thread(check_health, server.target, "segue.transposer.v1.TransposerService")
    assert state == "SERVING"
