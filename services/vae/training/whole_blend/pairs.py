"""Held-out pairs of whole pieces of different styles in one key signature, and the tunes to recognize them among."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from score import grid as grids
from score import midi
from score.encoding import STEPS_PER_BAR
from score.grid import Grid
from score.meter_map import build_meter_map
from score.model import Score
from score.quantization import codec
from score.quantization.monophonic import decode_monophonic, encode_monophonic
from score.quantization.note_table import END, NoteTable
from score.roles import Role
from servicekit.faults import Fault

from ..data.dataset import HELD_OUT_ONE_IN
from ..data.prepare import read_index
from .key_estimation import EstimatedKey, estimate_key, transpose_to_signature

_MIN_BARS, _MAX_BARS, _MIN_LEAD_NOTES = 12, 128, 40
_ONE_METER_SHARE = 0.6
_MAX_WAITING = 8


@dataclass(frozen=True)
class CorpusPiece:
    """A piece of an index: its file, style, work and length."""

    path: Path
    style: str
    group: str
    n_bars: int


@dataclass(frozen=True)
class WholePair:
    """Two pieces, the second one in the first one's key signature.

    Attributes
    ----------
    names, styles, groups : tuple of str
        File names, styles and works.
    files : tuple of bytes
        Both as MIDI.
    keys : tuple of EstimatedKey
        Of the files.
    is_one_meter : bool
        Whether both have the same meter; if not, their bars have different numbers of steps.
    """

    names: tuple[str, str]
    styles: tuple[str, str]
    groups: tuple[str, str]
    files: tuple[bytes, bytes]
    keys: tuple[EstimatedKey, EstimatedKey]
    is_one_meter: bool

    def parents(self, meter: str | None = None) -> tuple[Grid, Grid]:
        """Return both pieces on the grid, in their own meters or in a given one."""
        first, second = (read_grid(data) for data in self.files)
        return (first, second) if meter is None else (first.to_meter(meter), second.to_meter(meter))


def read_grid(data: bytes) -> Grid:
    """Return a MIDI file on the grid."""
    return grids.from_score(midi.parse(data))


def list_pieces(folders: Sequence[Path], *, held_out: bool) -> list[CorpusPiece]:
    """List the pieces of corpus folders whose works are held out from training, or the others."""
    pieces = []
    for folder in folders:
        hashes = {row.path: row.group_hash for row in read_index(folder)}
        with (folder / "index.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                path = folder / row["path"]
                if (hashes[path] % HELD_OUT_ONE_IN == 0) == held_out:
                    pieces.append(CorpusPiece(path, row["style"], row["group"], int(row["n_bars"] or 0)))
    return pieces


def iter_by_style(pieces: Sequence[CorpusPiece], seed: int) -> Iterator[CorpusPiece]:
    """Yield each piece once, style after style, in random order."""
    rng = random.Random(seed)
    by_style: dict[str, list[CorpusPiece]] = defaultdict(list)
    for piece in pieces:
        by_style[piece.style].append(piece)
    for same_style in by_style.values():
        rng.shuffle(same_style)
    while any(by_style.values()):
        styles = sorted(style for style, same_style in by_style.items() if same_style)
        rng.shuffle(styles)
        for style in styles:
            yield by_style[style].pop()


def read_piece(piece: CorpusPiece) -> tuple[Score, Grid] | None:
    """Return a piece as a score and on the grid; None if it is unreadable, too short, too long or lacks a lead."""
    if not _MIN_BARS <= piece.n_bars <= _MAX_BARS:
        return None
    try:
        score = midi.parse(piece.path.read_bytes())
        grid = grids.from_score(score)
    except Fault:
        return None
    if Role.LEAD not in grid.events or len(grid.notes(Role.LEAD)) < _MIN_LEAD_NOTES:
        return None
    return score, grid


def top_line(score: Score) -> NoteTable:
    """Return the highest line of all pitched tracks as a note table."""
    meter_map = build_meter_map(score)
    tables = [codec.quantize(track, meter_map) for track in score.tracks if track.notes and not track.is_drum]
    notes = np.concatenate(tables)
    part = encode_monophonic(notes, int(notes[:, END].max()) + 1, keep_highest=True)
    return decode_monophonic(part.events, part.velocities)


def choose_pairs(
    folders: Sequence[Path], n_pairs: int, n_tunes: int, seed: int, *, held_out: bool = True
) -> tuple[list[WholePair], dict[str, NoteTable]]:
    """Choose pairs of different styles and works, 60 % of them in one meter, and a library of tunes.

    Parameters
    ----------
    folders : sequence of Path
        Corpora with an `index.csv`.
    n_pairs : int
    n_tunes : int
        Size of the library; the pairs' pieces are in it.
    seed : int
    held_out : bool
        Whether to take works that training has not seen; others are for development.

    Returns
    -------
    list of WholePair
    dict of str to ndarray, shape (n, 4), int32
        The top line of each piece of the library, by file name.
    """
    quotas = {True: round(_ONE_METER_SHARE * n_pairs)}
    quotas[False] = n_pairs - quotas[True]
    waiting: list[tuple[CorpusPiece, Score, Grid]] = []
    pairs: list[WholePair] = []
    tunes: dict[str, NoteTable] = {}
    for piece in iter_by_style(list_pieces(folders, held_out=held_out), seed):
        read = read_piece(piece)
        if read is None:
            continue
        tunes[piece.path.name] = top_line(read[0])
        candidate = (piece, *read)
        partner = next((other for other in waiting if _are_compatible(other, candidate, quotas)), None)
        if partner is not None:
            pairs.append(_build_pair(partner, candidate))
            quotas[pairs[-1].is_one_meter] -= 1
            waiting.remove(partner)
        elif len(waiting) < _MAX_WAITING:
            waiting.append(candidate)
        if len(pairs) == n_pairs and len(tunes) >= n_tunes:
            break
    used = {name for pair in pairs for name in pair.names}
    others = [name for name in tunes if name not in used][: max(n_tunes - len(used), 0)]
    return pairs, {name: tunes[name] for name in tunes if name in used} | {name: tunes[name] for name in others}


def _are_compatible(
    first: tuple[CorpusPiece, Score, Grid], second: tuple[CorpusPiece, Score, Grid], quotas: dict[bool, int]
) -> bool:
    """Return whether two pieces make a pair that is still needed; 3/4 with 6/8 is neither one meter nor two lengths."""
    meters = (first[2].meter, second[2].meter)
    is_one_meter = meters[0] == meters[1]
    if not is_one_meter and STEPS_PER_BAR[meters[0]] == STEPS_PER_BAR[meters[1]]:
        return False
    is_same = first[0].style == second[0].style or first[0].group == second[0].group
    return not is_same and quotas[is_one_meter] > 0


def _build_pair(first: tuple[CorpusPiece, Score, Grid], second: tuple[CorpusPiece, Score, Grid]) -> WholePair:
    key = estimate_key(first[1])
    moved, moved_key = transpose_to_signature(second[1], estimate_key(second[1]), key)
    return WholePair(
        (first[0].path.name, second[0].path.name),
        (first[0].style, second[0].style),
        (first[0].group, second[0].group),
        (midi.write(first[1]), midi.write(moved)),
        (key, moved_key),
        first[2].meter == second[2].meter,
    )
