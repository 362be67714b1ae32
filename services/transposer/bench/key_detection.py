"""How often the key is right, how sure it says it is, and how long it takes, beside music21 and partitura in one run.

::

    python services/transposer/bench/key_detection.py [--corpus DIR] [--pieces N] [--seed 1] [--part test] [--alone]

DIR holds MIDI files and an ``index.csv`` (`transposer.evaluation.labelled_corpus`). Of its pieces those of the test
part are taken, which took no part in training or choosing (``--part`` names another), all of them or N drawn from
them. A label is *sure* where the last bass note is its tonic. Church modes count as the major or minor they are
nearest to. Without DIR the pieces are cadences and scales made here, in all 24 keys, and the figures only show that
everything runs.

Afterwards ``local_keys.py`` (keys that change) and ``transposition.py`` (pieces moved there and back, whole
collections) run on the same pieces. music21 and partitura are no dependencies of the product: install them beside it.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import transposer  # noqa: F401 - says how many threads numpy may take, before numpy is imported
from score import midi
from score.model import Note, Score, Track
from transposer.evaluation.labelled_corpus import Piece, mirex_weight, parse_key, read_corpus
from transposer.key_detection.detector import Key, detect_key

SMALL_STYLE = 8
"""Styles of fewer sure pieces are counted together."""

_QUARTER = 480
_BINS = 10


class Answer(NamedTuple):
    """What one finder said of one piece, its confidence where it tells one, and the processor time that it took."""

    key: Key
    confidence: float
    parsing_s: float
    finding_s: float


class Finder(NamedTuple):
    """How a finder reads a file, and how it finds the key of what it has read."""

    read: Callable[[Path], Any]
    find: Callable[[Any], tuple[Key, float]]


Answers = dict[str, list[Answer]]


def ours() -> Finder:
    """As the service does, from the file's bytes."""

    def find(score: Score) -> tuple[Key, float]:
        found = detect_key(score)
        return found.key, found.confidence

    return Finder(lambda path: midi.parse(path.read_bytes()), find)


def music21() -> Finder:
    """music21's `analyze('key')`, from the file."""
    import music21  # type: ignore[import-untyped,unused-ignore]

    def find(stream: Any) -> tuple[Key, float]:
        found = stream.analyze("key")
        return parse_key(f"{found.tonic.name} {found.mode}"), 0.0

    return Finder(lambda path: music21.converter.parse(path, forceSource=True), find)


def partitura() -> Finder:
    """`estimate_key` of partitura, from the file."""
    # With FluidSynth at hand its import would download a SoundFont.
    sys.modules.setdefault("fluidsynth", None)  # type: ignore[arg-type]
    import partitura  # type: ignore[import-untyped,import-not-found,unused-ignore]

    def find(notes: Any) -> tuple[Key, float]:
        name = partitura.musicanalysis.estimate_key(notes)
        return parse_key(f"{name.rstrip('m')} {'minor' if name.endswith('m') else 'major'}"), 0.0

    return Finder(lambda path: partitura.load_performance_midi(path).note_array(), find)


def ask(pieces: list[Piece], finders: dict[str, Finder]) -> Answers:
    """Let every finder answer every piece, taking turns."""
    answers: Answers = {name: [] for name in finders}
    for number, piece in enumerate(pieces, 1):
        for name, finder in finders.items():
            began = time.process_time()
            music = finder.read(piece.path)
            read = time.process_time()
            key, confidence = finder.find(music)
            answers[name].append(Answer(key, confidence, read - began, time.process_time() - read))
        if number % 200 == 0:
            print(f"{number} of {len(pieces)}", file=sys.stderr)
    return answers


def choose(corpus: Path, part: str, n_pieces: int, seed: int) -> list[Piece]:
    """Take the pieces of one part, or some of them."""
    pieces = [piece for piece in read_corpus(corpus) if piece.part == part]
    return random.Random(seed).sample(pieces, n_pieces) if 0 < n_pieces < len(pieces) else pieces


def made(folder: Path) -> Iterator[Piece]:
    """Make a piece in every key: a scale over its cadence."""
    for tonic in range(12):
        for is_minor in (False, True):
            third, sixth = (3, 8) if is_minor else (4, 9)
            chords = ((0, third, 7), (5, sixth, 12), (7, 11, 14), (0, third, 7))
            scale = (0, 2, third, 5, 7, sixth, 11, 12)
            notes = [Note(at * _QUARTER, _QUARTER, 72 + tonic + step, 80) for at, step in enumerate(scale)]
            notes += [Note(at * 960, 960, 48 + tonic + step, 80) for at, chord in enumerate(chords) for step in chord]
            path = folder / f"{tonic}-{is_minor}.mid"
            path.write_bytes(midi.write(Score(tracks=(Track(notes=tuple(sorted(notes))),))))
            mode = "minor" if is_minor else "major"
            yield Piece(path, Key(tonic, is_minor), mode, True, "test", "made", "made", path.stem)


def right(answers: Iterable[Answer], pieces: Iterable[Piece]) -> float:
    """Percentage of right keys."""
    return 100 * statistics.fmean(answer.key == piece.key for answer, piece in zip(answers, pieces, strict=True))


def mirex(answers: Iterable[Answer], pieces: Iterable[Piece]) -> float:
    """MIREX's weighted score in percent."""
    weights = (mirex_weight(answer.key, piece.key) for answer, piece in zip(answers, pieces, strict=True))
    return 100 * statistics.fmean(weights)


def calibration(answers: list[Answer], pieces: list[Piece]) -> float:
    """Expected calibration error over ten bins (Guo et al., *On calibration of modern neural networks*, ICML 2017)."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for answer, piece in zip(answers, pieces, strict=True):
        bins[min(int(answer.confidence * _BINS), _BINS - 1)].append((answer.confidence, answer.key == piece.key))
    gaps = (abs(sum(said for said, _ in each) - sum(so for _, so in each)) for each in bins.values())
    return sum(gaps) / len(pieces)


def print_rows(title: str, answers: Answers, pieces: list[Piece], chosen: list[int]) -> None:
    """Print right and weighted answers of all finders on some pieces."""
    some = [pieces[at] for at in chosen]
    told = {name: [each[at] for at in chosen] for name, each in answers.items()}
    wrong = {name: sum(a.key != p.key for a, p in zip(each, some, strict=True)) for name, each in told.items()}
    print(f"\n{title}: {len(some)} pieces\n\n| | right % | MIREX % | errors |\n|---|---|---|---|")
    for name, each in told.items():
        print(f"| {name} | {right(each, some):.1f} | {mirex(each, some):.1f} | {wrong[name]} |")
    best = min(count for name, count in wrong.items() if name != "ours")
    print(f"\nerrors, ours / the better other's: {wrong['ours'] / max(best, 1):.2f}")
    print(f"expected calibration error of our confidence: {calibration(told['ours'], some):.3f}")


def print_styles(answers: Answers, pieces: list[Piece]) -> None:
    """Print MIREX's score by style, on sure pieces."""
    places: dict[str, list[int]] = defaultdict(list)
    for at, piece in enumerate(pieces):
        if piece.is_sure:
            places[piece.style].append(at)
    small = [style for style, each in places.items() if len(each) < SMALL_STYLE]
    pooled = [at for style in small for at in places.pop(style)]
    if pooled:
        places[f"{len(small)} small ones"] = pooled
    print(f"\nMIREX % by style, sure pieces\n\n| style | pieces | {' | '.join(answers)} |\n|---|---|---|---|---|")
    for style, each in sorted(places.items(), key=lambda item: -len(item[1])):
        some = [pieces[at] for at in each]
        scores = " | ".join(f"{mirex([told[at] for at in each], some):.1f}" for told in answers.values())
        print(f"| {style} | {len(each)} | {scores} |")


def print_modes(pieces: list[Piece]) -> None:
    """Print how often a church mode is named, by the mode of the label."""
    print(
        "\nmodes named, by the label's mode\n\n| label | pieces | named rightly | named otherwise |\n|---|---|---|---|"
    )
    named: dict[str, list[str]] = defaultdict(list)
    for piece in pieces:
        found = detect_key(midi.parse(piece.path.read_bytes()))
        named[piece.mode].append(found.mode_name if found.key == piece.key else f"{found.mode_name} elsewhere".strip())
    for mode, names in sorted(named.items()):
        others = sum(name not in ("", "elsewhere", mode) for name in names)
        print(f"| {mode} | {len(names)} | {names.count(mode)} | {others} |")


def print_times(answers: Answers) -> None:
    """Print the time a piece takes, median and mean, after reading and with it."""
    print("\nprocessor time, ms a piece\n")
    print("| | after reading, median | mean | with reading, median | mean |\n|---|---|---|---|---|")
    for name, each in answers.items():
        finding = [1000 * answer.finding_s for answer in each]
        whole = [1000 * (answer.finding_s + answer.parsing_s) for answer in each]
        cells = [cell for ms in (finding, whole) for cell in (statistics.median(ms), statistics.fmean(ms))]
        print(f"| {name} | {' | '.join(f'{cell:.2f}' for cell in cells)} |")


def report(pieces: list[Piece]) -> None:
    """Ask all finders and print every table."""
    warnings.simplefilter("ignore")
    answers = ask(pieces, {"ours": ours(), "music21": music21(), "partitura": partitura()})
    sure = [at for at, piece in enumerate(pieces) if piece.is_sure]
    print_rows("sure labels", answers, pieces, sure)
    print_rows("all labels", answers, pieces, list(range(len(pieces))))
    print_styles(answers, pieces)
    print_modes(pieces)
    print_times(answers)


def main() -> None:
    """Compare and print."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--corpus", type=Path)
    arguments.add_argument("--pieces", type=int, default=0, help="0: all")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--part", default="test")
    arguments.add_argument("--alone", action="store_true", help="without the other two scripts")
    given = arguments.parse_args()
    if given.corpus is None:
        with tempfile.TemporaryDirectory() as folder:
            report(list(made(Path(folder))))
    else:
        report(choose(given.corpus, given.part, given.pieces, given.seed))
    corpus = ["--corpus", str(given.corpus)] if given.corpus else []
    for script in () if given.alone else ("local_keys.py", "transposition.py"):
        print(f"\n## {script}", flush=True)
        subprocess.run([sys.executable, str(Path(__file__).with_name(script)), *corpus], check=True)


if __name__ == "__main__":
    main()
