"""Reference pieces of the benches: rendered recordings with their true notes, drums, tempo and bars."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from score import midi
from score.arrays import F64
from score.encoding import DRUM_CLASS_OF_PITCH
from score.model import Score
from score.summary import bar_onsets_s
from score.tempo_map import TempoMap
from servicekit.faults import Fault

SERVICE = Path(__file__).resolve().parents[1]
ROOT = SERVICE.parents[1]
GALLERY = ROOT / "gateway"
DEFAULT_SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
MAX_DURATION_S = 60.0
MIN_DURATION_S = 15.0
INDISTINGUISHABLE_S = 0.03
LOWEST_PITCH, HIGHEST_PITCH = 21, 108


class MirEvalNotes(NamedTuple):
    """Notes in the format of mir_eval: (n, 2) seconds, (n,) Hz."""

    intervals_s: F64
    pitches_hz: F64


class ReferencePiece(NamedTuple):
    """A rendered recording with its true notes, tempo and bars."""

    name: str
    path: Path
    notes: MirEvalNotes
    drums: MirEvalNotes
    period_s: float
    bars_s: F64
    quarters_per_bar: float
    duration_s: float


def held_out_files(folders: Sequence[Path]) -> list[Path]:
    """Sample pieces of the test tenth by a fixed seed, with the split of the training and its mix of styles."""
    sys.path.insert(0, str(SERVICE))
    from training.corpus import PIECES_PER_STYLE, TEST_FOLD, read_index  # type: ignore[import-not-found]

    rows = [row for row in read_index(folders) if row.fold == TEST_FOLD and row.style in PIECES_PER_STYLE]
    counts = Counter(row.style for row in rows)
    rng = random.Random(1)
    # The largest of random numbers to the power of 1/weight are a weighted sample (Efraimidis and Spirakis, 2006).
    keys = {row.path: rng.random() ** (counts[row.style] / PIECES_PER_STYLE[row.style]) for row in rows}
    return sorted(keys, key=lambda path: -keys[path])


def gallery_files() -> list[Path]:
    """Return the pieces of the gateway's gallery."""
    return sorted(GALLERY.rglob("*.mid"))


def render_pieces(
    files: Sequence[Path], soundfont: Path, folder: Path, count: int, select: Callable[[Score], bool]
) -> Iterator[ReferencePiece]:
    """Render up to a minute of each usable piece that is long enough.

    Parameters
    ----------
    files : sequence of Path
        MIDI files.
    soundfont : Path
    folder : Path
        Where the recordings are written.
    count : int
        Maximum number of pieces.
    select : callable
        Whether a score is usable.
    """
    n_rendered = 0
    for path in files:
        try:
            score = midi.parse(path.read_bytes())
        except Fault:
            continue
        if TempoMap.from_score(score).seconds(score.end_ticks) >= MIN_DURATION_S and select(score):
            yield render_piece(path, score, soundfont, folder)
            n_rendered += 1
        if n_rendered == count:
            return


def has_pitched_notes(score: Score) -> bool:
    """Return whether there is something to transcribe."""
    return any(track.notes and not track.is_drum for track in score.tracks)


def has_drums(score: Score) -> bool:
    """Return whether there are drums, and something else to transcribe."""
    return has_pitched_notes(score) and any(track.notes and track.is_drum for track in score.tracks)


def render_piece(path: Path, score: Score, soundfont: Path, folder: Path) -> ReferencePiece:
    """Render the first minute of a piece.

    Parameters
    ----------
    path : Path
        The piece's file, for its name.
    score : Score
    soundfont : Path
    folder : Path
        Where the recording is written.
    """
    wav, source = folder / f"{path.stem}.wav", folder / f"{path.stem}.mid"
    source.write_bytes(midi.write(truncate(score)))
    command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", "44100", "-F", str(wav), str(soundfont), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    audio, rate_hz = soundfile.read(wav, dtype="float32")
    soundfile.write(wav, audio[: int(MAX_DURATION_S * rate_hz)], rate_hz)
    duration_s = min(MAX_DURATION_S, len(audio) / rate_hz)
    return ReferencePiece(
        name=path.stem[:40],
        path=wav,
        notes=notes_of_score(score, 0.0, duration_s),
        drums=drum_strokes(score, 0.0, duration_s),
        period_s=median_quarter_s(score, duration_s),
        bars_s=np.array(bar_onsets_s(score)),
        quarters_per_bar=score.meters[0].quarters if score.meters else 4.0,
        duration_s=duration_s,
    )


def truncate(score: Score) -> Score:
    """Remove the notes after the first minute, which would be rendered in vain."""
    last = float(TempoMap.from_score(score).ticks_at(MAX_DURATION_S))
    tracks = (replace(track, notes=tuple(n for n in track.notes if n.onset_ticks < last)) for track in score.tracks)
    return replace(score, tracks=tuple(tracks))


def median_quarter_s(score: Score, duration_s: float) -> float:
    """Return the median length of the quarters within the first seconds of a score."""
    tempo_map = TempoMap.from_score(score)
    last = max(float(tempo_map.ticks_at(duration_s)), 2.0 * score.ticks_per_quarter)
    quarters = np.arange(0, last, score.ticks_per_quarter)
    return float(np.median(np.diff(tempo_map.seconds_at(quarters))))


def notes_of_score(score: Score, start_s: float, stop_s: float) -> MirEvalNotes:
    """Return the notes that can be transcribed: no drums, the range of the piano, unisons once.

    Parameters
    ----------
    score : Score
    start_s : float
        Second of the recording at which the score begins.
    stop_s : float
        End of the recording; later notes are left out, and longer ones truncated.
    """
    tempo_map = TempoMap.from_score(score)
    table = [note for track in score.tracks if not track.is_drum for note in track.notes]
    times_s = tempo_map.seconds_at([(note.onset_ticks, note.end_ticks) for note in table]) + start_s
    rows = [
        (float(onset_s), min(float(end_s), stop_s), note.pitch)
        for (onset_s, end_s), note in zip(times_s, table, strict=True)
        if LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH and onset_s < stop_s - 0.1
    ]
    return to_mir_eval(rows)


def drum_strokes(score: Score, start_s: float, stop_s: float) -> MirEvalNotes:
    """Return the drum strokes of a score, with a pitch for each class of `score.encoding.DRUM_CLASSES`.

    Parameters
    ----------
    score : Score
    start_s : float
        Second of the recording at which the score begins.
    stop_s : float
        End of the recording; later strokes are left out.
    """
    tempo_map = TempoMap.from_score(score)
    rows = [
        (onset_s, onset_s + 0.1, LOWEST_PITCH + 5 * DRUM_CLASS_OF_PITCH[note.pitch])
        for track in score.tracks
        if track.is_drum
        for note in track.notes
        if note.pitch in DRUM_CLASS_OF_PITCH
        if (onset_s := float(tempo_map.seconds(note.onset_ticks)) + start_s) < stop_s - 0.1
    ]
    return to_mir_eval(rows)


def to_mir_eval(rows: Sequence[tuple[float, float, int]]) -> MirEvalNotes:
    """Convert onsets, ends and pitches to mir_eval's arrays; unisons become one note."""
    notes: list[tuple[float, float, int]] = []
    for onset_s, end_s, pitch in sorted(rows, key=lambda row: (row[2], row[0])):
        if notes and notes[-1][2] == pitch and onset_s - notes[-1][0] < INDISTINGUISHABLE_S:
            notes[-1] = (notes[-1][0], max(notes[-1][1], end_s), pitch)
        else:
            notes.append((onset_s, max(end_s, onset_s + 0.01), pitch))
    if not notes:
        return MirEvalNotes(np.zeros((0, 2)), np.zeros(0))
    intervals_s = np.maximum(np.array([note[:2] for note in notes]), 0.0)
    return MirEvalNotes(intervals_s, 440 * 2 ** ((np.array([note[2] for note in notes]) - 69) / 12))
