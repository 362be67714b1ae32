"""Moves pieces there and back and counts what came back otherwise, then moves a whole collection through the service.

::

    python services/transposer/bench/transposition.py [--corpus DIR] [--pieces 2000] [--processes 2] [--seed 1]

Every piece is read, moved by an interval drawn for it, written, read again, moved back and written: notes and all other
events are compared with what was read first. Pieces of which notes were folded are counted apart. Then all files are
sent through `Normalise`, to C major or A minor, to a service started here. Without a corpus, the pieces are those of
the gateway's gallery.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from score import midi
from score.model import Event, Score
from segue.common.v1 import common_pb2
from segue.transposer.v1.transposer_pb2 import NormaliseRequest, NormaliseResponse, TransposeRequest
from segue.transposer.v1.transposer_pb2_grpc import TransposerServiceStub
from servicekit import logs
from servicekit.client import ServiceClient
from servicekit.faults import Fault
from transposer import handlers
from transposer.servicer import serve
from transposer.settings import Settings
from transposer.transposition.transpose import by_semitones

ROOT = Path(__file__).resolve().parents[3]
GALLERY = ROOT / "gateway/src/gateway/gallery"
NARROWEST, WIDEST = 1, 11
SAMPLE = 500


def there_and_back(score: Score, semitones: int) -> tuple[Score, bool]:
    """Move a piece through the bytes of a file and back; tell whether notes were folded on either way."""
    there = by_semitones(score, semitones)
    back = by_semitones(midi.parse(midi.write(there.score)), -semitones)
    return midi.parse(midi.write(back.score)), bool(there.notices or back.notices)


def differences(before: Score, after: Score) -> Counter[str]:
    """Name what is not as it was."""
    found = Counter[str]()
    found["tempos"] = before.tempos != after.tempos
    found["meters"] = before.meters != after.meters
    found["key signatures"] = before.keys != after.keys
    found["texts of the whole piece"] = before.others != after.others
    found["title or provenance"] = (before.title, before.provenance) != (after.title, after.provenance)
    pairs = list(zip(before.tracks, after.tracks, strict=True))
    found["tracks' names, programs, channels"] = any(
        a[:3] != b[:3] for a, b in ((_head(x), _head(y)) for x, y in pairs)
    )
    found["tracks' controllers, bends, texts"] = any(_plain(x.others) != _plain(y.others) for x, y in pairs)
    found["onsets, lengths, velocities"] = any(_rhythm(x.notes) != _rhythm(y.notes) for x, y in pairs)
    found["pitches"] = any(x.notes != y.notes for x, y in pairs)
    return +found


def print_round_trips(files: Sequence[Path], seed: int) -> None:
    """Move all pieces there and back and print what came back otherwise."""
    chance = random.Random(seed)
    exact, folded = Counter[str](), Counter[str]()
    n_folded = n_drums = 0
    for path in files:
        score = midi.parse(path.read_bytes())
        semitones = chance.choice([-1, 1]) * chance.randint(NARROWEST, WIDEST)
        back, was_folded = there_and_back(score, semitones)
        n_folded += was_folded
        n_drums += all(track.is_drum for track in score.tracks if track.notes)
        (folded if was_folded else exact).update(differences(score, back))
    print(f"there and back: {len(files)} pieces, {n_drums} of drums alone, {n_folded} with notices")
    print(f"  without notices, pieces with a difference: {dict(exact) or 'none'}")
    print(f"  with notices, pieces with a difference: {dict(folded) or 'none'}")


async def print_collection(files: Sequence[Path], processes: int) -> None:
    """Send all files through the service and print how long it takes."""
    data = [path.read_bytes() for path in files]
    settings = Settings(port=0, processes=processes)
    async with serve(settings) as server, ServiceClient(server.target, "transposer") as link:
        stub = TransposerServiceStub(link.channel)
        await _all(stub, data[: 2 * processes])
        began = time.perf_counter()
        replies = await _all(stub, data)
        took_s = time.perf_counter() - began
    reasons = Counter(reply.error.reason for reply in replies if reply.HasField("error"))
    print(
        f"collection: {len(files)} files in {took_s:.1f} s, {processes} processes: {len(files) / took_s:.0f} a second"
    )
    print(f"  not moved: {dict(reasons) or 'none'}")


def print_processor_time(files: Sequence[Path]) -> None:
    """Print what a file takes of a processor, which a busy machine lengthens less than the clock's time."""
    requests = [_request(path.name, path.read_bytes()).SerializeToString() for path in files[:SAMPLE]]
    began_s = time.process_time()
    for request in requests:
        handlers.normalise(request)
    took_s = time.process_time() - began_s
    print(f"  of a processor {1000 * took_s / len(requests):.1f} ms a file ({len(requests)} of them)")


def _request(name: str, data: bytes) -> NormaliseRequest:
    key = common_pb2.Key(tonic=0, mode=common_pb2.MODE_MAJOR)
    return NormaliseRequest(piece_id=name, piece=TransposeRequest(midi=data, key=key))


async def _all(stub: TransposerServiceStub, data: Sequence[bytes]) -> list[NormaliseResponse]:
    async def requests() -> AsyncIterator[NormaliseRequest]:
        for number, each in enumerate(data):
            yield _request(str(number), each)

    return [reply async for reply in stub.Normalise(requests())]


def _head(track: object) -> tuple[object, ...]:
    return tuple(getattr(track, name) for name in ("name", "program", "channel"))


def _plain(events: Sequence[Event]) -> list[Event]:
    """All events but the pressure on single keys, which moves with its note."""
    return [event for event in events if event.data[0] & 0xF0 != 0xA0]


def _rhythm(notes: Sequence[tuple[int, int, int, int]]) -> list[tuple[int, int, int]]:
    return sorted((onset, length, velocity) for onset, length, _, velocity in notes)


def _is_usable(path: Path) -> bool:
    try:
        midi.parse(path.read_bytes())
    except Fault:
        return False
    return True


def main() -> None:
    """Move and print."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--corpus", type=Path, default=GALLERY)
    arguments.add_argument("--pieces", type=int, default=2000, help="0: all")
    arguments.add_argument("--processes", type=int, default=2)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    logs.configure("bench", logging.getLevelName(logging.WARNING))
    files = sorted(given.corpus.rglob("*.mid"))
    if 0 < given.pieces < len(files):
        files = random.Random(given.seed).sample(files, given.pieces)
    print_round_trips([path for path in files if _is_usable(path)], given.seed)
    asyncio.run(print_collection(files, given.processes))
    random.Random(given.seed).shuffle(files)
    print_processor_time(files)


if __name__ == "__main__":
    main()
