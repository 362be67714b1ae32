"""Read files damaged at random: what fails, how long it takes, and which notes before the damage are kept.

Each file that is read is also summarized, quantized, inspected with keys, notes and bars, transposed, and written.

    python services/transposer/bench/mutations.py --count 10000 --seed 7 --parse-only
    python services/transposer/bench/mutations.py --count 1500 --seed 2
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "tests"))

import midi_mutations
from score import grid, midi
from score.model import Score
from servicekit.faults import Fault
from transposer.inspection import inspect
from transposer.transposition.transpose import transpose_by_semitones

MAX_SECONDS = 2.0
"""A file that takes longer counts as a hang."""


def use(score: Score) -> None:
    """Do with a score what the services do with an upload."""
    inspect(score, {}, include_notes=True, include_local_keys=True)
    grid.from_score(score)
    if midi.parse(midi.write(transpose_by_semitones(score, 3).score)).n_notes != score.n_notes:
        raise AssertionError("transposing changes the number of notes")
    if midi.parse(midi.write(score)) != score:
        raise AssertionError("writing and reading changes the score")


def count_found(score: Score, expected: Counter[midi_mutations.NoteKey]) -> int:
    """Return how many of the expected notes a score has."""
    found = Counter(
        (track.channel, note.onset_ticks, note.duration_ticks, note.pitch, note.velocity)
        for track in score.tracks
        for note in track.notes
    )
    return (found & expected).total()


def main() -> int:
    """Print the figures; return 1 if a file failed or hung."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parse-only", action="store_true", help="only read the files")
    arguments = parser.parse_args()
    outcomes: Counter[str] = Counter()
    n_expected = n_found = n_hangs = n_failures = 0
    slowest_s = 0.0
    for index, mutant in enumerate(midi_mutations.mutants(arguments.count, arguments.seed)):
        started = time.process_time()
        n_expected += mutant.expected.total() if mutant.expected else 0
        try:
            score = midi.parse(mutant.data)
            n_found += count_found(score, mutant.expected) if mutant.expected else 0
            if not arguments.parse_only:
                use(score)
            outcomes["read"] += 1
        except Fault as fault:
            outcomes[fault.reason] += 1
        except Exception:
            n_failures += 1
            print(f"mutant {index}: {mutant.data.hex() if len(mutant.data) < 1000 else len(mutant.data)}")
            traceback.print_exc()
        taken_s = time.process_time() - started
        n_hangs += taken_s > MAX_SECONDS
        slowest_s = max(slowest_s, taken_s)
    print(
        f"{arguments.count} files: {n_failures} exceptions, {n_hangs} over {MAX_SECONDS} s, slowest {slowest_s:.2f} s"
    )
    print(f"notes before the damage kept: {n_found} of {n_expected} ({n_found / max(n_expected, 1):.3%})")
    print(dict(outcomes.most_common()))
    return int(bool(n_failures or n_hangs))


if __name__ == "__main__":
    sys.exit(main())
