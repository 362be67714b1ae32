"""How often the key is right, beside music21 and partitura, on the same pieces in one run.

::

    python services/transposer/bench/keys.py --corpus DIR [--pieces 200] [--every-key] [--seed 1]

DIR holds MIDI files and an ``index.csv`` with the columns path, key, roles and final_bass_is_tonic. Only pieces whose
last bass note is the tonic of their key are taken, whose label is surer, unless ``--every-key`` is given. Church modes
count as the major or minor they are nearest to. music21 and partitura are no dependencies of the product: install them
beside it.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from score import midi
from servicekit.faults import Fault
from transposer.key import Key, detect_key

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_MINOR_MODES = {"minor", "dorian", "phrygian", "aeolian"}

Finder = Callable[[Path], Key]


@dataclass
class Tally:
    """What one finder got right."""

    right: int = 0
    mirex: float = 0.0
    seconds: list[float] = field(default_factory=list)

    def add(self, found: Key, truth: Key, seconds: float) -> None:
        self.right += found == truth
        self.mirex += mirex_weight(found, truth)
        self.seconds.append(seconds)


def mirex_weight(found: Key, truth: Key) -> float:
    """Weigh an answer as MIREX's audio key detection does: same 1, fifth .5, relative .3, parallel .2."""
    distance = (found.tonic - truth.tonic) % 12
    if found.is_minor == truth.is_minor:
        return {0: 1.0, 5: 0.5, 7: 0.5}.get(distance, 0.0)
    if distance == (9 if found.is_minor else 3):
        return 0.3
    return 0.2 if distance == 0 else 0.0


def parse_key(text: str) -> Key:
    """Read ``"Bb minor"`` or ``"A dorian"``; music21 writes flats as ``-``."""
    tonic, mode = text.split()
    pitch_class = _LETTERS[tonic[0].upper()] + tonic.count("#") - tonic[1:].count("b") - tonic.count("-")
    return Key(pitch_class % 12, mode in _MINOR_MODES)


def ours(path: Path) -> Key:
    """Find the key as the service does, from the file's bytes."""
    return detect_key(midi.parse(path.read_bytes())).key


def music21_finder() -> Finder:
    """music21's `analyze('key')`, from the file."""
    import music21  # type: ignore[import-untyped,unused-ignore]

    def find(path: Path) -> Key:
        found = music21.converter.parse(path, forceSource=True).analyze("key")
        return parse_key(f"{found.tonic.name} {found.mode}")

    return find


def partitura_finder() -> Finder:
    """`estimate_key` of partitura, from the file."""
    # With FluidSynth at hand its import would download a SoundFont.
    sys.modules.setdefault("fluidsynth", None)  # type: ignore[arg-type]
    import partitura  # type: ignore[import-untyped,import-not-found,unused-ignore]

    def find(path: Path) -> Key:
        name = partitura.musicanalysis.estimate_key(partitura.load_performance_midi(path).note_array())
        return parse_key(f"{name.rstrip('m')} {'minor' if name.endswith('m') else 'major'}")

    return find


def sample(corpus: Path, n_pieces: int, seed: int, *, every_key: bool) -> list[tuple[Path, Key]]:
    """Choose labelled pieces that are no drums alone."""
    with (corpus / "index.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["key"] and row["roles"] != "drums"]
    sure = [row for row in rows if every_key or row["final_bass_is_tonic"] == "1"]
    chosen = random.Random(seed).sample(sure, min(n_pieces, len(sure)))
    return [(corpus / row["path"], parse_key(row["key"])) for row in chosen]


def compare(pieces: list[tuple[Path, Key]], finders: dict[str, Finder]) -> dict[str, Tally]:
    """Let every finder answer every piece."""
    tallies = {name: Tally() for name in finders}
    for number, (path, truth) in enumerate(pieces, 1):
        for name, find in finders.items():
            began = time.perf_counter()
            try:
                found = find(path)
            except Fault as fault:
                raise SystemExit(f"{path}: {fault}") from fault
            tallies[name].add(found, truth, time.perf_counter() - began)
        if number % 50 == 0:
            print(f"{number} of {len(pieces)}", file=sys.stderr)
    return tallies


def report(tallies: dict[str, Tally], n_pieces: int) -> None:
    """Print a table; the last columns are each one's errors and time by ours."""
    base = tallies["ours"]
    print(
        f"{n_pieces} pieces        right %   MIREX %   ms a piece (median, with reading)   errors / ours   time / ours"
    )
    for name, tally in tallies.items():
        wrong, base_wrong = n_pieces - tally.right, max(n_pieces - base.right, 1)
        median_s = sorted(tally.seconds)[n_pieces // 2]
        base_median_s = sorted(base.seconds)[n_pieces // 2]
        print(
            f"{name:16}{100 * tally.right / n_pieces:12.1f}{100 * tally.mirex / n_pieces:10.1f}"
            f"{1000 * median_s:20.1f}{wrong / base_wrong:32.2f}{median_s / base_median_s:14.1f}"
        )


def main() -> None:
    """Compare and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--corpus", type=Path, default=os.environ.get("CORPUS"))
    arguments.add_argument("--pieces", type=int, default=200)
    arguments.add_argument("--every-key", action="store_true", help="also pieces whose last bass note is no tonic")
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    if given.corpus is None:
        print("Nothing compared: this needs music whose keys are known. Give --corpus DIR, or make bench CORPUS=DIR.")
        return
    warnings.simplefilter("ignore")
    pieces = sample(given.corpus, given.pieces, given.seed, every_key=given.every_key)
    finders = {"ours": ours, "music21": music21_finder(), "partitura": partitura_finder()}
    report(compare(pieces, finders), len(pieces))


if __name__ == "__main__":
    main()
