"""The evaluation as a table: each figure beside its baseline, what it must be and what it should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

SAMPLED_TARGETS = {"lead": (0.955, 0.985), "bass": (0.96, 0.985), "drums": (0.93, 0.97)}
PUBLISHED_SAMPLED = {"lead": ".951 (MusicVAE)", "bass": ".951 (MusicVAE's lead)", "drums": ".917 (MusicVAE)"}
PUBLISHED_SELF_SIMILARITY = {"pitch": ".85 / .23", "duration": ".91 / .34"}

Json = Mapping[str, Any]


class Row(NamedTuple):
    """A row of the table; the baselines are measured in the same run, or published."""

    figure: str
    value: str
    baselines: str
    must: str
    aim: str


def report_rows(results: Json) -> Iterator[Row]:
    """Yield the rows of the results of `training.evaluation`."""
    for role, figures in results["roles"].items():
        yield from _reconstruction_rows(role, figures["reconstruction"])
    for role, figures in results["roles"].items():
        yield from _interpolation_rows(role, figures["interpolation"])
    if "whole_pieces" in results:
        yield from _whole_piece_rows(results["whole_pieces"])
        yield from _failure_rows(results["whole_pieces"]["failures"])


def _reconstruction_rows(role: str, figures: Json) -> Iterator[Row]:
    baselines = f"most common {figures['most_common_token']:.3f}, repeat {figures['repeat_last_token']:.3f}"
    must, aim = SAMPLED_TARGETS.get(role, ("", ""))
    published = "; ".join(each for each in (baselines, PUBLISHED_SAMPLED.get(role)) if each)
    yield Row(f"{role}: token accuracy, sampled at T = 1", f"{figures['sampled']:.3f}", published, str(must), str(aim))
    yield Row(f"{role}: the same, greedy", f"{figures['greedy']:.3f}", baselines, "", "")
    targets = (".88", ".95") if role == "harmony" else ("", "")
    with_ends = f"with ends {figures['note_f1_with_ends']:.3f}"
    yield Row(f"{role}: note F1 of the reconstruction, greedy", f"{figures['note_f1']:.3f}", with_ends, *targets)


def _interpolation_rows(role: str, metrics: Json) -> Iterator[Row]:
    model, slerp, data, product = metrics["model"], metrics["slerp"], metrics["data"], metrics.get("product")
    as_decoded = f" (as decoded {model['nearer_as_decoded']:.4f})"
    for name, key, must, aim in (
        ("LM cost relative to the ends, worst of w = .1 to .9", "cost_worst", ".95 to 1.05", ".97 to 1.03"),
        ("Spearman of w with distances, mean of pairs", "spearman", ".95", ".99"),
        ("the same, pooled", "spearman_pooled", "", ""),
        ("largest step / mean step, of the mean path", "largest_step", "2.0", "1.4"),
        ("the same, median of single pairs", "largest_step_of_a_pair", "2.0", "1.4"),
        ("distinct 4-grams relative to parents, worst", "distinct_4grams_worst", ".8 to 1.2", ".9 to 1.1"),
        (f"share nearer to a parent than its reconstruction{as_decoded}", "nearer_than_own", "0", "0"),
    ):
        baselines = f"slerp {slerp[key]:.3f}; mixed data {data[key]:.3f}"
        baselines += f"; product {product[key]:.3f}" if product else ""
        yield Row(f"{role}: {name}", f"{model[key]:.3f}", baselines, must, aim)
    middles = [each["cost_to_ends"]["0.5"] for each in (slerp, data)]
    baselines = "slerp {:.3f}; mixed data {:.3f}; .99 (MusicVAE), 1.30 (data)".format(*middles)
    middle = f"{model['cost_to_ends']['0.5']:.3f}"
    yield Row(f"{role}: LM cost at w = .5 relative to the ends", middle, baselines, "", "")
    distances = ", ".join(f"{model['hamming_to_a'][weight]:.2f}" for weight in ("0", "0.2", "0.5", "0.8", "1"))
    published = ".17, .40, .495 (MusicVAE: 0, .5, 1)"
    yield Row(f"{role}: Hamming to A at w = 0, .2, .5, .8, 1", distances, published, "", "")


def _whole_piece_rows(figures: Json) -> Iterator[Row]:
    for role, accuracy in figures["reconstruction"]["product"].items():
        unconstrained = figures["reconstruction"]["unconstrained"].get(role, {}).get("note_f1", 0)
        fallback = figures["fallback_share"].get(role, 0)
        baselines = f"unconstrained {unconstrained:.3f}; fallback in {fallback:.1%} of blended windows"
        yield Row(f"{role}: note F1 of reconstructed pieces", f"{accuracy['note_f1']:.3f}", baselines, "", "")
    yield from _self_similarity_rows(figures["self_similarity"])
    product, unconstrained = (_points(figures["out_of_key"][kind]) for kind in ("product", "unconstrained"))
    yield Row("out-of-key notes over parents', points", product, f"unconstrained {unconstrained}", "3", "0")
    for role, change in figures["change_of_other_roles"].items():
        yield Row(f"change of other roles when {role}'s weight moves", f"{change:.1%}", "", "5 %", "0")
    for name, is_true in figures["invariants"].items():
        yield Row(name.replace("_", " "), str(is_true), "", "True", "")


def _self_similarity_rows(figures: Json) -> Iterator[Row]:
    for part in ("lead", "pitched"):
        for feature in ("pitch", "duration"):
            baselines = f"unconstrained {_consistency(figures['unconstrained'][part][feature])}"
            baselines += f"; {PUBLISHED_SELF_SIMILARITY[feature]} (Mittal)" if part == "lead" else ""
            value = _consistency(figures["product"][part][feature])
            yield Row(f"{part}: consistency / variance of {feature}", value, baselines, ".95 / .75", ".97 / .85")


def _failure_rows(failures: Json) -> Iterator[Row]:
    product, unconstrained = failures["product"], failures["unconstrained"]
    sample = f"{product['blends']} blends, {product['bars']} bars"
    for name in ("failures", "empty_bars", "empty_bars_of_a_role", "endless_last_notes", "stuck_notes"):
        figure = f"{name.replace('_', ' ')} in {sample}"
        yield Row(figure, str(product[name]), f"unconstrained {unconstrained[name]}", "0", "0")


def _consistency(figures: Json | None) -> str:
    return "-" if figures is None else f"{figures['consistency']:.2f} / {figures['variance']:.2f}"


def _points(figures: Json) -> str:
    return f"{figures['points_more']:+.2f}" if figures else "-"


def render(results: Json) -> str:
    """Return the table as text."""
    rows = [Row("figure", "measured", "baselines", "must", "aim"), *report_rows(results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(Row._fields))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
