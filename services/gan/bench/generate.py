"""Times the generator: request to MIDI, warm, in process.

    python bench/generate.py --models ../../models

Prints the median and the slowest of ten pieces for several lengths, and notes a second.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from pathlib import Path

from gan.model import GanModel, load_model
from gan.planning.generation_request import GenerationRequest
from gan.rpc.servicer import generate
from score import midi


def time_piece(model: GanModel, request: GenerationRequest) -> tuple[float, int]:
    """Generate a piece; return the seconds that it took and its number of notes."""
    began_s = time.perf_counter()
    *_, last = generate(threading.Event(), model, request)
    return time.perf_counter() - began_s, midi.parse(last.result.midi).n_notes


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--style", default="funk")
    parser.add_argument("--repeats", type=int, default=10)
    options = parser.parse_args()
    model = load_model(options.models)
    time_piece(model, GenerationRequest(0, options.style))
    print("| bars | median s | slowest s | notes a second |\n|---|---|---|---|")
    for n_bars in (8, 16, 32, 64):
        requests = [GenerationRequest(seed, options.style, n_bars=n_bars) for seed in range(options.repeats)]
        timed = [time_piece(model, request) for request in requests]
        seconds = [one for one, _ in timed]
        rate = sum(notes for _, notes in timed) / sum(seconds)
        print(f"| {n_bars} | {statistics.median(seconds):.2f} | {max(seconds):.2f} | {rate:,.0f} |")


if __name__ == "__main__":
    main()
