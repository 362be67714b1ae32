"""Prints how near generated music comes to held-out music, beside a baseline and training music.

    python -m training.evaluation --data DIR --models DIR [--count 100] [--parts errors,apart] [--baseline FILE.npz]

in `services/gan`. Without ``--made`` pieces are asked of the service's own code; with it they are read from
a file (`training.evaluation.pieces.save`), such as another design wrote for the references of
`training.evaluation.reference_sets`.

References are cut from the midst of pieces, and what the service makes ends: ``--beyond 2`` compares like with like.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gan.model import GanModel, load_model
from score.roles import ROLES

from . import pieces, reference_sets, sections
from .generation import Crew, Made, offered, orders
from .measures import control_accuracy, generation_speed
from .pieces import Piece
from .sections import Part, Sample
from .table import Row, percent, render

PARTS = ("errors", "overlap", "apart", "together", "styles", "keys", "copies", "form", "speed", "controls")
NEED_SERVICE = ("form", "speed", "controls")
LEARNT = 2000
"""Training chunks that the recogniser of styles learns from."""


@dataclass(slots=True)
class Run:
    """What all parts share: the music, and the processes."""

    options: argparse.Namespace
    corpus: reference_sets.Corpus
    models: GanModel | None
    crew: Crew
    references: list[Piece]
    samples: dict[str, Sample] = field(default_factory=dict)
    written: dict[str, list[Made]] = field(default_factory=dict)


def gather(run: Run) -> None:
    """Make or read the pieces of every column."""
    options = run.options
    if options.made:
        run.samples["made"] = Sample.of_pairs(reference_sets.pair(run.references, pieces.load(options.made)))
    else:
        run.samples["made"] = _asked(run, "made", None)
        if not options.chosen_only:
            run.samples["N = 1"] = _asked(run, "N = 1", 1)
    if options.baseline:
        run.samples["baseline"] = Sample.of_pairs(reference_sets.pair(run.references, pieces.load(options.baseline)))
    run.samples["training"] = learnt_like(run.corpus, run.references, options.seed)
    if options.save_made:
        pieces.save(options.save_made, run.samples["made"].made)


def _asked(run: Run, column: str, candidates: int | None) -> Sample:
    options = run.options
    run.written[column] = run.crew.make(orders(run.references, options.seed, candidates, options.beyond))
    pairs = zip(run.references, (one.piece.cut(options.bars) for one in run.written[column]), strict=True)
    # What a style is not offered with, a reference of it may have.
    return Sample.of_pairs((one.restricted(other.roles), other) for one, other in pairs)


def learnt_like(music: reference_sets.Corpus, references: Sequence[Piece], seed: int) -> Sample:
    """Put training music in the place of made pieces."""
    found = zip(references, reference_sets.training_like(music, references, seed), strict=True)
    return Sample.of_pairs((reference, learnt) for reference, learnt in found if learnt)


def style_part(run: Run) -> Part:
    """Train the recogniser on training music drawn evenly, and ask it."""
    learnt = reference_sets.training(run.corpus, LEARNT, run.options.seed, run.options.bars)
    return sections.style_part(run.samples, learnt, run.crew)


def form_part(run: Run) -> Part:
    """Make pieces of 32 bars."""
    assert run.models
    count = max(run.options.count // 5, 20)
    like = reference_sets.references(run.corpus, count, run.options.seed, bars=32, fitting=offered(run.models))
    made = run.crew.make(orders(like, run.options.seed + 1))
    pairs = ((one.restricted(other.piece.roles), other.piece) for one, other in zip(like, made, strict=True))
    samples = {"made": Sample.of_pairs(pairs), "training": learnt_like(run.corpus, like, run.options.seed)}
    return sections.form_part(samples)


def speed_part(run: Run) -> Part:
    """Time requests."""
    assert run.models
    styles = [style.style_id for style in run.models.styles if len(style.roles) == len(ROLES)]
    measured = generation_speed.measure(run.crew.make, generation_speed.orders(styles), run.crew.processes)
    rate, wait = f"{measured.notes_a_second:,.0f}", f"{measured.median_s:.2f} (slowest {measured.slowest_s:.2f})"
    wait += f", of the processor {measured.median_cpu_s:.2f}"
    rows = [
        Row(f"notes a second, {measured.processes} at once", "MMT 11.8", "1,000", "10,000", {"made": rate}),
        Row("16 bars, four roles, seconds to MIDI", "", "0.5", "0.1", {"made": wait}),
    ]
    return rows, asdict(measured)


def control_part(run: Run) -> Part:
    """Read back what was asked for, and measure what moods do."""
    assert run.models
    styles, seed, count = run.models.styles, run.options.seed, run.options.count
    ordered = control_accuracy.random_orders(styles, min(200, max(20, count // 5)), seed)
    met = control_accuracy.met(ordered, run.crew.make(ordered))
    effects = control_accuracy.settled_effects(styles, seed)
    for control in ("valence", "energy", "density"):
        asked = control_accuracy.mood_orders(styles, control, min(20, max(4, count // 30)), seed)
        effects += control_accuracy.made_effects(control, run.crew.make(asked))
    shares = ", ".join(f"{name} {percent(share)}" for name, share in asdict(met).items())
    rows = [Row("met exactly", "", "100 %", "100 %", {"made": shares}, f"{len(ordered)} wishes")]
    for one in effects:
        means = " ".join(f"{value:.3g}" for value in one.means)
        value = f"ρ {one.of_means:.2f} of means, {one.of_pieces:.2f} of pieces"
        rows.append(Row(f"{one.control} on {one.measure}", values={"made": value}, note=means))
    return rows, {"met": asdict(met), "wishes": len(ordered), "effects": [asdict(one) for one in effects]}


def table_of_parts(run: Run) -> dict[str, Callable[[], Part]]:
    """Say how each part is measured."""
    return {
        "errors": lambda: sections.error_part(run.samples, run.crew),
        "overlap": lambda: sections.overlap_part(run.samples, run.crew),
        "apart": lambda: sections.apart_part(run.samples, run.crew),
        "together": lambda: sections.together_part(run.samples, run.crew),
        "styles": lambda: style_part(run),
        "keys": lambda: sections.key_part(run.samples, run.written, run.crew),
        "copies": lambda: sections.copy_part(run.samples, run.corpus),
        "form": lambda: form_part(run),
        "speed": lambda: speed_part(run),
        "controls": lambda: control_part(run),
    }


def measure(run: Run, chosen: Sequence[str]) -> tuple[list[Row], dict[str, Any]]:
    """Measure the parts that were chosen, telling what each took."""
    rows, facts = [], {}
    for name in chosen:
        began = time.perf_counter()
        found, facts[name] = table_of_parts(run)[name]()
        rows += found
        print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)
    return rows, facts


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="what training.data.prepare wrote")
    parser.add_argument("--models", type=Path, help="the models folder; not needed for files alone")
    parser.add_argument("--made", type=Path, help="pieces to evaluate instead of the service's")
    parser.add_argument("--baseline", type=Path, help="pieces of another generator, for the column beside")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--bars", type=int, default=16)
    parser.add_argument("--beyond", type=int, default=0, help="bars asked for and cut off: 2 leave out the ending")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--parts", default=",".join(PARTS), help="some of " + ", ".join(PARTS))
    parser.add_argument("--chosen-only", action="store_true", help="leave out N = 1")
    parser.add_argument("--save-made", type=Path, help="keep the pieces that were made")
    parser.add_argument("--out", type=Path, help="write all figures as JSON")
    options = parser.parse_args()
    unknown = set(options.parts.split(",")) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if not (options.models or options.made):
        parser.error("either --models or --made is needed")
    return options


def main() -> None:
    """Gather the pieces, measure, print the table and write the figures."""
    options = arguments()
    chosen = [part for part in options.parts.split(",") if options.models or part not in NEED_SERVICE]
    models, music = load_model(options.models) if options.models else None, reference_sets.load(options.data)
    fitting = offered(models) if models else None
    references = reference_sets.references(music, options.count, options.seed, bars=options.bars, fitting=fitting)
    with Crew(options.models, options.processes) as crew:
        run = Run(options, music, models, crew, references)
        began = time.perf_counter()
        gather(run)
        counts = {column: len(sample.made) for column, sample in run.samples.items()}
        print(f"pieces: {time.perf_counter() - began:.0f} s, {counts}", flush=True)
        rows, facts = measure(run, chosen)
    print(f"\n{render(rows)}")
    if options.out:
        told = {name: str(value) for name, value in vars(options).items()}
        options.out.write_text(json.dumps({"options": told, "pieces": counts, **facts}, indent=1) + "\n")


if __name__ == "__main__":
    main()
