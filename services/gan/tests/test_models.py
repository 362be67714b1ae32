"""A model folder is taken whole or refused: digests, grid, decoders."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from gan.models import Models, Prompt, load_models
from safetensors.torch import save_file
from score.roles import ROLES, Role
from servicekit.faults import ModelMismatch, NotReady
from torch import Tensor

STYLE = {
    "id": "funk",
    "index": 1,
    "meters": {"4/4": 3, "6/8": 1},
    "roles": ["lead", "harmony", "bass", "drums"],
    "tempo_bpm": [90, 100, 110],
    "minor_share": 0.1,
    "chromatic_share": 0.02,
    "loudness": {"lead": [100] * 16},
    "rests": {"start": {"ff": 1}, "following": {}},
}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def folder(tmp_path: Path, models: Models, make_weights: Callable[[Role, int], dict[str, Tensor]]) -> Path:
    """Write the random models as files."""
    for role in ROLES:
        (tmp_path / f"vae-{role.value}").mkdir()
        weights = {name: value.half().contiguous() for name, value in make_weights(role, 1).items()}
        save_file(weights, tmp_path / f"vae-{role.value}" / "weights.safetensors")
    (tmp_path / "gan").mkdir()
    parts = {"generator": models.generator, "critic": models.critic, "space": models.space}
    tensors = {f"{part}.{name}": value for part, net in parts.items() for name, value in net.state_dict().items()}
    save_file(
        {name: value.half().contiguous() for name, value in tensors.items()}, tmp_path / "gan/weights.safetensors"
    )
    (tmp_path / "gan/styles.json").write_text(json.dumps([STYLE]))
    write_manifest(tmp_path, models)
    return tmp_path


def write_manifest(folder: Path, models: Models, **changes: object) -> None:
    manifest = {
        "grid": "segue-grid-1",
        "sha256": digest(folder / "gan/weights.safetensors"),
        "styles_sha256": digest(folder / "gan/styles.json"),
        "decoders": {f"vae-{role.value}": digest(folder / f"vae-{role.value}/weights.safetensors") for role in ROLES},
        "shape": models.generator.shape.as_dict(),
    }
    (folder / "gan/manifest.json").write_text(json.dumps(manifest | changes))


def test_loads_what_was_written(folder: Path, models: Models) -> None:
    loaded = load_models(folder)
    assert [style.style_id for style in loaded.styles] == ["funk"]
    assert loaded.styles[0].index == 1
    assert (loaded.styles[0].meters, loaded.styles[0].meter_shares) == (("4/4", "6/8"), (0.75, 0.25))
    assert loaded.digests["vae-bass"] == digest(folder / "vae-bass/weights.safetensors")
    assert torch.allclose(loaded.generator.entry.weight, models.generator.entry.weight, atol=1e-3)


def test_refuses_decoders_it_was_not_trained_with(folder: Path, make_weights: Callable[..., dict[str, Tensor]]) -> None:
    save_file(make_weights(Role.LEAD, 9), folder / "vae-lead/weights.safetensors")
    with pytest.raises(ModelMismatch, match=r"vae-lead/weights.safetensors is not the file"):
        load_models(folder)


def test_refuses_changed_files_and_other_grids(folder: Path, models: Models) -> None:
    (folder / "gan/styles.json").write_text("[]")
    with pytest.raises(ModelMismatch, match=r"gan/styles.json is not the file"):
        load_models(folder)
    write_manifest(folder, models, grid="segue-grid-0")
    with pytest.raises(ModelMismatch, match="made for the grid segue-grid-0"):
        load_models(folder)


def test_says_which_model_is_missing(folder: Path) -> None:
    (folder / "vae-drums/weights.safetensors").unlink()
    with pytest.raises(NotReady, match="vae-drums is not installed"):
        load_models(folder)


def test_long_pieces_are_sketched_and_scored_in_stretches(models: Models) -> None:
    prompt = Prompt(0, False, "4/4", (0.0, 0.0, 0.0), (True,) * 4)
    sketches = models.sketch(prompt, np.arange(11) % 4, count=3, seed=1)
    assert sketches.shape == (3, 11, 4, 8)
    assert np.abs(sketches).sum((2, 3)).min() > 0
    scores = models.score(sketches, prompt, np.ones((11, 4), np.bool_))
    assert scores.shape == (3,)
    assert len(set(scores.tolist())) == 3
