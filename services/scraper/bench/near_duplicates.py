"""Bench of near duplicates: ``python services/scraper/bench/near_duplicates.py CORPUS [CORPUS ...]``.

Every piece of folders with an ``index.csv`` is stored with five copies: in another key, stretched, saved again with
other resolution and rounding, distributed over other tracks, and with other names. Counted are the copies that come
into the family of their original, and the pieces that come into the family of another work (a ``group`` of the index).
Works of even and of odd digests are two halves: the first is for setting the threshold, the second for reporting.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import random
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from score import midi
from score.model import Note, Score, Tempo, Track
from scraper.analysis.worker_pool import WorkerPool
from scraper.content.midi_files import score_digest
from scraper.crawling.database import Database
from scraper.crawling.events import CrawlSummary
from scraper.crawling.file_intake import FileIntake
from scraper.music.fingerprint import fingerprint
from servicekit.faults import Fault


def transpose(score: Score, source: random.Random) -> Score:
    """Move all pitched notes by the same interval."""
    shift = source.choice([each for each in range(-6, 7) if each])
    return replace(score, tracks=tuple(_shift(track, shift) for track in score.tracks))


def _shift(track: Track, shift: int) -> Track:
    if track.is_drum:
        return track
    return replace(
        track, notes=tuple(note._replace(pitch=min(max(note.pitch + shift, 0), 127)) for note in track.notes)
    )


def stretch(score: Score, source: random.Random) -> Score:
    """Multiply all times by a factor, and round."""
    return _scale(score, source.uniform(0.6, 1.7), score.ticks_per_quarter)


def save_again(score: Score, source: random.Random) -> Score:
    """Change the resolution, and round; another tempo."""
    resolution = source.choice([96, 120, 192, 240, 384, 960])
    scaled = _scale(score, resolution / score.ticks_per_quarter, resolution)
    return replace(scaled, tempos=(Tempo(0, source.randint(300_000, 900_000)),))


def _scale(score: Score, factor: float, resolution: int) -> Score:
    return replace(
        score,
        ticks_per_quarter=resolution,
        tempos=tuple(tempo._replace(tick=round(tempo.tick * factor)) for tempo in score.tempos),
        meters=(),
        keys=(),
        others=(),
        tracks=tuple(
            replace(
                track,
                others=(),
                notes=tuple(
                    sorted(
                        Note(round(on * factor), max(1, round(length * factor)), pitch, velocity)
                        for on, length, pitch, velocity in track.notes
                    )
                ),
            )
            for track in score.tracks
        ),
    )


def change_tracks(score: Score, source: random.Random) -> Score:
    """Join all pitched tracks and split them at a pitch, in another order, with another instrument."""
    pitched = sorted(note for track in score.tracks if not track.is_drum for note in track.notes)
    drums = tuple(track for track in score.tracks if track.is_drum)
    border = source.randint(50, 70)
    low = Track("a", 5, 3, tuple(note for note in pitched if note.pitch < border))
    high = Track("b", 9, 2, tuple(note for note in pitched if note.pitch >= border))
    return replace(score, tracks=(*drums, high, low))


def rename(score: Score, source: random.Random) -> Score:
    """Change all names and velocities."""
    tracks = tuple(
        replace(
            track,
            name=f"x{index}",
            notes=tuple(note._replace(velocity=source.randint(40, 110)) for note in track.notes),
        )
        for index, track in enumerate(score.tracks)
    )
    return replace(score, title="Untitled", tracks=tracks)


CHANGES: dict[str, Callable[[Score, random.Random], Score]] = {
    "transposed": transpose,
    "stretched": stretch,
    "saved again": save_again,
    "other tracks": change_tracks,
    "renamed": rename,
}


def read_pieces(corpora: list[Path], half: int, limit: int) -> list[tuple[str, Score]]:
    """Return the work and the score of pieces of one half.

    Parameters
    ----------
    corpora : list of Path
        Folders with an index.csv.
    half : int
        0 or 1.
    limit : int
        Number of pieces.
    """
    rows: list[tuple[Path, dict[str, str]]] = []
    for folder in corpora:
        with (folder / "index.csv").open(encoding="utf-8") as file:
            rows += [(folder, row) for row in csv.DictReader(file)]
    rows = [each for each in rows if _digest(each[1]["group"]) % 2 == half]
    rows.sort(key=lambda each: _digest(each[1]["path"]))
    pieces = []
    for folder, row in rows[:limit]:
        try:
            score = midi.parse((folder / row["path"]).read_bytes())
        except Fault:
            continue
        if score.n_notes:
            pieces.append((row["group"], score))
    return pieces


def _digest(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


def families(scores: list[Score]) -> list[int]:
    """Return the family of each score, compared in this order, as a collection does it."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder))
        intake = FileIntake(database, WorkerPool(1), CrawlSummary(), _ignore)
        found = []
        with database.transaction():
            for index, score in enumerate(scores):
                facts = {**asdict(fingerprint(score)), "note_digest": score_digest(score)}
                stored, _ = intake._store_file({"sha256": str(index), "n_bytes": 0, "error": "", "facts": facts})
                found.append(int(database.value("SELECT family FROM file WHERE id = ?", stored)))
        database.close()
    return found


async def _ignore(_: int) -> None:
    pass


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", type=Path, nargs="*")
    parser.add_argument("--half", type=int, default=1)
    parser.add_argument("--pieces", type=int, default=500)
    parser.add_argument("--verbose", action="store_true", help="name the false merges")
    options = parser.parse_args()
    if not options.corpora:
        print("no corpus is given")
        return
    pieces = read_pieces(options.corpora, options.half, options.pieces)
    source = random.Random(0)
    scores = [score for _, score in pieces]
    works = [work for work, _ in pieces]
    for change in CHANGES.values():
        scores += [change(score, source) for _, score in pieces]
    found = families(scores)
    n_pieces = len(pieces)
    first_work: dict[int, str] = {}
    wrong = [index for index in range(n_pieces) if first_work.setdefault(found[index], works[index]) != works[index]]
    if options.verbose:
        for index in wrong:
            print(f"  {works[index]} comes into the family of {first_work[found[index]]}")
    print(f"{n_pieces} pieces of {len(set(works))} works")
    total = 0
    for number, name in enumerate(CHANGES, 1):
        right = sum(found[number * n_pieces + index] == found[index] for index in range(n_pieces))
        total += right
        print(f"  {name:14} {right / n_pieces:7.2%} found")
    print(f"found {total / n_pieces / len(CHANGES):.2%}, false merges {len(wrong) / n_pieces:.2%}")


if __name__ == "__main__":
    main()
