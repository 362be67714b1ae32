"""Prepares the training data: reads a corpus of MIDI files and writes two-bar windows of four roles.

    python -m training.data.prepare --corpus DIR --synthetic DIR --out DIR

in `services/gan`. ``--corpus`` and ``--synthetic`` are folders with an ``index.csv``; either may be left out. Writes
``windows.npz``, see `training.data.corpus`, and ``styles.json``, see `training.data.style_statistics`.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import multiprocessing
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gan.network.dims import MAX_WINDOW_STEPS
from score.arrays import I16, Bool
from score.roles import ROLES, Role

from .corpus import FEATURES, LABEL, STYLES_NAME, WINDOWS_NAME
from .piece_windows import MAX_WINDOWS, STYLES, PieceWindows, read_piece
from .style_statistics import describe_styles
from .window_features import window_features

MAX_STYLE_WINDOWS = 20000
"""Windows of one style at most: batches balance the styles, so that training would hardly see more."""

RISKS = ("underlying songs copyrighted", "encoding licence unstated")
"""Values of the index's column ``risk`` that ``--no-risk`` leaves out."""

Row = dict[str, str]
"""A row of the index."""


def assemble(pieces: Sequence[PieceWindows]) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of `training.data.corpus.Corpus` by their names in the file."""
    counts = np.array([len(piece.labels) for piece in pieces])
    arrays: dict[str, npt.NDArray[Any]] = {
        "p_start": np.concatenate(([0], np.cumsum(counts)[:-1])),
        "p_count": counts,
        "p_length": np.array([piece.length for piece in pieces]),
        "p_style": np.array([piece.style for piece in pieces]),
        "p_mode": np.array([int(piece.is_minor) for piece in pieces]),
        "p_meter": np.array([piece.meter for piece in pieces]),
        "p_tempo": np.array([piece.tempo_bpm for piece in pieces], np.float32),
        "p_roles": np.stack([piece.roles for piece in pieces]),
        "p_held_out": np.array([piece.held_out for piece in pieces]),
        "p_synthetic": np.array([piece.synthetic for piece in pieces]),
        "w_sounding": np.concatenate([piece.sounding for piece in pieces]),
        f"w_{LABEL}": np.concatenate([piece.labels for piece in pieces]),
    }
    features = []
    for role in ROLES:
        events = np.concatenate([_events(piece, role) for piece in pieces])
        arrays[f"w_{role.value}"] = events
        if role is not Role.DRUMS:
            arrays[f"w_tied_{role.value}"] = np.concatenate([_tied(piece, role) for piece in pieces])
        features.append(window_features(events, is_drum=role is Role.DRUMS))
    arrays[f"w_{FEATURES}"] = np.stack(features, axis=1).astype(np.float16)
    return arrays


def _events(piece: PieceWindows, role: Role) -> I16:
    shape = (len(piece.labels), MAX_WINDOW_STEPS, *_voice_shape(role))
    return piece.windows.get(role, np.zeros(shape, np.int16))


def _tied(piece: PieceWindows, role: Role) -> Bool:
    return piece.tied.get(role, np.zeros((len(piece.labels), *_voice_shape(role)), np.bool_))


def _voice_shape(role: Role) -> tuple[int, ...]:
    return (4,) if role is Role.HARMONY else ()


def read_credits(folder: Path) -> dict[str, str]:
    """Read whom licences require to name, by the stem of the file; a corpus without such a list requires nobody."""
    path = folder / "licences" / "mutopia-cc-by-attribution.csv"
    if not path.exists():
        return {}
    with path.open(newline="") as rows:
        return {f"mutopia-{row['id']}": _credit(row) for row in csv.DictReader(rows)}


def _credit(row: Row) -> str:
    return f"{row['title']} ({row['composer']}), {row['maintainer (credit)']}, {row['licence']}"


def limit_per_style(rows: Sequence[Row], max_windows: int) -> list[Row]:
    """Select pieces of each style, in the order of a hash of their paths, until they have about so many windows."""
    counts: Counter[str] = Counter()
    selected = []
    for row in sorted(rows, key=lambda row: hashlib.sha256(row["path"].encode()).hexdigest()):
        if counts[row["style"]] < max_windows:
            counts[row["style"]] += min(int(row["n_bars"]) // 2, MAX_WINDOWS)
            selected.append(row)
    return selected


def read_index(folder: Path, *, with_risk: bool) -> list[Row]:
    """Read the rows of a corpus's index that are of a known style, with their credits."""
    credits_by_stem = read_credits(folder)
    with (folder / "index.csv").open(newline="") as index:
        rows = [row for row in csv.DictReader(index) if row["style"] in STYLES]
    for row in rows:
        row["credit"] = credits_by_stem.get(Path(row["path"]).stem, "")
    return [row for row in rows if with_risk or not row["risk"].startswith(RISKS)]


def _read(job: tuple[Path, Row]) -> PieceWindows | None:
    return read_piece(*job)


def main() -> None:
    """Parse the command line, read all pieces of known styles, and write the arrays."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--synthetic", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--style-windows", type=int, default=MAX_STYLE_WINDOWS)
    parser.add_argument("--no-risk", action="store_true", help="leave out songs and encodings of unclear standing")
    options = parser.parse_args()
    jobs = []
    for folder in filter(None, (options.synthetic, options.corpus)):
        rows = read_index(folder, with_risk=not options.no_risk)
        jobs += [(folder, row) for row in limit_per_style(rows, options.style_windows)]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        pieces = [piece for piece in pool.imap(_read, jobs, chunksize=16) if piece is not None]
    options.out.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = assemble(pieces)
    np.savez_compressed(options.out / WINDOWS_NAME, **arrays)
    (options.out / STYLES_NAME).write_text(json.dumps(describe_styles(pieces), indent=1))
    print(f"{len(pieces)} of {len(jobs)} pieces, {sum(len(piece.labels) for piece in pieces)} windows")


if __name__ == "__main__":
    main()
