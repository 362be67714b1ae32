"""Cut folders of MIDI files into the windows that the models train on.

    python -m training.data.prepare --corpus DIR --corpus DIR2 --out windows.npz

Each folder holds an `index.csv` with the columns path, source, licence, composer, risk and group. Windows begin at
every bar, are distinct within a role, and a piece gives at most `--cap` of them to a role. Transposition happens in
training.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import numpy.typing as npt
from score import chords as chord_names
from score import grid as grids
from score import midi, windows
from score.chords import BEATS_PER_WINDOW
from score.encoding import FIRST_PITCH_EVENT, HOLD
from score.grid import Grid
from score.roles import Role
from servicekit.faults import Fault
from vae.models.specs import MAX_STEPS, ROLE_SPECS

RISKS = ("underlying songs copyrighted", "encoding licence unstated")
MACHINE_MADE = "machine-made accompaniment"

Window = npt.NDArray[np.int16]
Chords = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Piece:
    """One row of an index."""

    path: Path
    source: str
    licence: str
    composer: str
    risk: str
    group: str

    @property
    def group_hash(self) -> int:
        """A number for the work, the same on every machine."""
        return int(hashlib.sha256(self.group.encode()).hexdigest()[:8], 16)


@dataclass(frozen=True)
class Found:
    """The windows of one piece, each with its chords: shapes (steps[, voices]) and (BEATS_PER_WINDOW,)."""

    piece: Piece
    windows: dict[str, list[tuple[Window, Chords]]]


def read_index(folder: Path) -> list[Piece]:
    """Read a folder's `index.csv`."""
    with (folder / "index.csv").open(newline="") as file:
        names = ("source", "licence", "composer", "risk", "group")
        return [Piece(folder / row["path"], *(row[name] for name in names)) for row in csv.DictReader(file)]


def cut(piece: Piece, cap: int) -> Found:
    """Cut a piece into distinct windows, at most `cap` a role; one that cannot be read gives none."""
    try:
        grid = grids.from_score(midi.parse(piece.path.read_bytes()))
    except Fault:
        return Found(piece, {})
    found: dict[str, dict[bytes, tuple[Window, Chords]]] = defaultdict(dict)
    for shifted in (grid, later(grid)):
        if shifted is None:
            continue
        chords = chord_names.grid_triads(shifted)
        for role, cuts in windows.split(shifted).items():
            pairs = zip(cuts, chords, strict=True)
            found[role.value] |= {cut.tobytes(): (cut, chord) for cut, chord in pairs if is_telling(role, cut)}
    chance = random.Random(piece.group + piece.path.name)
    return Found(piece, {role: chance.sample(list(of.values()), min(cap, len(of))) for role, of in found.items()})


def later(grid: Grid) -> Grid | None:
    """Return a piece without its first bar, a note that sounds over into the second struck again there."""
    if grid.n_bars < 3:
        return None
    at = grid.steps_per_bar
    events = {role: of[at:].copy() for role, of in grid.events.items()}
    for role, of in events.items():
        if role is not Role.DRUMS:
            of[0] = np.where(of[0] == HOLD, _last_event(grid.events[role][: at + 1]), of[0])
    velocities = {role: of[at:] for role, of in grid.velocities.items()}
    return replace(grid, n_bars=grid.n_bars - 1, events=events, velocities=velocities)


def _last_event(events: Window) -> Window:
    steps = np.arange(len(events)).reshape(-1, *(1,) * (events.ndim - 1))
    last = np.where(events != HOLD, steps, 0).max(axis=0, keepdims=True)
    return np.asarray(np.take_along_axis(events, last, axis=0)[0])


def is_telling(role: Role, window: Window) -> bool:
    """Whether enough happens in a window to learn from: a note, three drum strokes."""
    return int((window > HOLD).sum()) >= 3 if role is Role.DRUMS else bool((window >= FIRST_PITCH_EVENT).any())


def gather(found: Iterable[Found]) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    """Yield the arrays of the output file; a window stays with the first piece that has it."""
    rows: dict[str, list[tuple[Window, Chords, Piece]]] = {role: [] for role in ROLE_SPECS}
    seen: dict[str, set[bytes]] = {role: set() for role in ROLE_SPECS}
    used: Counter[tuple[str, str]] = Counter()
    composers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in found:
        for role, cuts in one.windows.items():
            fresh = [pair for pair in cuts if pair[0].tobytes() not in seen[role]]
            seen[role] |= {cut.tobytes() for cut, _ in fresh}
            rows[role] += [(cut, chords, one.piece) for cut, chords in fresh]
        if one.windows:
            used[one.piece.source, one.piece.licence] += 1
            composers[one.piece.source, one.piece.licence] |= {one.piece.composer} - {""}
    for role, of in rows.items():
        yield from _arrays(role, of)
    sources = [
        {"source": source, "licence": licence, "pieces": count, "credits": sorted(composers[source, licence])}
        for (source, licence), count in sorted(used.items())
    ]
    yield "sources", np.array(json.dumps(sources))


def _arrays(role: str, rows: list[tuple[Window, Chords, Piece]]) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    voices = ROLE_SPECS[role].n_voices
    tokens = np.zeros((len(rows), MAX_STEPS, *((voices,) if voices > 1 else ())), dtype=np.int16)
    for index, (window, _, _) in enumerate(rows):
        tokens[index, : len(window)] = window
    yield f"{role}.tokens", tokens
    if ROLE_SPECS[role].has_chords:
        yield f"{role}.chords", np.array([chords for _, chords, _ in rows], dtype=np.int8).reshape(-1, BEATS_PER_WINDOW)
    yield f"{role}.steps", np.array([len(window) for window, _, _ in rows], dtype=np.int16)
    yield f"{role}.group", np.array([piece.group_hash for _, _, piece in rows], dtype=np.int64)
    yield f"{role}.synthetic", np.array([piece.risk == MACHINE_MADE for _, _, piece in rows], dtype=bool)
    yield f"{role}.risk", np.array([piece.risk in RISKS for _, _, piece in rows], dtype=bool)


def _cut_job(job: tuple[Piece, int]) -> Found:
    return cut(*job)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="a folder with an index.csv")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cap", type=int, default=96, help="windows a piece gives to a role at most")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    jobs = [(piece, options.cap) for folder in options.corpus for piece in read_index(folder)]
    with Pool(options.processes) as pool:
        arrays = dict(gather(pool.imap(_cut_job, jobs, chunksize=32)))
    np.savez_compressed(options.out, allow_pickle=False, **arrays)
    print({role: len(arrays[f"{role}.tokens"]) for role in ROLE_SPECS})


if __name__ == "__main__":
    main()
