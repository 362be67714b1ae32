"""What each stage of a blend of two 32-bar pieces takes, on the real product, as a table.

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

import pieces  # noqa: E402
from startall.running import running  # noqa: E402
from visitor import ENDED, Visitor  # noqa: E402

BARS = 32
Times = dict[str, float]


class Stopwatch:
    """Adds up seconds by stage."""

    def __init__(self) -> None:
        self.times: Times = {}

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Count what happens inside to a stage."""
        started_s = time.perf_counter()
        yield
        self.times[stage] = self.times.get(stage, 0.0) + time.perf_counter() - started_s


def main() -> None:
    """Run and print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        started_s = time.perf_counter()
        with running(Path(folder)) as product, Visitor(product.url) as visitor:
            start_s = time.perf_counter() - started_s
            first = blend(visitor, 0)
            later = [blend(visitor, seed) for seed in range(1, runs + 1)]
    print(f"\nA blend of two {BARS}-bar pieces, {os.cpu_count()} cores; the product was ready after {start_s:.1f} s.\n")
    print(f"| stage | first, s | then, s (median of {runs}) |\n|---|---|---|")
    for stage, seconds in first.items():
        print(f"| {stage} | {seconds:.2f} | {statistics.median(each.get(stage, 0.0) for each in later):.2f} |")


def blend(visitor: Visitor, seed: int) -> Times:
    """Blend two pieces once; the seconds of each stage."""
    watch = Stopwatch()
    with watch.of("upload and describe both"):
        parents = visitor.upload(pieces.funk(BARS // 16), pieces.pop(BARS // 16))
    with watch.of("the job as a whole"):
        job_id = visitor.ask("vae", file_ids=parents, weight=0.5, seed=seed)
        watch.times |= follow(visitor, job_id)
    result = visitor.ended(job_id)["results"][0]["file_id"]
    with watch.of("play: the first 64 KiB"), visitor.http.stream("GET", f"/play/{result}") as stream:
        next(stream.iter_bytes(1 << 16))
    with watch.of("play: all of it"):
        visitor.loudness(result)
    with watch.of("download as MIDI"):
        visitor.midi(result)
    return watch.times


def follow(visitor: Visitor, job_id: str) -> Times:
    """Watch a job to its end; the seconds of each stage that it named."""
    times: Times = {}
    stage, since_s = "waiting", time.perf_counter()
    for job in visitor.events(job_id):
        now_s = time.perf_counter()
        times[f"job: {stage}"] = times.get(f"job: {stage}", 0.0) + now_s - since_s
        stage, since_s = str(job["stage"]).partition(":")[0] or stage, now_s
        if job["state"] in ENDED:
            break
    return times


if __name__ == "__main__":
    main()
