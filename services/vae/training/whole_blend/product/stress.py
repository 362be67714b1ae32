r"""Blend many pairs of all styles through the service, and count what should never happen.

    python -m training.whole_blend.product.stress --corpus DIR --corpus DIR2 --models ../../models --data ../../var \\
        --pairs 200

Pieces are held-out works of all styles, some cut short or reduced to a few roles, some in threes; every second request
has a single weight, from .1 to .9 in turns, the others have weights by role, section or ingredient, a curve, sliders, a
tempo or a temperature. Prints the counts, and every blend with a failure by name; exits with 1 if there is any.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

from servicekit.faults import IrregularMeter
from vae.models.model_registry import ModelRegistry

from .cases import BlendCase, iter_cases
from .failures import CaseFailures, find_failures
from .midi_blend import blend_files


@dataclass
class StressReport:
    """Failures over many blends.

    Attributes
    ----------
    n_blends, n_bars : int
        Finished blends, and their bars.
    refused : list of str
        Blends that the service refuses as documented: irregular meters.
    raised : dict of str to str
        Tracebacks by the name of the case.
    failed : dict of str to CaseFailures
        By the name of the case.
    slowest_s : float
        The longest time of a blend.
    """

    n_blends: int = 0
    n_bars: int = 0
    refused: list[str] = field(default_factory=list)
    raised: dict[str, str] = field(default_factory=dict)
    failed: dict[str, CaseFailures] = field(default_factory=dict)
    slowest_s: float = 0.0

    def add(self, registry: ModelRegistry, case: BlendCase) -> None:
        """Blend a case, and add what fails.

        Parameters
        ----------
        registry : ModelRegistry
        case : BlendCase
        """
        start_s = time.perf_counter()
        try:
            blended = blend_files(registry, case.files, case.options)
            self.slowest_s = max(self.slowest_s, time.perf_counter() - start_s)
            failures = find_failures(case.files, case.options, blended.data)
        except IrregularMeter:
            self.refused.append(case.name)
            return
        except Exception:
            self.raised[case.name] = traceback.format_exc(limit=-3)
            return
        self.n_blends += 1
        self.n_bars += blended.result.grid.n_bars
        if failures:
            self.failed[case.name] = failures

    def totals(self) -> dict[str, int]:
        """Return the sum of each kind of failure."""
        kinds = asdict(CaseFailures(0, 0, 0, 0, 0, 0))
        return {"exceptions": len(self.raised)} | {
            kind: sum(getattr(each, kind) for each in self.failed.values()) for kind in kinds
        }

    def format(self) -> str:
        """Return the report as text."""
        lines = [
            f"{self.n_blends} blends, {self.n_bars} bars, {len(self.refused)} refused; {self.slowest_s:.1f} s at most"
        ]
        lines += [f"{name.replace('_', ' ')}: {count}" for name, count in self.totals().items()]
        lines += [f"{name}: {failures}" for name, failures in self.failed.items()]
        lines += [f"{name}:\n{text}" for name, text in self.raised.items()]
        return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="a folder with an index.csv")
    parser.add_argument("--models", type=Path, default=Path("../../models"))
    parser.add_argument("--cache", type=Path, default=Path("../../var/cache/vae"))
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="leave out the cases before this one")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, help="write the counts as JSON")
    return parser.parse_args()


def main() -> None:
    """Run the command line."""
    options = _arguments()
    registry, report = ModelRegistry.load(options.models, options.cache), StressReport()
    cases = islice(iter_cases(options.corpus, options.seed), options.first, options.first + options.pairs)
    for case in cases:
        report.add(registry, case)
        name = case.name
        outcome = report.failed.get(name) or ("raised" if name in report.raised else "")
        print(f"{name}{f': {outcome}' if outcome else ''}", file=sys.stderr, flush=True)
    print(report.format())
    if options.out:
        options.out.write_text(json.dumps(report.totals() | {"blends": report.n_blends}, indent=2) + "\n")
    sys.exit(1 if report.failed or report.raised else 0)


if __name__ == "__main__":
    main()
