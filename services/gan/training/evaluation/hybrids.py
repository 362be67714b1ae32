"""Quality of hybrids: MuseGAN's metrics, coherence of roles and melodic intervals, beside those of their parents.

    python -m training.evaluation.hybrids --references FILE.npz --hybrids DIR [--out FILE.json]

in `services/gan`. DIR holds MIDI files and their index, ``hybrids.json``, with one entry for each of the references;
``tests/bench/hybrid.py`` generates them. The mean relative error of the hybrids is compared with the mean of their
parents'; the interval of the difference is a bootstrap over references (Efron and Tibshirani, *An Introduction to the
Bootstrap*, 1993, ch. 13).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from gan.writing.midi_writer import transpose
from score import grid, midi
from score.arrays import F64, I64, Bool
from score.quantization.note_table import PITCH
from score.roles import Role

from . import pieces
from .measures import coherence, musegan_metrics
from .pieces import Piece, silence

COLUMNS = ("parent-1", "parent-2", "reconstruction-1", "reconstruction-2", "hybrid")
PARENTS, HYBRID, REFERENCES = COLUMNS[:2], COLUMNS[-1], "references"

N_RESAMPLES = 1000
"""Bootstrap samples of the references."""

Figures = dict[str, Any]


def read_piece(midi_file: bytes, reference: Piece) -> Piece:
    """Read a MIDI file as the evaluation compares pieces: the reference's bars and roles, in C major or A minor.

    Raises
    ------
    ValueError
        If its meter is not the reference's.
    """
    score = midi.parse(midi_file)
    found = grid.from_score(score)
    if found.meter != reference.meter:
        raise ValueError(f"a piece in {reference.meter} was read as {found.meter}")
    # A key signature of n fifths lies 7 n semitones above C (or A); go back the shorter way.
    semitones = -((score.keys[0].fifths * 7 + 5) % 12 - 5)
    n_steps = reference.n_steps
    # A file ends with its last note; the rest of its bars is silence.
    filled = {role: np.concatenate([part, silence(role, n_steps)])[:n_steps] for role, part in found.events.items()}
    events = {role: part if role is Role.DRUMS else transpose(part, semitones) for role, part in filled.items()}
    return replace(reference, events=events).restricted(reference.roles)


def melodic_intervals(piece: Piece) -> dict[str, float]:
    """Measure the lead: notes per bar, mean interval in semitones, share of repeated pitches; {} without two notes."""
    notes = piece.notes.get(Role.LEAD)
    if notes is None or len(notes) < 2:
        return {}
    intervals = np.abs(np.diff(notes[:, PITCH]))
    return {
        "lead_notes_a_bar": len(notes) / piece.n_bars,
        "lead_semitones": float(intervals.mean()),
        "lead_repeats": float((intervals == 0).mean()),
    }


@dataclass(frozen=True)
class MetricTable:
    """Metrics of the pieces of one column.

    Attributes
    ----------
    names : sequence of str
        Names of the metrics, ``metric.role``.
    values : ndarray, shape (n_pieces, n_metrics), float64
        NaN where a piece has no value.
    """

    names: Sequence[str]
    values: F64

    @classmethod
    def measure(cls, music: Iterable[Piece]) -> MetricTable:
        """Measure pieces."""
        rows: list[Mapping[str, float]] = [musegan_metrics.measure_piece(piece) for piece in music]
        names = sorted({name for row in rows for name in row})
        return cls(names, np.array([[row.get(name, np.nan) for name in names] for row in rows]))

    def of_metric(self, metric: str) -> F64:
        """Return the values of a metric for all roles of all pieces."""
        return self.values[:, [name.startswith(metric) for name in self.names]].ravel()

    def means(self, rows: I64) -> dict[str, float]:
        """Average each metric over some pieces; leave out metrics that none of them has."""
        values = self.values[rows]
        counts, sums = np.isfinite(values).sum(0), np.nansum(values, axis=0)
        return {name: float(sums[at] / counts[at]) for at, name in enumerate(self.names) if counts[at]}

    def relative_errors(self, references: MetricTable, rows: I64) -> dict[str, float]:
        """Return the relative error of each metric against the same rows of the references."""
        return musegan_metrics.relative_errors(references.means(rows), self.means(rows))


def error_figures(tables: Mapping[str, MetricTable], synthetic: Bool, seed: int) -> Figures:
    """Return errors by column, for all references and for each kind, and the interval of the difference.

    Parameters
    ----------
    tables : mapping of str to MetricTable
        By column, references included.
    synthetic : ndarray, shape (n_pieces,), bool
        Which references are machine-arranged.
    seed : int
        Seed of the bootstrap.
    """
    kinds = {"all": np.ones_like(synthetic), "real": ~synthetic, "synthetic": synthetic}
    return {
        kind: {
            "pieces": int(chosen.sum()),
            "data": tables[REFERENCES].means(rows),
            "more_than_parents": _excess_error(tables, rows),
            "interval": _bootstrap_interval(tables, rows, seed),
            **{column: _column_errors(tables[column], tables[REFERENCES], rows) for column in COLUMNS},
        }
        for kind, chosen in kinds.items()
        if len(rows := np.flatnonzero(chosen))
    }


def _column_errors(generated: MetricTable, references: MetricTable, rows: I64) -> Figures:
    errors = generated.relative_errors(references, rows)
    return {
        "error": musegan_metrics.mean_error(errors),
        "by_metric": musegan_metrics.by_metric(errors),
        "errors": errors,
        "generated": generated.means(rows),
    }


def _excess_error(tables: Mapping[str, MetricTable], rows: I64) -> float:
    """Return the hybrids' mean relative error less the mean of their parents'."""
    errors = {
        name: musegan_metrics.mean_error(tables[name].relative_errors(tables[REFERENCES], rows))
        for name in (*PARENTS, HYBRID)
    }
    return float(errors[HYBRID] - np.mean([errors[column] for column in PARENTS]))


def _bootstrap_interval(tables: Mapping[str, MetricTable], rows: I64, seed: int) -> tuple[float, float]:
    """Return the 95 % interval of `_excess_error`."""
    rng = np.random.default_rng(seed)
    samples = [_excess_error(tables, rng.choice(rows, len(rows))) for _ in range(N_RESAMPLES)]
    low, high = np.percentile(samples, [2.5, 97.5])
    return float(low), float(high)


def coherence_figures(columns: Mapping[str, Sequence[Piece]], tables: Mapping[str, MetricTable]) -> Figures:
    """Return by column how well the roles fit together, and the intervals of the leads."""
    figures: Figures = {}
    for column, music in columns.items():
        melodies = [melodic_intervals(piece) for piece in music]
        gap = coherence.measure_gap(columns[REFERENCES], music)
        figures[column] = {
            "tonal_distance": _mean(tables[column].of_metric("tonal_distance")),
            "gap_reached": gap.reached,
            "own_gap_reached": gap.own_reached,
            "clashes": _mean(coherence.clash_rate(piece) for piece in music),
            "all_roles": _mean(coherence.share_with_all_roles([piece], piece.roles) for piece in music),
            **{name: _mean(own[name] for own in melodies if own) for name in next(filter(None, melodies), {})},
        }
    return figures


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def print_tables(figures: Figures) -> None:
    """Print the figures as Markdown tables."""
    for kind, found in figures["errors"].items():
        _print_head(f"{kind} references ({found['pieces']}), %", COLUMNS)
        _print_row("mean relative error", (100 * found[column]["error"] for column in COLUMNS))
        for metric in musegan_metrics.METRICS:
            _print_row(f"— {metric}", (100 * found[column]["by_metric"].get(metric, np.nan) for column in COLUMNS))
        more, low, high = (100 * value for value in (found["more_than_parents"], *found["interval"]))
        print(f"\nhybrids' mean relative error less their parents': {more:+.2f} [{low:+.2f}, {high:+.2f}] points")
    _print_head("coherence", (REFERENCES, *COLUMNS))
    for measure in figures["coherence"][REFERENCES]:
        _print_row(measure, (figures["coherence"][column][measure] for column in (REFERENCES, *COLUMNS)), digits=3)


def _print_head(title: str, columns: Sequence[str]) -> None:
    print(f"\n| {title} | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")


def _print_row(name: str, values: Iterable[float], digits: int = 1) -> None:
    print(f"| {name} | {' | '.join(f'{value:.{digits}f}' for value in values)} |")


def measure(columns: Mapping[str, Sequence[Piece]], seed: int) -> Figures:
    """Measure the pieces of all columns, references included."""
    tables = {column: MetricTable.measure(music) for column, music in columns.items()}
    synthetic = np.array([piece.synthetic for piece in columns[REFERENCES]])
    return {"errors": error_figures(tables, synthetic, seed), "coherence": coherence_figures(columns, tables)}


def main() -> None:
    """Parse the command line, measure, print the tables and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--references", type=Path, required=True, help="what training.evaluation.reference_sets wrote")
    parser.add_argument("--hybrids", type=Path, required=True, help="folder with hybrids.json and MIDI files")
    parser.add_argument("--seed", type=int, default=1, help="seed of the bootstrap")
    parser.add_argument("--out", type=Path, help="write all figures as JSON")
    options = parser.parse_args()
    references = pieces.load(options.references)
    entries = json.loads((options.hybrids / "hybrids.json").read_text())
    columns: dict[str, list[Piece]] = {REFERENCES: references}
    for column in COLUMNS:
        files = [(options.hybrids / entry["files"][column]).read_bytes() for entry in entries]
        columns[column] = [read_piece(data, like) for data, like in zip(files, references, strict=True)]
    figures = measure(columns, options.seed)
    print_tables(figures)
    if options.out:
        options.out.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
