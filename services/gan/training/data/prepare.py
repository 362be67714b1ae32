"""Cuts the corpus into windows of four roles, in one key.

    python -m training.data.prepare --corpus DIR --synthetic DIR --out DIR

in `services/gan`. ``--corpus`` and ``--synthetic`` hold an ``index.csv`` each; either may be left out.
Writes ``windows.npz`` and ``styles.json``, what a style sounds like by numbers: tempo, meters, programs, loudness.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import multiprocessing
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gan.network.dims import METERS, N_ROLES
from score import grid as grids
from score import midi, windows
from score.arrays import F64, I16, I32, Bool
from score.encoding import STEPS_PER_BAR, sounding_pitch
from score.model import Note, Score
from score.roles import ROLES, Role
from servicekit.faults import Fault

from . import arrangement
from .window_features import onsets_by_step, voices, window_features

STYLES: dict[str, str] = {
    "arr-country": "country",
    "arr-folkrock": "folk-rock",
    "arr-funk": "funk",
    "arr-hiphop": "hip-hop",
    "arr-jazz": "jazz",
    "arr-jigrock": "jig-rock",
    "arr-latin": "latin",
    "arr-march": "march",
    "arr-reggae": "reggae",
    "arr-waltz": "waltz",
    "pop": "pop",
    "game": "game",
    "chorale": "chorale",
    "string-quartet": "string-quartet",
    "lied": "art-song",
    "classical-piano": "classical-piano",
    "ragtime": "ragtime",
}
"""Style of the index to style of the generator, in the order of its embedding."""

DOUBLED = ("ragtime",)
"""Written in 2/4 sixteenths, heard as two beats a bar of 4/4 at twice the tempo: their lengths are doubled."""

MAX_WINDOW_STEPS = 32
"""Steps of the longest window."""

LONGEST = 24
"""Windows taken from one piece: long works do not drown the others."""

SAME_WINDOW = 0.62
"""Two windows share a letter when so much of their lines agrees."""

HELD_OUT_PERCENT = 10

STYLE_WINDOWS = 20000
"""Windows of one style that are enough: batches are drawn evenly over styles, so that more would hardly be seen."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece, cut: windows by role, what sounds, and what the index says of it."""

    style: int
    is_minor: bool
    meter: int
    tempo_bpm: float
    roles: Bool
    programs: tuple[int, ...]
    windows: dict[Role, I16]
    tied: dict[Role, Bool]
    sounding: Bool
    letters: I32
    loudness: F64
    length: int
    held_out: bool
    synthetic: bool
    credit: str


def read_piece(folder: Path, row: dict[str, str]) -> Piece | None:
    """Read one row of an index; None for what cannot be used."""
    try:
        score = midi.parse((folder / row["path"]).read_bytes())
    except Fault:
        return None
    arranged = arrangement.arrange(score, row["style"])
    if arranged is None:
        return None
    key = arrangement.parse_key(row["key"]) or arrangement.find_key(arranged.score.tracks)
    moved = _normalise(arranged.score, arrangement.shift_to_white(*key), 2 if row["style"] in DOUBLED else 1)
    grid = grids.from_score(moved, dict(enumerate(arranged.roles)))
    if grid.n_bars < 8:
        return None
    return _piece(grid, row, key[1], dict(zip(arranged.roles, arranged.programs, strict=True)))


def _normalise(score: Score, semitones: int, stretch: int) -> Score:
    """Transpose all but drums, and stretch time."""

    def moved(note: Note, is_drum: bool) -> Note:
        pitch = note.pitch if is_drum else min(max(note.pitch + semitones, 0), 127)
        return Note(note.onset_ticks * stretch, note.duration_ticks * stretch, pitch, note.velocity)

    tracks = tuple(
        replace(track, notes=tuple(moved(note, track.is_drum) for note in track.notes)) for track in score.tracks
    )
    tempos = tuple(
        tempo._replace(tick=tempo.tick * stretch, microseconds_per_quarter=tempo.microseconds_per_quarter // stretch)
        for tempo in score.tempos
    )
    meters = tuple(meter._replace(tick=meter.tick * stretch) for meter in score.meters)
    return replace(score, tracks=tracks, tempos=tempos, meters=meters, keys=())


def _piece(grid: grids.Grid, row: dict[str, str], is_minor: bool, programs: dict[Role, int]) -> Piece:
    cut = {role: events[:LONGEST] for role, events in windows.split(grid).items()}
    count = min(windows.count(grid), LONGEST)
    sounding = np.zeros((count, N_ROLES), np.bool_)
    for column, role in enumerate(ROLES):
        if role in cut:
            sounding[:, column] = _sounds(cut[role], role)
    return Piece(
        style=list(STYLES).index(row["style"]),
        is_minor=is_minor,
        meter=METERS.index(grid.meter),
        tempo_bpm=grid.mean_bpm,
        roles=np.array([role in cut and bool(sounding[:, column].any()) for column, role in enumerate(ROLES)]),
        programs=tuple(programs.get(role, 0) for role in ROLES),
        windows={role: _widened(cut[role]) for role in cut},
        tied={role: held[:LONGEST] for role, held in windows.continuations(grid).items()},
        sounding=sounding,
        letters=find_letters(cut),
        loudness=_loudness(grid),
        length=windows.count(grid),
        held_out=int(hashlib.sha256(row["group"].encode()).hexdigest(), 16) % 100 < HELD_OUT_PERCENT,
        synthetic=row["style"].startswith("arr-"),
        credit=row.get("credit", ""),
    )


def _sounds(events: I16, role: Role) -> Bool:
    if role is Role.DRUMS:
        return np.asarray((events > 0).any(1))
    return np.asarray((sounding_pitch(voices(events), axis=-1) > 0).any((1, 2)))


def _widened(events: I16) -> I16:
    missing = MAX_WINDOW_STEPS - events.shape[1]
    return np.pad(events, ((0, 0), (0, missing), *[(0, 0)] * (events.ndim - 2)))


def find_letters(cut: dict[Role, I16]) -> I32:
    """Give windows that sound alike one letter, counted from 0 by first appearance.

    Likeness is the share of steps on which the tune (the first pitched role there is) strikes the same pitch, of those
    on which either window strikes one.
    """
    role = next(role for role in ROLES if role in cut)
    events = cut[role] if cut[role].ndim == 2 else cut[role].max(2)
    struck = np.where(onsets_by_step(events, is_drum=False) > 0, events, 0)
    letters = np.zeros(len(struck), np.int32)
    firsts: list[int] = []
    for index, window in enumerate(struck):
        likeness = [_likeness(window, struck[first]) for first in firsts]
        best = int(np.argmax(likeness)) if likeness else -1
        if best >= 0 and likeness[best] >= SAME_WINDOW:
            letters[index] = best
        else:
            letters[index] = len(firsts)
            firsts.append(index)
    return letters


def _likeness(one: I16, other: I16) -> float:
    either = (one > 0) | (other > 0)
    return float(((one == other) & either).sum() / max(1, either.sum()))


def _loudness(grid: grids.Grid) -> F64:
    """Sum velocities and strikes by role and step of the bar: (roles, 2, 16)."""
    sums = np.zeros((N_ROLES, 2, 16))
    for column, role in enumerate(ROLES):
        if role not in grid.velocities:
            continue
        loud = grid.velocities[role].reshape(grid.n_bars, grid.steps_per_bar, -1).astype(np.float64)
        sums[column, 0, : grid.steps_per_bar] = loud.sum((0, 2))
        sums[column, 1, : grid.steps_per_bar] = (loud > 0).sum((0, 2))
    return sums


def assemble(pieces: Sequence[Piece]) -> dict[str, npt.NDArray[Any]]:
    """Lay all pieces end to end, as `training.data.dataset.Corpus` describes."""
    counts = np.array([len(piece.letters) for piece in pieces])
    out: dict[str, npt.NDArray[Any]] = {
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
        "w_letter": np.concatenate([piece.letters for piece in pieces]),
    }
    heard = []
    for role in ROLES:
        events = np.concatenate([_events(piece, role) for piece in pieces])
        out[f"w_{role.value}"] = events
        if role is not Role.DRUMS:
            out[f"w_tied_{role.value}"] = np.concatenate([_tied(piece, role) for piece in pieces])
        heard.append(window_features(events, is_drum=role is Role.DRUMS))
    out["w_heard"] = np.stack(heard, axis=1).astype(np.float16)
    return out


def _events(piece: Piece, role: Role) -> I16:
    shape = (
        (len(piece.letters), MAX_WINDOW_STEPS, 4) if role is Role.HARMONY else (len(piece.letters), MAX_WINDOW_STEPS)
    )
    events = piece.windows.get(role)
    return np.zeros(shape, np.int16) if events is None else events


def _tied(piece: Piece, role: Role) -> Bool:
    shape = (len(piece.letters), 4) if role is Role.HARMONY else (len(piece.letters),)
    tied = piece.tied.get(role)
    return np.zeros(shape, np.bool_) if tied is None else tied


def describe_styles(pieces: Iterable[Piece]) -> list[dict[str, Any]]:
    """Sum up each style: tempi, meters, share of minor, roles, programs, loudness by step."""
    by_style: dict[int, list[Piece]] = defaultdict(list)
    for piece in pieces:
        by_style[piece.style].append(piece)
    return [_describe_style(name, by_style.get(index, [])) for index, name in enumerate(STYLES.values())]


def _describe_style(name: str, pieces: list[Piece]) -> dict[str, Any]:
    if not pieces:
        return {"id": name, "pieces": 0}
    tempi = np.array([piece.tempo_bpm for piece in pieces])
    meters = Counter(METERS[piece.meter] for piece in pieces)
    roles = np.mean([piece.roles for piece in pieces], axis=0)
    usual = int(np.bincount([piece.meter for piece in pieces]).argmax())
    loudness = np.sum([piece.loudness for piece in pieces if piece.meter == usual], axis=0)
    mean = loudness[:, 0] / np.maximum(loudness[:, 1], 1)
    return {
        "id": name,
        "pieces": len(pieces),
        "credits": sorted({piece.credit for piece in pieces} - {""}),
        "windows": sum(len(piece.letters) for piece in pieces),
        "tempo_bpm": [round(float(value), 1) for value in np.percentile(tempi, (10, 50, 90))],
        "meters": dict(meters.most_common()),
        "minor_share": round(float(np.mean([piece.is_minor for piece in pieces])), 3),
        "role_shares": {role.value: round(float(share), 3) for role, share in zip(ROLES, roles, strict=True)},
        "programs": {
            role.value: dict(Counter(piece.programs[column] for piece in pieces if piece.roles[column]).most_common(4))
            for column, role in enumerate(ROLES)
        },
        "loudness": {
            role.value: [round(float(value)) for value in mean[column, : STEPS_PER_BAR[METERS[usual]]]]
            for column, role in enumerate(ROLES)
        },
    }


def read_credits(folder: Path) -> dict[str, str]:
    """Read whom licences ask to name, by the file's name without its ending; none where the folder has no such list."""
    path = folder / "licences" / "mutopia-cc-by-attribution.csv"
    if not path.exists():
        return {}
    with path.open(newline="") as rows:
        return {f"mutopia-{row['id']}": _credit(row) for row in csv.DictReader(rows)}


def _credit(row: dict[str, str]) -> str:
    return f"{row['title']} ({row['composer']}), {row['maintainer (credit)']}, {row['licence']}"


def thin(rows: Sequence[dict[str, str]], limit: int) -> list[dict[str, str]]:
    """Choose pieces of each style, in an order drawn from their paths, until they have about so many windows."""
    counts: Counter[str] = Counter()
    chosen = []
    for row in sorted(rows, key=lambda row: hashlib.sha256(row["path"].encode()).hexdigest()):
        if counts[row["style"]] < limit:
            counts[row["style"]] += min(int(row["n_bars"]) // 2, LONGEST)
            chosen.append(row)
    return chosen


def _read(job: tuple[Path, dict[str, str]]) -> Piece | None:
    return read_piece(*job)


def main() -> None:
    """Parse the command line, read every piece of a known style, write the arrays."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--synthetic", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--style-windows", type=int, default=STYLE_WINDOWS)
    parser.add_argument("--no-risk", action="store_true", help="leave out songs and encodings of unclear standing")
    options = parser.parse_args()
    jobs = []
    for folder in filter(None, (options.synthetic, options.corpus)):
        named = read_credits(folder)
        with (folder / "index.csv").open(newline="") as index:
            rows = [row for row in csv.DictReader(index) if row["style"] in STYLES]
        for row in rows:
            row["credit"] = named.get(Path(row["path"]).stem, "")
        risky = ("underlying songs copyrighted", "encoding licence unstated")
        rows = [row for row in rows if not (options.no_risk and row["risk"].startswith(risky))]
        jobs += [(folder, row) for row in thin(rows, options.style_windows)]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        pieces = [piece for piece in pool.imap(_read, jobs, chunksize=16) if piece is not None]
    options.out.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = assemble(pieces)
    np.savez_compressed(options.out / "windows.npz", **arrays)
    (options.out / "styles.json").write_text(json.dumps(describe_styles(pieces), indent=1))
    print(f"{len(pieces)} of {len(jobs)} pieces, {sum(len(piece.letters) for piece in pieces)} windows")


if __name__ == "__main__":
    main()
