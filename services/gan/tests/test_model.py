"""The model folder: loaded whole or refused, and scores of long pieces."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from gan.model import GanModel, PieceConditions, load_model
from gan.network.channels import channel_states
from gan.network.dims import N_CHANNELS
from safetensors.torch import save_file
from score.roles import ROLES
from servicekit.faults import ModelMismatch

STYLE = {
    "id": "funk",
    "index": 1,
    "meters": {"4/4": 3, "6/8": 1},
    "roles": ["lead", "harmony", "bass", "drums"],
    "tempo_bpm": [90, 100, 110],
    "minor_share": 0.1,
    "loudness": {"lead": [100] * 16},
    "forms": ["A................B................AAAAA....BBBB...."],
    "spans": [[14, 9, 12]],
}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def folder(tmp_path: Path, models: GanModel) -> Path:
    """Write the random models as files."""
    (tmp_path / "gan").mkdir()
    parts = {"generator": models.generator, "critic": models.critic}
    tensors = {f"{part}.{name}": value for part, net in parts.items() for name, value in net.state_dict().items()}
    save_file(
        {name: value.half().contiguous() for name, value in tensors.items()}, tmp_path / "gan/weights.safetensors"
    )
    (tmp_path / "gan/styles.json").write_text(json.dumps([STYLE]))
    models.training_index.save(tmp_path / "gan/novelty.npz")
    models.reranker.save(tmp_path / "gan/realism.npz")
    write_manifest(tmp_path, models)
    return tmp_path


def write_manifest(folder: Path, models: GanModel, **changes: object) -> None:
    manifest = {
        "grid": "segue-grid-1",
        "sha256": digest(folder / "gan/weights.safetensors"),
        "styles_sha256": digest(folder / "gan/styles.json"),
        "novelty_sha256": digest(folder / "gan/novelty.npz"),
        "realism_sha256": digest(folder / "gan/realism.npz"),
        "shape": models.generator.sizes.as_dict(),
    }
    (folder / "gan/manifest.json").write_text(json.dumps(manifest | changes))


def test_loads_a_written_model(folder: Path, models: GanModel) -> None:
    loaded = load_model(folder)
    assert [style.style_id for style in loaded.styles] == ["funk"]
    assert loaded.styles[0].index == 1
    assert (loaded.styles[0].meters, loaded.styles[0].meter_shares) == (("4/4", "6/8"), (0.75, 0.25))
    assert loaded.styles[0].structures == ("A................B................AAAAA....BBBB....",)
    assert loaded.digests == {"gan": digest(folder / "gan/weights.safetensors")}
    assert torch.allclose(loaded.generator.channel_mix, models.generator.channel_mix, atol=1e-2)


FILES = ("weights.safetensors", "styles.json", "novelty.npz", "realism.npz")


@pytest.mark.parametrize("name", FILES)
def test_refuses_changed_files(folder: Path, name: str) -> None:
    (folder / "gan" / name).write_text("[]")
    with pytest.raises(ModelMismatch, match=f"gan/{name} is not the file"):
        load_model(folder)


def test_refuses_other_grids(folder: Path, models: GanModel) -> None:
    write_manifest(folder, models, grid="segue-grid-0")
    with pytest.raises(ModelMismatch, match="made for the grid segue-grid-0"):
        load_model(folder)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_reports_which_file_is_missing(folder: Path, name: str) -> None:
    (folder / "gan" / name).unlink()
    with pytest.raises(ModelMismatch, match=f"gan is not installed: {name} is missing"):
        load_model(folder)


def conditions() -> PieceConditions:
    return PieceConditions(0, False, "4/4", (0.0, 0.0, 0.0), ROLES)


@pytest.mark.parametrize("bars", [8, 11, 24])
def test_long_pieces_are_scored_in_passages(models: GanModel, bars: int) -> None:
    random = np.random.default_rng(1)
    states = np.stack([channel_states(random.integers(0, 90, (16 * bars, N_CHANNELS))) for _ in range(3)])
    scores = models.score(states, conditions())
    assert len(set(scores.tolist())) == 3
    changed = states.copy()
    changed[1, -5:, 1:] = 0
    again = models.score(changed, conditions())
    assert again[[0, 2]].tolist() == pytest.approx(scores[[0, 2]].tolist())
    assert again[1] != pytest.approx(scores[1])
