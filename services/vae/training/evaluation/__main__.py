r"""Evaluate the blend on held-out music: every figure beside its baseline, as a table and as JSON.

    python -m training.evaluation --data windows.npz --corpus DIR --corpus DIR2 --models ../../models --cache CACHE \
        --out assessment.json

The defaults are a smoke run of minutes; a full run is `--pairs 200 --blend-pairs 200 --sweep-pairs 100 --moved-pairs 40
--windows 4096`. Windows and pieces are those of works that training never saw.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from score.roles import ROLES, Role
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.models.checkpoint import find_shipped_model
from vae.models.model_registry import ModelRegistry
from vae.models.sampling import SamplingParams
from vae.models.specs import ROLE_SPECS
from vae.settings import Settings

from ..data.dataset import WindowDataset, load_windows, split_by_work
from ..data.heldout import PiecePair, iter_pairs, list_held_out
from ..model.music_vae import MusicVae
from . import blend_eval, interpolation_eval, interpolation_sweep, pianoroll_plots, reconstruction_eval, report
from .blend_failures import FailureCounts, PairBlend
from .interpolation_eval import InterpolationPaths
from .measures.ngram_model import fit_ngram_model

BLEND_WEIGHTS = (0.5, 0.25, 0.75)
"""Weights of the whole blends, used in turns."""

_STARTED_S = time.monotonic()


class Evaluation:
    """One evaluation: its options, the models, and the held-out pieces.

    Parameters
    ----------
    options : Namespace
        From the command line.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.registry = ModelRegistry.load(options.models, options.cache)
        self.blend_options = BlendOptions(BlendWeights(0.5), temperature=options.temperature, seed=options.seed)
        self.held_out = list_held_out(options.corpus, options.max_bars)

    def run(self) -> dict[str, Any]:
        """Compute all figures, printing the progress."""
        sweeps = self._sweep_weights()
        roles = {role.value: self._evaluate_role(role, sweeps.get(role)) for role in ROLES}
        results = {"conditions": self._conditions(), "roles": roles}
        if self.options.blend_pairs:
            results["whole_pieces"] = self._evaluate_whole_pieces()
        return results

    def _conditions(self) -> dict[str, Any]:
        options = {name: str(value) for name, value in vars(self.options).items()}
        return options | {"models": {role.value: digest for role, digest in self.registry.digests.items()}}

    def _sweep_weights(self) -> dict[Role, InterpolationPaths]:
        pairs = filter(interpolation_sweep.are_comparable, iter_pairs(self.held_out, self.options.seed))
        chosen = islice(pairs, self.options.sweep_pairs)
        return interpolation_sweep.sweep_pairs(self.registry, chosen, self.blend_options, self.options.seed)

    def _piece_pairs(self, n_pairs: int) -> islice[PiecePair]:
        return islice(iter_pairs(self.held_out, self.options.seed), n_pairs)

    def _evaluate_role(self, role: Role, sweep: InterpolationPaths | None) -> dict[str, Any]:
        training, held_out = split_by_work(load_windows(self.options.data, role.value))
        interpolation = self._evaluate_interpolation(role, training, held_out, sweep)
        model = MusicVae.load_shipped(self.options.models, role.value)
        reconstruction = reconstruction_eval.evaluate_reconstruction(model, held_out, self.options.windows)
        reconstruction |= reconstruction_eval.evaluate_note_f1(model, held_out, self.options.windows)
        _print_progress(f"{role.value}: reconstruction")
        manifest = find_shipped_model(self.options.models, role.value).folder.manifest
        learning_curve = manifest.get("learning_curve", [])
        return {"reconstruction": reconstruction, "interpolation": interpolation, "learning_curve": learning_curve}

    def _evaluate_interpolation(
        self, role: Role, training: WindowDataset, held_out: WindowDataset, sweep: InterpolationPaths | None
    ) -> dict[str, dict[str, Any]]:
        """Compare the model's interpolation with plain slerp, with mixed data, and with the product's."""
        options, spec = self.options, ROLE_SPECS[role.value]
        language_model = fit_ngram_model(training, options.language_windows, options.seed)
        first, second = interpolation_eval.sample_pairs(held_out, options.pairs, options.seed)
        sampling = SamplingParams(spec, options.seed, options.temperature)
        decoded = interpolation_eval.interpolate(
            self.registry, first, second, sampling, spec.contraction, spec.weight_exponent
        )
        paths = {
            "model": interpolation_eval.apply_distance_floor(decoded),
            "slerp": interpolation_eval.interpolate(self.registry, first, second, sampling, 1.0, 1.0),
            "data": interpolation_eval.interpolate_data(first, second, options.seed),
        }
        if sweep is not None:
            paths["product"] = sweep
        metrics = {name: interpolation_eval.interpolation_metrics(of, language_model) for name, of in paths.items()}
        metrics["model"]["nearer_as_decoded"] = interpolation_eval.path_metrics(decoded)["nearer_than_own"]
        _print_progress(f"{role.value}: {len(first)} pairs of windows")
        return metrics

    def _evaluate_whole_pieces(self) -> dict[str, Any]:
        """Blend pairs of whole pieces by the product, and without its constraints, and compute the metrics of both."""
        pairs = list(self._piece_pairs(self.options.blend_pairs))
        some_pairs = pairs[: self.options.moved_pairs]
        parents = [piece for pair in some_pairs for piece in pair.pieces]
        kinds = {"product": self.blend_options, "unconstrained": replace(self.blend_options, is_unconstrained=True)}
        failures = {name: FailureCounts() for name in kinds}
        blends: dict[str, list[PairBlend]] = {}
        for name, options in kinds.items():
            blends[name] = blend_eval.blend_pairs(self.registry, pairs, BLEND_WEIGHTS, options, failures[name])
            _print_progress(f"{len(pairs)} whole blends, {name}")
        return {
            "styles": sorted({style for pair in pairs for style in pair.styles}),
            "meters": sorted({piece.grid.meter for pair in pairs for piece in pair.pieces}),
            "reconstruction": {
                name: blend_eval.reconstruction_accuracy(self.registry, parents, options)
                for name, options in kinds.items()
            },
            "fallback_share": blend_eval.fallback_share(blends["product"]),
            "self_similarity": {name: blend_eval.self_similarity(of) for name, of in blends.items()},
            "out_of_key": {name: blend_eval.out_of_key_percent(of) for name, of in blends.items()},
            "change_of_other_roles": blend_eval.change_of_other_roles(self.registry, some_pairs, self.blend_options),
            "invariants": blend_eval.check_invariants(self.registry, pairs[0], self.blend_options),
            "failures": {name: asdict(each) | {"failures": len(each.raised)} for name, each in failures.items()},
        }

    def plot(self, folder: Path) -> None:
        """Write piano rolls of some pairs."""
        pairs = self._piece_pairs(self.options.rolls_pairs)
        for path in pianoroll_plots.plot_pairs(self.registry, pairs, self.blend_options, folder):
            _print_progress(str(path))


def _print_progress(message: str) -> None:
    print(f"{time.monotonic() - _STARTED_S:7.0f} s  {message}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="windows written by training.data.prepare")
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="a folder with an index.csv")
    parser.add_argument("--models", type=Path, default=Path("../../models"))
    parser.add_argument("--cache", type=Path, default=Path("../../var/cache/vae"))
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    parser.add_argument("--rolls", type=Path, help="write piano rolls into this folder")
    parser.add_argument("--rolls-pairs", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=20, help="pairs of windows of each role")
    parser.add_argument(
        "--sweep-pairs", type=int, default=4, help="pairs of pieces for weight sweeps, a window of each"
    )
    parser.add_argument("--blend-pairs", type=int, default=4, help="pairs of whole pieces; 0 for none")
    parser.add_argument("--moved-pairs", type=int, default=2, help="of them, pairs whose roles are moved one by one")
    parser.add_argument("--windows", type=int, default=64, help="windows of each role to reconstruct")
    parser.add_argument("--language-windows", type=int, default=20_000, help="training windows of the language model")
    parser.add_argument("--max-bars", type=int, default=128, help="skip longer pieces")
    parser.add_argument("--temperature", type=float, default=Settings.model_fields["temperature"].default)
    parser.add_argument("--seed", type=int, default=11)
    return parser.parse_args()


def main() -> None:
    """Run the command line."""
    options = _arguments()
    torch.set_num_threads(1)
    evaluation = Evaluation(options)
    results = evaluation.run()
    if options.out:
        options.out.write_text(json.dumps(results, indent=2) + "\n")
    print(report.render(results))
    if options.rolls:
        evaluation.plot(options.rolls)


if __name__ == "__main__":
    main()
