"""The table of what the blend must show: each figure beside its baseline, what it must be and should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

SAMPLED = {"lead": (0.955, 0.985), "bass": (0.96, 0.985), "drums": (0.93, 0.97)}
ANCHORS = {"lead": ".951 (MusicVAE)", "bass": ".951 (MusicVAE's lead)", "drums": ".917 (MusicVAE)"}

Json = Mapping[str, Any]


class Line(NamedTuple):
    """A line of the table; `beside` is what was measured in the same run, or a published anchor."""

    figure: str
    value: str
    beside: str
    must: str
    aim: str


def lines(report: Json) -> Iterator[Line]:
    """Lay out a report of `training.evaluation`."""
    for role, found in report["roles"].items():
        yield from _reconstruction(role, found["reconstruction"])
    for role, found in report["roles"].items():
        yield from _between(role, found)
    if "wholes" in report:
        yield from _wholes(report["wholes"])


def _reconstruction(role: str, found: Json) -> Iterator[Line]:
    baselines = f"commonest {found['most_common_token']:.3f}, repeat {found['repeat_last_token']:.3f}"
    must, aim = SAMPLED.get(role, ("", ""))
    beside = "; ".join(each for each in (baselines, ANCHORS.get(role)) if each)
    yield Line(f"{role}: steps given back, sampled at T = 1", f"{found['sampled']:.3f}", beside, str(must), str(aim))
    yield Line(f"{role}: the same, greedy", f"{found['greedy']:.3f}", baselines, "", "")
    wanted = (".88", ".95") if role == "harmony" else ("", "")
    beside = f"with ends {found['note_f1_with_ends']:.3f}"
    yield Line(f"{role}: note F1 of the reconstruction, greedy", f"{found['note_f1']:.3f}", beside, *wanted)


def _between(role: str, found: Json) -> Iterator[Line]:
    model, circle, data = (found["between"][kind] for kind in ("model", "circle", "data"))
    product = found["between"].get("product")
    decoded = f" (as decoded {model['nearer_as_decoded']:.4f})"
    for name, key, must, aim in (
        ("LM cost of blends to ends, worst of w = .1 to .9", "cost_worst", ".95 to 1.05", ".97 to 1.03"),
        ("Spearman of w with distances, mean of pairs", "spearman", ".95", ".99"),
        ("the same, pooled", "spearman_pooled", "", ""),
        ("largest step / mean step, of the mean path", "largest_step", "2.0", "1.4"),
        ("the same, median of single pairs", "largest_step_of_a_pair", "2.0", "1.4"),
        ("distinct 4-grams to parents', worst", "distinct_4grams_worst", ".8 to 1.2", ".9 to 1.1"),
        (f"share nearer to a parent than its reconstruction{decoded}", "nearer_than_own", "0", "0"),
    ):
        beside = f"great circle {circle[key]:.3f}; data blended {data[key]:.3f}"
        beside += f"; product {product[key]:.3f}" if product else ""
        yield Line(f"{role}: {name}", f"{model[key]:.3f}", beside, must, aim)
    middles = [each["cost_to_ends"]["0.5"] for each in (circle, data)]
    middle = "great circle {:.3f}; data blended {:.3f}; .99 (MusicVAE), 1.30 (data)".format(*middles)
    yield Line(f"{role}: LM cost at the middle to ends", f"{model['cost_to_ends']['0.5']:.3f}", middle, "", "")
    curve = model["hamming_to_a"]
    shown = ", ".join(f"{curve[weight]:.2f}" for weight in ("0", "0.2", "0.5", "0.8", "1"))
    yield Line(f"{role}: Hamming to A at w = 0, .2, .5, .8, 1", shown, ".17, .40, .495 (MusicVAE: 0, .5, 1)", "", "")


def _wholes(found: Json) -> Iterator[Line]:
    for role, back in found["reconstructed"]["product"].items():
        raw = found["reconstructed"]["raw"].get(role, {})
        beside = f"raw {raw.get('note_f1', 0):.3f}; mended {found['mended'].get(role, 0):.1%} of blended windows"
        yield Line(f"{role}: note F1 of whole pieces through the product", f"{back['note_f1']:.3f}", beside, "", "")
    for part, anchors in (("lead", {"pitch": ".85 / .23", "duration": ".91 / .34"}), ("pitched", {})):
        for what in ("pitch", "duration"):
            beside = f"raw {_pair(found['likeness']['raw'][part][what])}"
            anchor = f"; {anchors[what]} (Mittal)" if anchors else ""
            value = _pair(found["likeness"]["product"][part][what])
            yield Line(f"{part}: consistency / variance of {what}", value, beside + anchor, ".95 / .75", ".97 / .85")
    key = found["out_of_key"]
    yield Line("out-of-key notes over parents', points", _more(key["product"]), f"raw {_more(key['raw'])}", "3", "0")
    nearer = found["nearer_than_own"]
    beside = f"raw {nearer['raw']:.4f}"
    yield Line("windows of whole blends nearer to a parent", f"{nearer['product']:.4f}", beside, "0", "0")
    for role, change in found["moved"].items():
        yield Line(f"change of other roles when {role}'s weight moves", f"{change:.1%}", "", "5 %", "0")
    for name, held in found["laws"].items():
        yield Line(name.replace("_", " "), str(held), "", "True", "")
    for name in ("failures", "empty_bars", "empty_bars_of_a_role", "endless_last_notes", "stuck_notes"):
        count, raw = found["failures"]["product"][name], found["failures"]["raw"][name]
        of = f"{found['failures']['product']['blends']} blends, {found['failures']['product']['bars']} bars"
        yield Line(f"{name.replace('_', ' ')} in {of}", str(count), f"raw {raw}", "0", "0")


def _pair(found: Json | None) -> str:
    return "-" if found is None else f"{found['consistency']:.2f} / {found['variance']:.2f}"


def _more(found: Json) -> str:
    return f"{found['points_more']:+.2f}" if found else "-"


def text(report: Json) -> str:
    """Write the table."""
    rows = [Line("figure", "measured", "beside", "must", "aim"), *lines(report)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(Line._fields))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
