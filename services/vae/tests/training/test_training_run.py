"""A training run: it learns, resumes and is exported; a frozen encoder stays."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training only")

from vae.models.checkpoint import find_shipped_model  # noqa: E402
from vae_training.data.dataset import load_windows  # type: ignore[import-not-found]  # noqa: E402
from vae_training.evaluation.reconstruction_eval import token_accuracy  # type: ignore[import-not-found]  # noqa: E402
from vae_training.export.model_folder import export  # type: ignore[import-not-found]  # noqa: E402
from vae_training.model.batches import iter_training_batches  # type: ignore[import-not-found]  # noqa: E402
from vae_training.model.train import train  # type: ignore[import-not-found]  # noqa: E402
from vae_training.model.training_run import (  # type: ignore[import-not-found]  # noqa: E402
    Hyperparameters,
    TrainingRun,
    half_precision,
)


@pytest.mark.parametrize("name", ["drums", "rhythm"])
def test_a_run_learns_resumes_and_exports(name: str, data: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    hyperparameters = Hyperparameters(name, steps=12, batch_size=8, peak_rate=0.1)
    windows = load_windows(data, name)
    run = TrainingRun(hyperparameters, tmp_path / "run")
    batch = next(iter_training_batches(windows, 8, np.random.default_rng(0)))
    losses = [run.optimizer_step(*batch)["loss"] for _ in range(6)]
    assert losses[-1] < losses[0]
    run.save()
    run.log(**token_accuracy(run.average, windows, 8))

    resumed = TrainingRun(hyperparameters, tmp_path / "run")
    resumed.resume(tmp_path / "run" / "checkpoint.pt")
    assert (resumed.step, resumed.windows_seen) == (6, run.windows_seen)
    train(resumed, windows, windows, save_interval_s=1e9, evaluation_interval_s=1e9)
    assert (resumed.step, resumed.progress) == (12, 1.0)

    folder = export(tmp_path / "run" / "checkpoint.pt", data, tmp_path / "models")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert find_shipped_model(tmp_path / "models", name).sha256 == manifest["sha256"]
    assert manifest["training"]["steps_done"] == 12
    assert len(manifest["learning_curve"]) == 2
    assert "Anon" in (folder / "card.md").read_text()


def test_a_frozen_encoder_leaves_the_latents(data: Path, tmp_path: Path) -> None:
    hyperparameters = Hyperparameters("drums", steps=4, batch_size=8, peak_rate=0.1, freeze_encoder=True)
    run = TrainingRun(hyperparameters, tmp_path / "run")
    tokens, chords = next(iter_training_batches(load_windows(data, "drums"), 8, np.random.default_rng(0)))
    latents, weights = run.model.posterior_mean(tokens, chords), run.model.output.weight.clone()
    run.optimizer_step(tokens, chords)
    assert torch.equal(run.model.posterior_mean(tokens, chords), latents)
    assert not torch.equal(run.model.output.weight, weights)


@pytest.mark.parametrize(("capability", "is_half"), [("AVX2", False), ("AVX512", True)])
def test_a_cpu_without_bfloat16_lstms_computes_in_float32(
    monkeypatch: pytest.MonkeyPatch, capability: str, is_half: bool
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    with half_precision("cpu"):
        assert torch.is_autocast_enabled("cpu") == is_half
