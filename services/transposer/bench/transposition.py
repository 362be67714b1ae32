"""Exactness of transposing there and back, and the throughput of a collection through the service.

::

    python services/transposer/bench/transposition.py [--corpus DIR] [--pieces 2000] [--processes 2] [--seed 1]

Every piece is read, transposed by a random interval, written, read again, transposed back and written: its notes and
all other events are compared with the original. Pieces with folded notes are counted separately. Then all files are
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
from score.model import Event, Score, Track
from segue.common.v1 import common_pb2
from segue.transposer.v1.transposer_pb2 import NormaliseRequest, NormaliseResponse, TransposeRequest
from segue.transposer.v1.transposer_pb2_grpc import TransposerServiceStub
from servicekit import logs
from servicekit.client import ServiceClient
from servicekit.faults import Fault
from transposer import handlers
from transposer.servicer import serve
from transposer.settings import Settings
from transposer.transposition.transpose import transpose_by_semitones

ROOT = Path(__file__).resolve().parents[3]
GALLERY = ROOT / "gateway/src/gateway/gallery"
MIN_SEMITONES, MAX_SEMITONES = 1, 11
MAX_TIMED_FILES = 500


def round_trip(score: Score, semitones: int) -> tuple[Score, bool]:
    """Transpose a piece through the bytes of a file and back; also return whether there were notices."""
    transposed = transpose_by_semitones(score, semitones)
    restored = transpose_by_semitones(midi.parse(midi.write(transposed.score)), -semitones)
    return midi.parse(midi.write(restored.score)), bool(transposed.notices or restored.notices)


def differences(original: Score, restored: Score) -> Counter[str]:
    """Return the names of the properties that differ."""
    found = Counter[str]()
    found["tempos"] = original.tempos != restored.tempos
    found["meters"] = original.meters != restored.meters
    found["key signatures"] = original.keys != restored.keys
    found["texts of the whole piece"] = original.others != restored.others
    found["title or provenance"] = (original.title, original.provenance) != (restored.title, restored.provenance)
    pairs = list(zip(original.tracks, restored.tracks, strict=True))
    found["tracks' names, programs, channels"] = any(_header(a) != _header(b) for a, b in pairs)
    found["tracks' controllers, bends, texts"] = any(
        _without_poly_pressure(a.others) != _without_poly_pressure(b.others) for a, b in pairs
    )
    found["onsets, lengths, velocities"] = any(_rhythm(a) != _rhythm(b) for a, b in pairs)
    found["pitches"] = any(a.notes != b.notes for a, b in pairs)
    return +found


def print_round_trips(files: Sequence[Path], seed: int) -> None:
    """Transpose all pieces there and back and print what differs."""
    rng = random.Random(seed)
    without_notices, with_notices = Counter[str](), Counter[str]()
    n_with_notices = n_drums = 0
    for path in files:
        score = midi.parse(path.read_bytes())
        semitones = rng.choice([-1, 1]) * rng.randint(MIN_SEMITONES, MAX_SEMITONES)
        restored, has_notices = round_trip(score, semitones)
        n_with_notices += has_notices
        n_drums += all(track.is_drum for track in score.tracks if track.notes)
        (with_notices if has_notices else without_notices).update(differences(score, restored))
    print(f"there and back: {len(files)} pieces, {n_drums} of drums alone, {n_with_notices} with notices")
    print(f"  without notices, pieces with a difference: {dict(without_notices) or 'none'}")
    print(f"  with notices, pieces with a difference: {dict(with_notices) or 'none'}")


async def print_throughput(files: Sequence[Path], n_processes: int) -> None:
    """Send all files through the service and print how long it takes."""
    data = [path.read_bytes() for path in files]
    settings = Settings(port=0, processes=n_processes)
    async with serve(settings) as server, ServiceClient(server.target, "transposer") as service:
        stub = TransposerServiceStub(service.channel)
        await _normalize_all(stub, data[: 2 * n_processes])
        start_s = time.perf_counter()
        responses = await _normalize_all(stub, data)
        took_s = time.perf_counter() - start_s
    reasons = Counter(response.error.reason for response in responses if response.HasField("error"))
    files_per_s = len(files) / took_s
    print(f"collection: {len(files)} files in {took_s:.1f} s, {n_processes} processes: {files_per_s:.0f} a second")
    print(f"  not transposed: {dict(reasons) or 'none'}")


def print_processor_time(files: Sequence[Path]) -> None:
    """Print the processor time of a file, which varies less with the machine's load than elapsed time."""
    requests = [_request(path.name, path.read_bytes()).SerializeToString() for path in files[:MAX_TIMED_FILES]]
    start_s = time.process_time()
    for request in requests:
        handlers.normalize(request)
    took_s = time.process_time() - start_s
    print(f"  processor time {1000 * took_s / len(requests):.1f} ms a file ({len(requests)} files)")


def _request(name: str, data: bytes) -> NormaliseRequest:
    key = common_pb2.Key(tonic=0, mode=common_pb2.MODE_MAJOR)
    return NormaliseRequest(piece_id=name, piece=TransposeRequest(midi=data, key=key))


async def _normalize_all(stub: TransposerServiceStub, data: Sequence[bytes]) -> list[NormaliseResponse]:
    async def requests() -> AsyncIterator[NormaliseRequest]:
        for number, each in enumerate(data):
            yield _request(str(number), each)

    return [response async for response in stub.Normalise(requests())]


def _header(track: Track) -> tuple[str, int, int]:
    return track.name, track.program, track.channel


def _without_poly_pressure(events: Sequence[Event]) -> list[Event]:
    """Return all events except polyphonic key pressure, which is transposed with its note."""
    return [event for event in events if event.data[0] & 0xF0 != 0xA0]


def _rhythm(track: Track) -> list[tuple[int, int, int]]:
    return sorted((onset, length, velocity) for onset, length, _, velocity in track.notes)


def _is_usable(path: Path) -> bool:
    try:
        midi.parse(path.read_bytes())
    except Fault:
        return False
    return True


def main() -> None:
    """Transpose the pieces and print the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=GALLERY)
    parser.add_argument("--pieces", type=int, default=2000, help="0: all")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    logs.configure("bench", logging.getLevelName(logging.WARNING))
    files = sorted(arguments.corpus.rglob("*.mid"))
    if 0 < arguments.pieces < len(files):
        files = random.Random(arguments.seed).sample(files, arguments.pieces)
    print_round_trips([path for path in files if _is_usable(path)], arguments.seed)
    asyncio.run(print_throughput(files, arguments.processes))
    random.Random(arguments.seed).shuffle(files)
    print_processor_time(files)


if __name__ == "__main__":
    main()
