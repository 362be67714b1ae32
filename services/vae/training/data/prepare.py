"""Divide MIDI files into the two-bar windows that the models train on.

    python -m training.data.prepare --corpus DIR --corpus DIR2 --out windows.npz

Each folder contains an `index.csv` with the columns path, source, licence, composer, risk and group. Windows begin at
every bar and are distinct within a role; a piece contributes at most `--cap` of them to each role. Windows are
transposed during training, not here.
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
from score import grid as grids
from score import midi, windows
from score.arrays import I8, I16
from score.chords import BEATS_PER_WINDOW, grid_triads
from score.encoding import FIRST_PITCH_EVENT, HOLD, sounding_event
from score.grid import Grid
from score.roles import Role
from servicekit.faults import Fault
from vae.models.specs import MAX_STEPS, ROLE_SPECS

RISKS = ("underlying songs copyrighted", "encoding licence unstated")
SYNTHETIC_RISK = "machine-made accompaniment"
"""The value of the risk column for music that a program wrote."""

MIN_DRUM_ONSETS = 3
"""A window of drums is informative from so many steps with strokes on."""


@dataclass(frozen=True)
class IndexRow:
    """A piece as listed in an `index.csv`: its file and the text of its columns."""

    path: Path
    source: str
    licence: str
    composer: str
    risk: str
    group: str

    @property
    def group_hash(self) -> int:
        """A number for the work that the piece belongs to, equal on every machine."""
        return int(hashlib.sha256(self.group.encode()).hexdigest()[:8], 16)


@dataclass(frozen=True)
class PieceWindows:
    """The windows of one piece.

    Attributes
    ----------
    row : IndexRow
    windows : dict of str to list of (ndarray, ndarray)
        Role -> tokens, shape (n_steps,) or (n_steps, n_voices), int16, and chords, shape (BEATS_PER_WINDOW,), int8, of
        each window.
    """

    row: IndexRow
    windows: dict[str, list[tuple[I16, I8]]]


def read_index(folder: Path) -> list[IndexRow]:
    """Read a folder's `index.csv`."""
    with (folder / "index.csv").open(newline="") as file:
        names = ("source", "licence", "composer", "risk", "group")
        return [IndexRow(folder / row["path"], *(row[name] for name in names)) for row in csv.DictReader(file)]


def extract_windows(row: IndexRow, cap: int) -> PieceWindows:
    """Divide a piece into distinct windows.

    Parameters
    ----------
    row : IndexRow
    cap : int
        Maximum number of windows of each role; a larger set is sampled, seeded by the piece.

    Returns
    -------
    PieceWindows
        Without windows if the file cannot be read.
    """
    try:
        grid = grids.from_score(midi.parse(row.path.read_bytes()))
    except Fault:
        return PieceWindows(row, {})
    distinct: dict[str, dict[bytes, tuple[I16, I8]]] = defaultdict(dict)
    for shifted in (grid, drop_first_bar(grid)):
        if shifted is None:
            continue
        chords = grid_triads(shifted)
        for role, tokens in windows.split(shifted).items():
            pairs = zip(tokens, chords, strict=True)
            distinct[role.value] |= {each.tobytes(): (each, of) for each, of in pairs if is_informative(role, each)}
    rng = random.Random(row.group + row.path.name)
    sampled = {role: rng.sample(list(of.values()), min(cap, len(of))) for role, of in distinct.items()}
    return PieceWindows(row, sampled)


def drop_first_bar(grid: Grid) -> Grid | None:
    """Return a piece without its first bar; None if fewer than two bars would be left.

    A note that continues from the first bar into the second gets an onset there.
    """
    if grid.n_bars < 3:
        return None
    start = grid.steps_per_bar
    events = {role: of[start:].copy() for role, of in grid.events.items()}
    for role, of in events.items():
        if role is not Role.DRUMS:
            of[0] = np.where(of[0] == HOLD, sounding_event(grid.events[role][: start + 1])[start], of[0])
    velocities = {role: of[start:] for role, of in grid.velocities.items()}
    return replace(grid, n_bars=grid.n_bars - 1, events=events, velocities=velocities)


def is_informative(role: Role, window: I16) -> bool:
    """Return whether a window contains enough to learn from: a note, or `MIN_DRUM_ONSETS` steps with strokes."""
    if role is Role.DRUMS:
        return int((window > HOLD).sum()) >= MIN_DRUM_ONSETS
    return bool((window >= FIRST_PITCH_EVENT).any())


def build_arrays(pieces: Iterable[PieceWindows]) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    """Yield the names and arrays of the output file, see `training.data.dataset`.

    A window that occurs in several pieces belongs to the first of them.
    """
    rows: dict[str, list[tuple[I16, I8, IndexRow]]] = {role: [] for role in ROLE_SPECS}
    known: dict[str, set[bytes]] = {role: set() for role in ROLE_SPECS}
    n_pieces: Counter[tuple[str, str]] = Counter()
    composers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for piece in pieces:
        row, source = piece.row, (piece.row.source, piece.row.licence)
        for role, of in piece.windows.items():
            new = [(tokens, chords, row) for tokens, chords in of if tokens.tobytes() not in known[role]]
            known[role] |= {tokens.tobytes() for tokens, _, _ in new}
            rows[role] += new
        if piece.windows:
            n_pieces[source] += 1
            composers[source] |= {row.composer} - {""}
    for role, role_rows in rows.items():
        yield from _build_role_arrays(role, role_rows)
    sources = [
        {"source": source, "licence": licence, "pieces": count, "credits": sorted(composers[source, licence])}
        for (source, licence), count in sorted(n_pieces.items())
    ]
    yield "sources", np.array(json.dumps(sources))


def _build_role_arrays(
    role: str, rows: list[tuple[I16, I8, IndexRow]]
) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    n_voices = ROLE_SPECS[role].n_voices
    tokens = np.zeros((len(rows), MAX_STEPS, *((n_voices,) if n_voices > 1 else ())), dtype=np.int16)
    for index, (window, _, _) in enumerate(rows):
        tokens[index, : len(window)] = window
    yield f"{role}.tokens", tokens
    if ROLE_SPECS[role].has_chords:
        yield f"{role}.chords", np.array([chords for _, chords, _ in rows], dtype=np.int8).reshape(-1, BEATS_PER_WINDOW)
    yield f"{role}.steps", np.array([len(window) for window, _, _ in rows], dtype=np.int16)
    yield f"{role}.group", np.array([row.group_hash for _, _, row in rows], dtype=np.int64)
    yield f"{role}.synthetic", np.array([row.risk == SYNTHETIC_RISK for _, _, row in rows], dtype=bool)
    yield f"{role}.risk", np.array([row.risk in RISKS for _, _, row in rows], dtype=bool)


def _extract(job: tuple[IndexRow, int]) -> PieceWindows:
    return extract_windows(*job)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="a folder with an index.csv")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cap", type=int, default=96, help="maximum number of windows of each role from one piece")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    jobs = [(row, options.cap) for folder in options.corpus for row in read_index(folder)]
    with Pool(options.processes) as pool:
        arrays = dict(build_arrays(pool.imap(_extract, jobs, chunksize=32)))
    np.savez_compressed(options.out, allow_pickle=False, **arrays)
    print({role: len(arrays[f"{role}.tokens"]) for role in ROLE_SPECS})


if __name__ == "__main__":
    main()
