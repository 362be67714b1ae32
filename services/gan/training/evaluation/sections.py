"""The parts of the evaluation over sets of pieces: each gives rows of the table, and all its figures as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from gan.measures import features
from score.roles import ROLES, Role

from .generation import Crew, Made
from .measures import (
    coherence,
    feature_overlap,
    key_agreement,
    memorization,
    musegan_metrics,
    self_similarity,
    style_recognition,
    two_sample_test,
)
from .pieces import Piece
from .reference_sets import Corpus
from .table import Row, percent

HEARD = 300
"""Held-out pieces whose keys are listened for."""

Facts = dict[str, Any]
Part = tuple[list[Row], Facts]


@dataclass(frozen=True, slots=True)
class Sample:
    """Made pieces, and the held-out piece that each was made like."""

    held_out: list[Piece]
    made: list[Piece]

    @classmethod
    def of_pairs(cls, pairs: Iterable[tuple[Piece, Piece]]) -> Sample:
        """Unzip pairs of a reference and a made piece."""
        listed = list(pairs)
        return cls([one for one, _ in listed], [other for _, other in listed])

    def only(self, *, synthetic: bool) -> Sample:
        """Keep those of machine-arranged references, or of real ones."""
        pairs = zip(self.held_out, self.made, strict=True)
        return Sample.of_pairs(pair for pair in pairs if pair[0].synthetic == synthetic)

    def kinds(self) -> dict[str, Sample]:
        """Split by the kind of reference: all, real and synthetic, those that there are."""
        found = {"all": self, "real": self.only(synthetic=False), "synthetic": self.only(synthetic=True)}
        return {kind: sample for kind, sample in found.items() if sample.made}


Samples = Mapping[str, Sample]
"""By the columns of the table."""


def error_part(samples: Samples, crew: Crew) -> Part:
    """Compare MuseGAN's five metrics."""
    measured = dict(_measured(samples, crew))
    facts: Facts = {}
    for column, sample in samples.items():
        facts[column] = {}
        for kind, own in sample.kinds().items():
            data, made = (
                musegan_metrics.average([measured[piece] for piece in pieces]) for pieces in (own.held_out, own.made)
            )
            found = musegan_metrics.relative_errors(data, made)
            facts[column][kind] = {
                "pieces": len(own.made),
                "data": data,
                "made": made,
                "errors": found,
                "by_metric": musegan_metrics.by_metric(found),
                "error": musegan_metrics.mean_error(found),
            }
    names = {"all": "all references", "real": "real references", "synthetic": "machine-arranged references"}
    rows = [
        Row(
            f"mean relative error, {names[kind]}",
            "MuseGAN 16.6 %, BinaryMuseGAN 9.0 %",
            "9 %",
            "4 %",
            {column: percent(found[kind]["error"]) for column, found in facts.items() if kind in found},
        )
        for kind in names
    ]
    rows += [
        Row(f"— {metric}", values={column: percent(_metric(found, metric)) for column, found in facts.items()})
        for metric in musegan_metrics.METRICS
    ]
    return rows, facts


def _measured(samples: Samples, crew: Crew) -> Iterable[tuple[Piece, dict[str, float]]]:
    pieces = list({piece for sample in samples.values() for piece in (*sample.held_out, *sample.made)})
    return zip(pieces, crew.map(musegan_metrics.measure_piece, pieces), strict=True)


def _metric(found: Facts, metric: str) -> float:
    return float(found["all"]["by_metric"].get(metric, float("nan")))


def overlap_part(samples: Samples, crew: Crew) -> Part:
    """Compare distributions of features."""
    jobs = [(column, kind, own) for column, sample in samples.items() for kind, own in sample.kinds().items()]
    found = crew.map(_overlap, [own for _, _, own in jobs])
    facts: Facts = {}
    for (column, kind, _), areas in zip(jobs, found, strict=True):
        facts.setdefault(column, {})[kind] = {name: asdict(area) for name, area in areas.items()}
    rows = []
    for kind in ("all", "real", "synthetic"):
        for feature in feature_overlap.FEATURES:
            known = {column: own[kind][feature] for column, own in facts.items() if feature in own.get(kind, {})}
            values = {column: f"{area['pairs']:.3f} ({area['plain']:.3f})" for column, area in known.items()}
            rows.append(Row(f"overlap (plain), {feature}, {kind}", "baseline", ".85", ".95", values))
    return rows, facts


def _overlap(sample: Sample) -> dict[str, feature_overlap.Overlap]:
    return feature_overlap.compare(sample.held_out, sample.made)


def apart_part(samples: Samples, crew: Crew) -> Part:
    """Tell made from real; training music says what a perfect generator would be told with."""
    found = dict(zip(samples, crew.map(_tell, list(samples.values())), strict=True))
    facts = {column: asdict(told) for column, told in found.items() if told}
    values = {column: f"{percent(told.accuracy)} ± {100 * told.error:.1f}" for column, told in found.items() if told}
    rows = [Row("told from held-out music", "95 % of the baseline's", "75 %", "60 %", values)]
    words = {column: percent(told.by_words) for column, told in found.items() if told}
    kernels = {column: percent(told.by_kernels) for column, told in found.items() if told}
    rows.append(Row("— by words of music", values=words))
    rows.append(Row("— by random convolutions of the roll, which nothing was trained for", values=kernels))
    for kind in ("real", "synthetic"):
        shares = {column: told.by_kind[kind] for column, told in found.items() if told and kind in told.by_kind}
        rows.append(Row(f"— {kind} references", values={column: percent(share) for column, share in shares.items()}))
    made = found.get("made")
    if made:
        telling = (f"{name} {one:.3g} → {other:.3g}" for name, (one, other) in made.directions.items())
        rows.append(Row("— by (real → made)", note="; ".join(telling)))
    return rows, facts


def _tell(sample: Sample) -> two_sample_test.Told | None:
    return two_sample_test.tell(sample.held_out, sample.made)


def together_part(samples: Samples, _crew: Crew) -> Part:
    """Ask whether the roles are there, and belong together."""
    facts: Facts = {}
    for column, sample in samples.items():
        gaps = {kind: coherence.gap(own.held_out, own.made) for kind, own in sample.kinds().items()}
        four = [piece for piece in sample.made if len(piece.roles) == len(ROLES)]
        facts[column] = {
            "four_roles": len(four),
            "all_there": coherence.all_there(four),
            **{kind: asdict(gap) | {"reached": gap.reached, "own": gap.own_reached} for kind, gap in gaps.items()},
        }
    there = {column: percent(found["all_there"]) for column, found in facts.items()}
    rows = [Row("four roles in three quarters of the bars", "", "95 %", "100 %", there)]
    for kind in ("all", "real", "synthetic"):
        known = {column: found[kind] for column, found in facts.items() if kind in found}
        values = {column: f"{percent(gap['reached'])} ({percent(gap['own'])})" for column, gap in known.items()}
        rows.append(Row(f"tonal gap reached (by its own shuffling), {kind}", "", "60 %", "85 %", values))
    return rows, facts


def style_part(samples: Samples, learnt: Sequence[Piece], crew: Crew) -> Part:
    """Ask a recogniser of styles, which heard training music alone."""
    roles = style_recognition.common_roles(learnt)
    everything = list({piece for sample in samples.values() for piece in (*sample.held_out, *sample.made)})
    jobs = [(piece, roles) for piece in (*learnt, *everything)]
    measured = dict(zip((piece for piece, _ in jobs), crew.map(_features, jobs), strict=True))
    recogniser = style_recognition.Recogniser([piece.style for piece in learnt], [measured[piece] for piece in learnt])

    def accuracy(pieces: Sequence[Piece]) -> float:
        return recogniser.accuracy([piece.style for piece in pieces], [measured[piece] for piece in pieces])

    facts: Facts = {"roles": [role.value for role in roles]}
    rows = []
    for kind in ("all", "real", "synthetic"):
        own = {column: sample.kinds()[kind] for column, sample in samples.items() if kind in sample.kinds()}
        if not own:
            continue
        made = {column: accuracy(sample.made) for column, sample in own.items()}
        held_out = next(iter(own.values())).held_out
        uniform, majority = style_recognition.chance(held_out)
        real = accuracy(held_out)
        facts[kind] = {"made": made, "held_out": real, "uniform": uniform, "majority": majority}
        anchor = f"chance {percent(uniform)} (any), {percent(majority)} (the most frequent)"
        values = {column: percent(share) for column, share in made.items()}
        rows.append(Row(f"style recognised, {kind}", anchor, "3x chance", f"{percent(real)} (held-out)", values))
    return rows, facts


def _features(job: tuple[Piece, tuple[Role, ...]]) -> features.FeatureValues:
    return features.measure(*job)


def key_part(samples: Samples, written: Mapping[str, Sequence[Made]], crew: Crew) -> Part:
    """Hear whether keys are as asked: of whole files where the service wrote them, else of pieces written here."""
    rng = np.random.default_rng(1)
    jobs = {column: [(one.midi, (one.tonic, one.piece.is_minor)) for one in made] for column, made in written.items()}
    others = {column: sample.made for column, sample in samples.items() if column not in (*written, "training")}
    others["held-out"] = next(iter(samples.values())).held_out[:HEARD]
    for column, pieces in others.items():
        tonics = rng.integers(12, size=len(pieces)).tolist()
        jobs[column] = [
            (key_agreement.write(piece, tonic), (tonic, piece.is_minor))
            for piece, tonic in zip(pieces, tonics, strict=True)
        ]
    heard = {column: float(np.mean(crew.map(key_agreement.listen, own))) for column, own in jobs.items() if own}
    values = {column: percent(share) for column, share in heard.items()}
    row = Row("key as asked, by music21", "", "95 %", "99 %", values, f"held-out music: {values['held-out']}")
    return [row], {column: {"music21": share} for column, share in heard.items()}


def copy_part(samples: Samples, corpus: Corpus) -> Part:
    """Look for passages of the training music, and for pieces made twice."""
    facts: Facts = {column: {"duplicates": memorization.duplicates(sample.made)} for column, sample in samples.items()}
    rows = [Row("duplicates", "", "0", "0", {column: str(found["duplicates"]) for column, found in facts.items()})]
    name = "longest passage shared with training music, notes: mean (nine in ten)"
    held_out = memorization.shared(next(iter(samples.values())).held_out, corpus)
    if held_out is None:
        return [*rows, Row(name, note="not measured: there is no index of passages")], facts
    for column, sample in samples.items():
        if column != "training":
            facts[column]["shared"] = memorization.shared(sample.made, corpus)
    facts["held-out"] = {"shared": held_out}
    values = {column: _spread(found["shared"]) for column, found in facts.items() if "shared" in found}
    return [*rows, Row(name, "", "no longer", "shorter", values, f"held-out music: {values['held-out']}")], facts


def _spread(lengths: Sequence[float]) -> str:
    return f"{np.mean(lengths):.1f} ({np.percentile(lengths, 90):.0f})"


def form_part(samples: Samples) -> Part:
    """Compare the likeness of bars by their distance."""
    facts: Facts = {}
    for column, sample in samples.items():
        for kind, own in sample.kinds().items():
            real, made = self_similarity.measure(own.held_out), self_similarity.measure(own.made)
            facts.setdefault(column, {})[kind] = {
                name: {
                    "held_out": getattr(real, name).tolist(),
                    "made": getattr(made, name).tolist(),
                    "error": self_similarity.error(getattr(real, name), getattr(made, name)),
                }
                for name in ("strokes", "chroma")
            }
    rows = [
        Row(
            f"self-similarity of 32 bars, error of {name}, {kind}",
            values={column: percent(found[kind][name]["error"]) for column, found in facts.items() if kind in found},
        )
        for kind in ("all", "real", "synthetic")
        for name in ("strokes", "chroma")
    ]
    return rows, facts
