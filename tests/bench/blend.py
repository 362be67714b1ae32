"""Bench of the product: the time of each stage of a blend of two 32-bar pieces, over HTTP, as a table.

    python tests/bench/blend.py [RUNS]

Starts the product on free ports with a data folder of its own. Of RUNS runs (3) the median is shown; the first blend
after a start, which warms caches, is shown beside it. Every run uploads its pieces anew and has its own seed, so that
nothing is taken from a cache.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "deploy/dev")]

import midi_fixtures  # noqa: E402
from http_client import FINAL_STATES, GatewayClient  # noqa: E402
from startall.testing import run_product  # noqa: E402

BARS = 32
Times = dict[str, float]


class Stopwatch:
    """Sums seconds by stage."""

    def __init__(self) -> None:
        self.times: Times = {}

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Add the time of the block to a stage."""
        started_s = time.perf_counter()
        yield
        self.times[stage] = self.times.get(stage, 0.0) + time.perf_counter() - started_s


def main() -> None:
    """Run the bench and print its table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        started_s = time.perf_counter()
        with run_product(Path(folder)) as product, GatewayClient(product.url) as client:
            start_s = time.perf_counter() - started_s
            first = blend(client, 0)
            later = [blend(client, seed) for seed in range(1, runs + 1)]
    print(f"\nA blend of two {BARS}-bar pieces, {os.cpu_count()} cores; the product was ready after {start_s:.1f} s.\n")
    print(f"| stage | first, s | then, s (median of {runs}) |\n|---|---|---|")
    for stage, seconds in first.items():
        print(f"| {stage} | {seconds:.2f} | {statistics.median(each.get(stage, 0.0) for each in later):.2f} |")


def blend(client: GatewayClient, seed: int) -> Times:
    """Blend two pieces once; return the seconds of each stage."""
    stopwatch = Stopwatch()
    with stopwatch.measure("upload and describe both"):
        parents = client.upload(midi_fixtures.funk(BARS // 16), midi_fixtures.pop(BARS // 16))
    with stopwatch.measure("the job as a whole"):
        job_id = client.start_job("vae", file_ids=parents, weight=0.5, seed=seed)
        stopwatch.times |= follow(client, job_id)
    result = client.wait_until_ended(job_id)["results"][0]["file_id"]
    with stopwatch.measure("play: the first 64 KiB"), client.http.stream("GET", f"/play/{result}") as stream:
        next(stream.iter_bytes(1 << 16))
    with stopwatch.measure("play: all of it"):
        client.duration_and_rms(result)
    with stopwatch.measure("download as MIDI"):
        client.download_midi(result)
    return stopwatch.times


def follow(client: GatewayClient, job_id: str) -> Times:
    """Follow a job to its end; return the seconds of each stage that it reports."""
    times: Times = {}
    stage, since_s = "waiting", time.perf_counter()
    for job in client.events(job_id):
        now_s = time.perf_counter()
        times[f"job: {stage}"] = times.get(f"job: {stage}", 0.0) + now_s - since_s
        stage, since_s = str(job["stage"]).partition(":")[0] or stage, now_s
        if job["state"] in FINAL_STATES:
            break
    return times


if __name__ == "__main__":
    main()
