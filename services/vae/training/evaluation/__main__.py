r"""Assess the blend on held-out music: every figure that it must show, beside its baseline, as a table and as JSON.

    python -m training.evaluation --data windows.npz --corpus DIR --corpus DIR2 --models ../../models --cache CACHE \
        --out assessment.json

The defaults are a smoke run of minutes; the real one is `--pairs 200 --wholes 200 --slides 100 --moved 40
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

import numpy as np
import torch
from safetensors.torch import load_file
from score.roles import ROLES, Role
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.models import checkpoint
from vae.models.model_registry import ModelRegistry
from vae.models.sampling import SamplingParams
from vae.models.specs import MAX_STEPS, ROLE_SPECS
from vae.pieces import window_distance
from vae.settings import Settings

from ..data import dataset, heldout
from ..data.dataset import Windows
from ..model.music_vae import MusicVae
from . import blend_eval, interpolation_eval, interpolation_sweep, pianoroll_plots, reconstruction_eval, report
from .measures import ngram_model

WEIGHTS_OF_WHOLES = (0.5, 0.25, 0.75)
TEMPERATURE: float = Settings.model_fields["temperature"].default


def reconstruction(model: MusicVae, held_out: Windows, limit: int) -> dict[str, Any]:
    """Measure a model without its host's rules: `reconstruction_eval.report`, and the F1 of notes decoded greedily."""
    f1: list[np.ndarray[Any, Any]] = []
    with_ends: list[np.ndarray[Any, Any]] = []
    for tokens, chords in reconstruction_eval.fixed_batches(held_out, limit):
        given = model.generate(reconstruction_eval.latents(model, tokens, chords), chords, tokens.shape[1], 0.0)
        wanted = tokens.numpy().astype(np.int16)
        f1.append(window_distance.note_f1(wanted, given.numpy().astype(np.int16), model.spec))
        with_ends.append(window_distance.note_f1(wanted, given.numpy().astype(np.int16), model.spec, with_ends=True))
    notes = {"note_f1": _mean(f1), "note_f1_with_ends": _mean(with_ends)}
    return reconstruction_eval.report(model, held_out, limit) | notes


def _mean(parts: list[np.ndarray[Any, Any]]) -> float:
    return round(float(np.concatenate(parts).mean()), 4)


def shipped(models: Path, role: Role) -> MusicVae:
    """Load a role's shipped weights into PyTorch."""
    model = MusicVae(ROLE_SPECS[role.value])
    weights = load_file(checkpoint.find_shipped_model(models, role.value).weights_path)
    model.load_state_dict({name: value.float() for name, value in weights.items()})
    return model.eval()


def language_model(training: Windows, limit: int, seed: int) -> ngram_model.LanguageModel:
    """Learn a role's n-grams from held-in windows of 4/4."""
    whole = np.flatnonzero(training.steps == MAX_STEPS)
    chosen = np.random.default_rng(seed).permutation(whole)[:limit]
    return ngram_model.LanguageModel(ngram_model.sequences(training.tokens[chosen]), training.spec.n_classes)


class Assessment:
    """One run: what was asked for, the models, and the held-out pieces."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.registry = ModelRegistry.load(options.models, options.cache)
        self.wishes = BlendOptions(BlendWeights(0.5), temperature=options.temperature, seed=options.seed)
        self.rows = heldout.held_out(options.corpus, options.longest_bars)

    def run(self) -> dict[str, Any]:
        """Measure everything, saying on the way what is done."""
        slid = self._slides()
        roles = {role.value: self._role(role, slid.get(role)) for role in ROLES}
        report = {"conditions": self._conditions(), "roles": roles}
        if self.options.wholes:
            report["wholes"] = self._wholes()
        return report

    def _conditions(self) -> dict[str, Any]:
        asked = {name: str(value) for name, value in vars(self.options).items()}
        return asked | {"models": {role.value: digest for role, digest in self.registry.digests.items()}}

    def _slides(self) -> dict[Role, interpolation_eval.Paths]:
        fitting = filter(interpolation_sweep.slides, heldout.pairs(self.rows, self.options.seed))
        chosen = islice(fitting, self.options.slides)
        return interpolation_sweep.slid(self.registry, chosen, self.wishes, self.options.seed)

    def _pairs(self, count: int) -> islice[heldout.Pair]:
        return islice(heldout.pairs(self.rows, self.options.seed), count)

    def _role(self, role: Role, slid: interpolation_eval.Paths | None) -> dict[str, Any]:
        options = self.options
        training, held_out = dataset.split(dataset.load(options.data, role.value))
        known = language_model(training, options.language_windows, options.seed)
        first, second = interpolation_eval.pair_up(held_out, options.pairs, options.seed)
        spec, draw = ROLE_SPECS[role.value], SamplingParams(ROLE_SPECS[role.value], options.seed, options.temperature)
        alone = interpolation_eval.decoded(
            self.registry, role, first, second, draw, spec.contraction, spec.weight_exponent
        )
        circle = interpolation_eval.decoded(self.registry, role, first, second, draw, 1.0, 1.0)
        found = {
            "model": interpolation_eval.kept_off(alone),
            "circle": circle,
            "data": interpolation_eval.crossed(first, second, options.seed),
        }
        if slid is not None:
            found["product"] = slid
        measured = {name: interpolation_eval.figures(paths, known) for name, paths in found.items()}
        measured["model"]["nearer_as_decoded"] = interpolation_eval.path_figures(alone)["nearer_than_own"]
        _say(f"{role.value}: {len(first)} pairs of windows")
        given = reconstruction(shipped(options.models, role), held_out, options.windows)
        _say(f"{role.value}: reconstruction")
        return {"reconstruction": given, "between": measured, "learning_curve": self._learning_curve(role)}

    def _learning_curve(self, role: Role) -> list[dict[str, float]]:
        manifest = checkpoint.find_shipped_model(self.options.models, role.value).folder.manifest
        curve: list[dict[str, float]] = manifest.get("learning_curve", [])
        return curve

    def _wholes(self) -> dict[str, Any]:
        pairs = list(self._pairs(self.options.wholes))
        few = pairs[: self.options.moved]
        originals = [piece for pair in few for piece in pair.pieces]
        kinds = {"product": self.wishes, "raw": replace(self.wishes, is_unconstrained=True)}
        failures = {name: blend_eval.Failures() for name in kinds}
        made = {}
        for name, wishes in kinds.items():
            made[name] = blend_eval.blended_wholes(self.registry, pairs, WEIGHTS_OF_WHOLES, wishes, failures[name])
            _say(f"{len(pairs)} whole blends, {name}")
        return {
            "styles": sorted({style for pair in pairs for style in pair.styles}),
            "meters": sorted({piece.grid.meter for pair in pairs for piece in pair.pieces}),
            "reconstructed": {
                name: blend_eval.reconstructed(self.registry, originals, wishes) for name, wishes in kinds.items()
            },
            "mended": blend_eval.mended(made["product"]),
            "likeness": {name: blend_eval.likeness_to_parents(each) for name, each in made.items()},
            "out_of_key": {name: blend_eval.out_of_key(each) for name, each in made.items()},
            "nearer_than_own": {
                name: blend_eval.nearer_than_own(self.registry, each[: self.options.moved], kinds[name])
                for name, each in made.items()
            },
            "moved": blend_eval.moved_roles(self.registry, few, self.wishes),
            "laws": blend_eval.laws(self.registry, pairs[0], self.wishes),
            "failures": {name: asdict(each) | {"failures": len(each.raised)} for name, each in failures.items()},
        }

    def draw(self, folder: Path) -> None:
        """Draw the piano rolls of ten pairs."""
        for path in pianoroll_plots.draw(self.registry, self._pairs(self.options.rolls_pairs), self.wishes, folder):
            _say(str(path))


_BEGAN_S = time.monotonic()


def _say(what: str) -> None:
    print(f"{time.monotonic() - _BEGAN_S:7.0f} s  {what}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="windows written by training.data.prepare")
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="a folder with an index.csv")
    parser.add_argument("--models", type=Path, default=Path("../../models"))
    parser.add_argument("--cache", type=Path, default=Path("../../var/cache/vae"))
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    parser.add_argument("--rolls", type=Path, help="draw piano rolls into this folder")
    parser.add_argument("--rolls-pairs", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=20, help="pairs of windows a role")
    parser.add_argument("--slides", type=int, default=4, help="pairs of pieces to slide between, a window of each")
    parser.add_argument("--wholes", type=int, default=4, help="pairs of whole pieces; 0 for none")
    parser.add_argument("--moved", type=int, default=2, help="of them, pairs whose roles are moved one by one")
    parser.add_argument("--windows", type=int, default=64, help="windows a role to reconstruct")
    parser.add_argument("--language-windows", type=int, default=20_000, help="windows a language model learns from")
    parser.add_argument("--longest-bars", type=int, default=128, help="longer pieces are left out")
    parser.add_argument("--temperature", type=float, default=TEMPERATURE)
    parser.add_argument("--seed", type=int, default=11)
    return parser.parse_args()


def main() -> None:
    """Run the command line."""
    options = _arguments()
    torch.set_num_threads(1)
    assessment = Assessment(options)
    results = assessment.run()
    if options.out:
        options.out.write_text(json.dumps(results, indent=2) + "\n")
    print(report.text(results))
    if options.rolls:
        assessment.draw(options.rolls)


if __name__ == "__main__":
    main()
