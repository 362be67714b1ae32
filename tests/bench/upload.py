"""Bench of the upload: the time until `POST /upload` answers, beside another version of Segue in the same run.

    python tests/bench/upload.py [--older DIR] [--runs N]

DIR is a checkout of the other version with an environment of its own in ``.venv``. Both products run at once on free
ports, each with a data folder of its own, and are called in turn, so that whatever else the machine does slows both
alike. The files are of about 100 kB: a song in 4/4, a waltz, and the waltz as if it were played without a click, whose
beats are found. Prints the median time of each file, and the ratio of the versions.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "deploy/dev")]

import midi_fixtures  # noqa: E402
import mido  # noqa: E402
from http_client import GatewayClient  # noqa: E402
from startall.testing import READY, RunningProduct  # noqa: E402

TIMING_STD_TICKS = 12.0
SPEED_STD = 0.01
SPEED_RANGE = (0.8, 1.25)


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--older", type=Path, help="a checkout of another version")
    parser.add_argument("--runs", type=int, default=15, help="uploads of each file")
    args = parser.parse_args()
    checkouts = {"this": ROOT} | ({"other": args.older.resolve()} if args.older else {})
    with ExitStack() as stack:
        clients = {}
        for name, root in checkouts.items():
            url = stack.enter_context(run_checkout(root))
            clients[name] = stack.enter_context(GatewayClient(url))
        for name, data in build_files().items():
            print_row(name, data, time_uploads(clients, data, args.runs))


def build_files() -> dict[str, bytes]:
    """Return the files to upload, by name."""
    waltz = midi_fixtures.waltz(30)
    return {"song": midi_fixtures.funk(21), "waltz": waltz, "waltz, played": play_freely(waltz)}


def play_freely(midi: bytes) -> bytes:
    """Return a file whose notes are early and late, under a speed that wanders, while its tempo stays as written."""
    random_numbers = random.Random(1)
    file = mido.MidiFile(file=io.BytesIO(midi))
    length = max(sum(message.time for message in track) for track in file.tracks)
    speed, onsets = 1.0, [0.0]
    for _ in range(length // file.ticks_per_beat + 2):
        speed = min(max(speed * random_numbers.gauss(1.0, SPEED_STD), SPEED_RANGE[0]), SPEED_RANGE[1])
        onsets.append(onsets[-1] + file.ticks_per_beat / speed)
    for track in file.tracks:
        ticks, last = 0, 0
        for message in track:
            ticks += message.time
            beat, rest = divmod(ticks, file.ticks_per_beat)
            played = onsets[beat] + (onsets[beat + 1] - onsets[beat]) * rest / file.ticks_per_beat
            shifted = played + (random_numbers.gauss(0.0, TIMING_STD_TICKS) if message.type == "note_on" else 0.0)
            message.time = max(round(shifted) - last, 0)
            last += message.time
    written = io.BytesIO()
    file.save(file=written)
    return written.getvalue()


def time_uploads(clients: Mapping[str, GatewayClient], data: bytes, n_runs: int) -> dict[str, float]:
    """Return the median seconds of an upload to each product; the first upload to each does not count."""
    times: dict[str, list[float]] = {name: [] for name in clients}
    for run in range(n_runs + 1):
        for name, client in clients.items():
            start = time.perf_counter()
            client.upload(data)
            if run:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in times.items()}


def print_row(name: str, data: bytes, medians: Mapping[str, float]) -> None:
    """Print the times of a file, and their ratio."""
    figures = "  ".join(f"{version} {seconds * 1000:6.0f} ms" for version, seconds in medians.items())
    ratio = f"  ratio {medians['this'] / medians['other']:.2f}" if "other" in medians else ""
    print(f"{name:<14} {len(data) // 1000:4} kB  {figures}{ratio}", flush=True)


@contextmanager
def run_checkout(root: Path) -> Iterator[str]:
    """Start the product of a checkout, and yield its address."""
    with tempfile.TemporaryDirectory() as data:
        settings = {"SEGUE_DATA": data, "SEGUE_PORT": "0", "SEGUE_PORT_BASE": "0"}
        process = subprocess.Popen(
            [str(root / ".venv" / "bin" / "python"), "-m", "startall"],
            cwd=root,
            env={**os.environ, **settings, "PYTHONPATH": str(root / "deploy" / "dev")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        product = RunningProduct(process, Path(data))
        try:
            yield product.wait_for_line(READY).removeprefix(READY)
        finally:
            product.stop()


if __name__ == "__main__":
    main()
