"""Accuracy, calibration and speed of key detection, compared with music21 and partitura in one run.

::

    python services/transposer/bench/key_detection.py [--corpus DIR] [--pieces N] [--seed 1] [--part test] [--alone]

DIR holds MIDI files and an ``index.csv`` (`transposer.evaluation.labelled_corpus`). Of its pieces those of the test
split are used, which took no part in training or development (``--part`` names another split), all of them or a random
sample of N. A label is *sure* if the last bass note is its tonic. Church modes count as the nearest major or minor
key. Without DIR the pieces are synthetic cadences and scales in all 24 keys, and the figures only show that everything
runs.

Afterwards ``local_keys.py`` and ``transposition.py`` run on the same pieces. music21 and partitura are not dependencies
of the product: install them separately.
"""

from __future__ import annotations

import argparse
import os
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

# As in the service (`transposer.__main__`): set before numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from score import midi
from score.model import Note, Score, Track
from transposer.evaluation.labelled_corpus import LabelledPiece, mirex_score, parse_key, read_corpus
from transposer.key_detection.detector import detect_key
from transposer.key_detection.key import Key

MIN_PIECES_PER_STYLE = 8
"""Styles with fewer sure pieces are counted together."""

_QUARTER = 480
_N_BINS = 10


class Result(NamedTuple):
    """The key that a detector found in a piece, its confidence (0 if it has none), and the processor time it took."""

    key: Key
    confidence: float
    parsing_s: float
    detection_s: float


class Detector(NamedTuple):
    """How a detector reads a file, and how it detects the key of what it has read."""

    read: Callable[[Path], Any]
    detect: Callable[[Any], tuple[Key, float]]


Results = dict[str, list[Result]]


def ours() -> Detector:
    """Return the detector of the service, from the bytes of a file."""

    def detect(score: Score) -> tuple[Key, float]:
        detected = detect_key(score)
        return detected.key, detected.confidence

    return Detector(lambda path: midi.parse(path.read_bytes()), detect)


def music21() -> Detector:
    """Return music21's ``analyze('key')``, from a file."""
    import music21  # type: ignore[import-untyped,unused-ignore]

    def detect(stream: Any) -> tuple[Key, float]:
        key = stream.analyze("key")
        return parse_key(f"{key.tonic.name} {key.mode}"), 0.0

    return Detector(lambda path: music21.converter.parse(path, forceSource=True), detect)


def partitura() -> Detector:
    """Return partitura's `estimate_key`, from a file."""
    # With FluidSynth installed its import would download a SoundFont.
    sys.modules.setdefault("fluidsynth", None)  # type: ignore[arg-type]
    import partitura  # type: ignore[import-untyped,import-not-found,unused-ignore]

    def detect(notes: Any) -> tuple[Key, float]:
        name = partitura.musicanalysis.estimate_key(notes)
        return parse_key(f"{name.rstrip('m')} {'minor' if name.endswith('m') else 'major'}"), 0.0

    return Detector(lambda path: partitura.load_performance_midi(path).note_array(), detect)


def run_detectors(pieces: list[LabelledPiece], detectors: dict[str, Detector]) -> Results:
    """Run every detector on every piece, in turn."""
    results: Results = {name: [] for name in detectors}
    for number, piece in enumerate(pieces, 1):
        for name, detector in detectors.items():
            start_s = time.process_time()
            music = detector.read(piece.path)
            parsed_s = time.process_time()
            key, confidence = detector.detect(music)
            results[name].append(Result(key, confidence, parsed_s - start_s, time.process_time() - parsed_s))
        if number % 200 == 0:
            print(f"{number} of {len(pieces)}", file=sys.stderr)
    return results


def sample_pieces(corpus: Path, split: str, n_pieces: int, seed: int) -> list[LabelledPiece]:
    """Return the pieces of a split, or a random sample of them.

    Parameters
    ----------
    corpus : Path
        A folder with an ``index.csv``.
    split : str
        ``"training"``, ``"development"`` or ``"test"``.
    n_pieces : int
        Size of the sample; 0 for all pieces.
    seed : int
        Seed of the sample.
    """
    pieces = [piece for piece in read_corpus(corpus) if piece.split == split]
    return random.Random(seed).sample(pieces, n_pieces) if 0 < n_pieces < len(pieces) else pieces


def synthetic_pieces(folder: Path) -> Iterator[LabelledPiece]:
    """Write a piece in every key into a folder: a scale over a cadence."""
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
            yield LabelledPiece(path, Key(tonic, is_minor), mode, True, "test", "synthetic", "synthetic", path.stem)


def accuracy(results: Iterable[Result], pieces: Iterable[LabelledPiece]) -> float:
    """Return the percentage of right keys."""
    return 100 * statistics.fmean(result.key == piece.key for result, piece in zip(results, pieces, strict=True))


def mirex(results: Iterable[Result], pieces: Iterable[LabelledPiece]) -> float:
    """Return MIREX's weighted score in percent."""
    scores = (mirex_score(result.key, piece.key) for result, piece in zip(results, pieces, strict=True))
    return 100 * statistics.fmean(scores)


def calibration_error(results: list[Result], pieces: list[LabelledPiece]) -> float:
    """Return the expected calibration error over ten bins (Guo et al., *On calibration*, ICML 2017)."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for result, piece in zip(results, pieces, strict=True):
        bins[min(int(result.confidence * _N_BINS), _N_BINS - 1)].append((result.confidence, result.key == piece.key))
    gaps = (abs(sum(confidence for confidence, _ in rows) - sum(right for _, right in rows)) for rows in bins.values())
    return sum(gaps) / len(pieces)


def print_accuracy(title: str, results: Results, pieces: list[LabelledPiece], indices: list[int]) -> None:
    """Print accuracy and MIREX score of all detectors on some of the pieces.

    Parameters
    ----------
    title : str
        Title of the table.
    results : dict of str to list of Result
        By detector.
    pieces : list of LabelledPiece
        In the order of the results.
    indices : list of int
        Indices of the pieces to count.
    """
    chosen = [pieces[at] for at in indices]
    by_detector = {name: [each[at] for at in indices] for name, each in results.items()}
    n_errors = {
        name: sum(result.key != piece.key for result, piece in zip(each, chosen, strict=True))
        for name, each in by_detector.items()
    }
    print(f"\n{title}: {len(chosen)} pieces\n\n| | right % | MIREX % | errors |\n|---|---|---|---|")
    for name, each in by_detector.items():
        print(f"| {name} | {accuracy(each, chosen):.1f} | {mirex(each, chosen):.1f} | {n_errors[name]} |")
    fewest = min(count for name, count in n_errors.items() if name != "ours")
    print(f"\nerrors, ours / the better of the others: {n_errors['ours'] / max(fewest, 1):.2f}")
    print(f"expected calibration error of our confidence: {calibration_error(by_detector['ours'], chosen):.3f}")


def print_styles(results: Results, pieces: list[LabelledPiece]) -> None:
    """Print the MIREX score by style, on sure pieces."""
    by_style: dict[str, list[int]] = defaultdict(list)
    for at, piece in enumerate(pieces):
        if piece.is_sure:
            by_style[piece.style].append(at)
    small = [style for style, indices in by_style.items() if len(indices) < MIN_PIECES_PER_STYLE]
    pooled = [at for style in small for at in by_style.pop(style)]
    if pooled:
        by_style[f"{len(small)} small ones"] = pooled
    print(f"\nMIREX % by style, sure pieces\n\n| style | pieces | {' | '.join(results)} |\n|---|---|---|---|---|")
    for style, indices in sorted(by_style.items(), key=lambda item: -len(item[1])):
        chosen = [pieces[at] for at in indices]
        scores = " | ".join(f"{mirex([each[at] for at in indices], chosen):.1f}" for each in results.values())
        print(f"| {style} | {len(indices)} | {scores} |")


def print_modes(pieces: list[LabelledPiece]) -> None:
    """Print how often a church mode is named, by the mode of the label."""
    print("\nmodes named, by the label's mode\n")
    print("| label | pieces | named rightly | named otherwise |\n|---|---|---|---|")
    names_by_label: dict[str, list[str]] = defaultdict(list)
    for piece in pieces:
        detected = detect_key(midi.parse(piece.path.read_bytes()))
        is_right_key = detected.key == piece.key
        name = detected.mode_name if is_right_key else f"{detected.mode_name} in a wrong key".strip()
        names_by_label[piece.mode].append(name)
    for mode, names in sorted(names_by_label.items()):
        n_others = sum(name not in ("", "in a wrong key", mode) for name in names)
        print(f"| {mode} | {len(names)} | {names.count(mode)} | {n_others} |")


def print_times(results: Results) -> None:
    """Print the processor time of a piece, median and mean, without and with parsing."""
    print("\nprocessor time, ms a piece\n")
    print("| | after reading, median | mean | with reading, median | mean |\n|---|---|---|---|---|")
    for name, each in results.items():
        detection_ms = [1000 * result.detection_s for result in each]
        total_ms = [1000 * (result.detection_s + result.parsing_s) for result in each]
        cells = [cell for ms in (detection_ms, total_ms) for cell in (statistics.median(ms), statistics.fmean(ms))]
        print(f"| {name} | {' | '.join(f'{cell:.2f}' for cell in cells)} |")


def report(pieces: list[LabelledPiece]) -> None:
    """Run all detectors and print every table."""
    warnings.simplefilter("ignore")
    results = run_detectors(pieces, {"ours": ours(), "music21": music21(), "partitura": partitura()})
    sure = [at for at, piece in enumerate(pieces) if piece.is_sure]
    print_accuracy("sure labels", results, pieces, sure)
    print_accuracy("all labels", results, pieces, list(range(len(pieces))))
    print_styles(results, pieces)
    print_modes(pieces)
    print_times(results)


def main() -> None:
    """Compare the detectors, then run the other benchmarks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--pieces", type=int, default=0, help="0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", default="test")
    parser.add_argument("--alone", action="store_true", help="without the other two scripts")
    arguments = parser.parse_args()
    if arguments.corpus is None:
        with tempfile.TemporaryDirectory() as folder:
            report(list(synthetic_pieces(Path(folder))))
    else:
        report(sample_pieces(arguments.corpus, arguments.part, arguments.pieces, arguments.seed))
    corpus = ["--corpus", str(arguments.corpus)] if arguments.corpus else []
    for script in () if arguments.alone else ("local_keys.py", "transposition.py"):
        print(f"\n## {script}", flush=True)
        subprocess.run([sys.executable, str(Path(__file__).with_name(script)), *corpus], check=True)


if __name__ == "__main__":
    main()
