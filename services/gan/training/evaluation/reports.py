"""Reports of the evaluation over sets of pieces: each returns rows of the table, and all its figures for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from gan.measures import features
from score.roles import ROLES, Role

from ..data.corpus import Corpus
from .generation import GeneratedPiece, WorkerPool
from .measures import (
    coherence,
    feature_overlap,
    key_agreement,
    memorization,
    musegan_metrics,
    self_similarity,
    style_recognition,
    two_sample,
)
from .pieces import Piece
from .table import Row, percent

KINDS = {"all": "all references", "real": "real references", "synthetic": "machine-arranged references"}
"""Kinds of references, with their names in the table."""

N_KEY_PIECES = 300
"""Held-out pieces whose keys are detected."""

Figures = dict[str, Any]
Report = tuple[list[Row], Figures]


@dataclass(frozen=True, slots=True)
class PairedSample:
    """Generated pieces, and the held-out piece like which each was generated."""

    held_out: list[Piece]
    generated: list[Piece]

    @classmethod
    def of_pairs(cls, pairs: Iterable[tuple[Piece, Piece]]) -> PairedSample:
        """Unzip pairs of a reference and a generated piece."""
        listed = list(pairs)
        return cls([one for one, _ in listed], [other for _, other in listed])

    def only(self, *, synthetic: bool) -> PairedSample:
        """Return the pairs with machine-arranged references, or with real ones."""
        pairs = zip(self.held_out, self.generated, strict=True)
        return PairedSample.of_pairs(pair for pair in pairs if pair[0].synthetic == synthetic)

    def kinds(self) -> dict[str, PairedSample]:
        """Split by the kind of reference: all, real and synthetic, without those that are empty."""
        found = {"all": self, "real": self.only(synthetic=False), "synthetic": self.only(synthetic=True)}
        return {kind: sample for kind, sample in found.items() if sample.generated}


Samples = Mapping[str, PairedSample]
"""By the columns of the table."""


def _all_pieces(samples: Samples) -> list[Piece]:
    """Return each piece of all samples once."""
    return list({piece for sample in samples.values() for piece in (*sample.held_out, *sample.generated)})


def error_report(samples: Samples, pool: WorkerPool) -> Report:
    """Compare MuseGAN's five metrics."""
    pieces = _all_pieces(samples)
    measured = dict(zip(pieces, pool.map(musegan_metrics.measure_piece, pieces), strict=True))
    figures: Figures = {
        column: {kind: _error_figures(own, measured) for kind, own in sample.kinds().items()}
        for column, sample in samples.items()
    }
    rows = [
        Row(
            f"mean relative error, {name}",
            "MuseGAN 16.6 %, BinaryMuseGAN 9.0 %",
            "9 %",
            "4 %",
            {column: percent(found[kind]["error"]) for column, found in figures.items() if kind in found},
        )
        for kind, name in KINDS.items()
    ]
    for metric in musegan_metrics.METRICS:
        errors = {column: found["all"]["by_metric"].get(metric, float("nan")) for column, found in figures.items()}
        rows.append(Row(f"— {metric}", values={column: percent(float(error)) for column, error in errors.items()}))
    return rows, figures


def _error_figures(sample: PairedSample, measured: Mapping[Piece, Mapping[str, float]]) -> Figures:
    """Return the figures of a sample; manifests of models store them under these keys."""
    data, generated = (
        musegan_metrics.average([measured[piece] for piece in pieces]) for pieces in (sample.held_out, sample.generated)
    )
    errors = musegan_metrics.relative_errors(data, generated)
    return {
        "pieces": len(sample.generated),
        "data": data,
        "made": generated,
        "errors": errors,
        "by_metric": musegan_metrics.by_metric(errors),
        "error": musegan_metrics.mean_error(errors),
    }


def overlap_report(samples: Samples, pool: WorkerPool) -> Report:
    """Compare the distributions of features."""
    jobs = [(column, kind, own) for column, sample in samples.items() for kind, own in sample.kinds().items()]
    found = pool.map(_compare_features, [own for _, _, own in jobs])
    figures: Figures = {}
    for (column, kind, _), areas in zip(jobs, found, strict=True):
        figures.setdefault(column, {})[kind] = {name: asdict(area) for name, area in areas.items()}
    rows = []
    for kind in KINDS:
        for feature in feature_overlap.FEATURES:
            known = {column: own[kind][feature] for column, own in figures.items() if feature in own.get(kind, {})}
            values = {column: f"{area['pairs']:.3f} ({area['plain']:.3f})" for column, area in known.items()}
            rows.append(Row(f"overlap (plain), {feature}, {kind}", "baseline", ".85", ".95", values))
    return rows, figures


def _compare_features(sample: PairedSample) -> dict[str, feature_overlap.Overlap]:
    return feature_overlap.compare(sample.held_out, sample.generated)


def two_sample_report(samples: Samples, pool: WorkerPool) -> Report:
    """Distinguish generated from real music; the accuracy for training music is that of a perfect generator."""
    results = dict(zip(samples, pool.map(_evaluate_sample, list(samples.values())), strict=True))
    found = {column: result for column, result in results.items() if result}
    accuracies = {
        column: f"{percent(result.accuracy)} ± {100 * result.standard_error:.1f}" for column, result in found.items()
    }
    by_ngrams = {column: percent(result.ngram_accuracy) for column, result in found.items()}
    by_random = {column: percent(result.random_accuracy) for column, result in found.items()}
    rows = [
        Row("distinguished from held-out music", "95 % of the baseline's", "75 %", "60 %", accuracies),
        Row("— by n-grams", values=by_ngrams),
        Row("— by random convolutions of the roll, with which nothing was trained", values=by_random),
    ]
    for kind in ("real", "synthetic"):
        shares = {column: result.by_kind[kind] for column, result in found.items() if kind in result.by_kind}
        values = {column: percent(share) for column, share in shares.items()}
        rows.append(Row(f"— {KINDS[kind]}", values=values))
    if generated := found.get("generated"):
        medians = (f"{name} {one:.3g} → {other:.3g}" for name, (one, other) in generated.medians.items())
        rows.append(Row("— by (real → generated)", note="; ".join(medians)))
    return rows, {column: asdict(result) for column, result in found.items()}


def _evaluate_sample(sample: PairedSample) -> two_sample.TwoSampleResult | None:
    return two_sample.evaluate(sample.held_out, sample.generated)


def coherence_report(samples: Samples, _pool: WorkerPool) -> Report:
    """Measure whether all roles sound, and how well they fit together."""
    figures: Figures = {}
    for column, sample in samples.items():
        gaps = {kind: coherence.measure_gap(own.held_out, own.generated) for kind, own in sample.kinds().items()}
        complete = [piece for piece in sample.generated if len(piece.roles) == len(ROLES)]
        figures[column] = {
            "four_roles": len(complete),
            "all_roles_sound": coherence.share_with_all_roles(complete),
            **{kind: asdict(gap) | {"reached": gap.reached, "own": gap.own_reached} for kind, gap in gaps.items()},
        }
    shares = {column: percent(found["all_roles_sound"]) for column, found in figures.items()}
    rows = [Row("four roles in three quarters of the bars", "", "95 %", "100 %", shares)]
    for kind in KINDS:
        known = {column: found[kind] for column, found in figures.items() if kind in found}
        values = {column: f"{percent(gap['reached'])} ({percent(gap['own'])})" for column, gap in known.items()}
        rows.append(Row(f"tonal gap reached (by its own shuffling), {kind}", "", "60 %", "85 %", values))
    return rows, figures


def style_report(samples: Samples, training: Sequence[Piece], pool: WorkerPool) -> Report:
    """Recognize styles by a classifier that is trained on training music alone.

    Parameters
    ----------
    samples : mapping of str to PairedSample
    training : sequence of Piece
        What the classifier is trained on.
    pool : WorkerPool
    """
    roles = style_recognition.common_roles(training)
    jobs = [(piece, roles) for piece in (*training, *_all_pieces(samples))]
    measured = dict(zip((piece for piece, _ in jobs), pool.map(_measure_features, jobs), strict=True))
    classifier = style_recognition.StyleClassifier(
        [piece.style for piece in training], [measured[piece] for piece in training]
    )

    def accuracy(pieces: Sequence[Piece]) -> float:
        return classifier.accuracy([piece.style for piece in pieces], [measured[piece] for piece in pieces])

    figures: Figures = {"roles": [role.value for role in roles]}
    rows = []
    for kind in KINDS:
        own = {column: sample.kinds()[kind] for column, sample in samples.items() if kind in sample.kinds()}
        if not own:
            continue
        generated = {column: accuracy(sample.generated) for column, sample in own.items()}
        held_out = next(iter(own.values())).held_out
        uniform, majority = style_recognition.guess_accuracies(held_out)
        real = accuracy(held_out)
        figures[kind] = {"generated": generated, "held_out": real, "uniform": uniform, "majority": majority}
        anchor = f"guessing {percent(uniform)} (any), {percent(majority)} (the most frequent)"
        values = {column: percent(share) for column, share in generated.items()}
        rows.append(Row(f"style recognized, {kind}", anchor, "3x guessing", f"{percent(real)} (held-out)", values))
    return rows, figures


def _measure_features(job: tuple[Piece, tuple[Role, ...]]) -> features.FeatureValues:
    return features.measure(*job)


def key_report(samples: Samples, generated: Mapping[str, Sequence[GeneratedPiece]], pool: WorkerPool) -> Report:
    """Measure how often the requested key is detected.

    Parameters
    ----------
    samples : mapping of str to PairedSample
    generated : mapping of str to sequence of GeneratedPiece
        Columns whose whole files are known. Pieces of the other columns are written here, in random keys.
    pool : WorkerPool
    """
    rng = np.random.default_rng(1)
    jobs = {column: [(one.midi, (one.tonic, one.piece.is_minor)) for one in own] for column, own in generated.items()}
    others = {column: sample.generated for column, sample in samples.items() if column not in (*generated, "training")}
    others["held-out"] = next(iter(samples.values())).held_out[:N_KEY_PIECES]
    for column, pieces in others.items():
        tonics = rng.integers(12, size=len(pieces)).tolist()
        jobs[column] = [
            (key_agreement.to_midi(piece, tonic), (tonic, piece.is_minor))
            for piece, tonic in zip(pieces, tonics, strict=True)
        ]
    shares = {column: float(np.mean(pool.map(key_agreement.is_in_key, own))) for column, own in jobs.items() if own}
    values = {column: percent(share) for column, share in shares.items()}
    row = Row("key as requested, by music21", "", "95 %", "99 %", values, f"held-out music: {values['held-out']}")
    return [row], {column: {"music21": share} for column, share in shares.items()}


def memorization_report(samples: Samples, corpus: Corpus) -> Report:
    """Count duplicates, and measure passages that are shared with the training music."""
    figures: Figures = {
        column: {"duplicates": memorization.count_duplicates(sample.generated)} for column, sample in samples.items()
    }
    counts = {column: str(found["duplicates"]) for column, found in figures.items()}
    for column, sample in samples.items():
        if column != "training":
            figures[column]["shared"] = memorization.longest_shared(sample.generated, corpus)
    held_out = next(iter(samples.values())).held_out
    figures["held-out"] = {"shared": memorization.longest_shared(held_out, corpus)}
    values = {column: _mean_and_ninetieth(found["shared"]) for column, found in figures.items() if "shared" in found}
    name = "longest passage shared with training music, informative notes: mean (90th percentile)"
    note = f"held-out music: {values['held-out']}"
    return [Row("duplicates", "", "0", "0", counts), Row(name, "", "no longer", "shorter", values, note)], figures


def _mean_and_ninetieth(lengths: Sequence[float]) -> str:
    return f"{np.mean(lengths):.1f} ({np.percentile(lengths, 90):.0f})"


def structure_report(samples: Samples) -> Report:
    """Compare the similarity of bars by their distance."""
    figures: Figures = {
        column: {kind: _structure_figures(own) for kind, own in sample.kinds().items()}
        for column, sample in samples.items()
    }
    rows = []
    for kind in KINDS:
        for name in self_similarity.CURVES:
            values = {column: percent(found[kind][name]["error"]) for column, found in figures.items() if kind in found}
            rows.append(Row(f"self-similarity of 32 bars, error of {name}, {kind}", values=values))
    return rows, figures


def _structure_figures(sample: PairedSample) -> Figures:
    real, generated = self_similarity.measure(sample.held_out), self_similarity.measure(sample.generated)
    figures: Figures = {}
    for name in self_similarity.CURVES:
        one, other = getattr(real, name), getattr(generated, name)
        error = self_similarity.curve_error(one, other)
        figures[name] = {"held_out": one.tolist(), "generated": other.tolist(), "error": error}
    return figures
