"""Manifests and the files that they name."""

import hashlib
import json
from pathlib import Path

import pytest
from servicekit.faults import ModelMismatch
from servicekit.model_folder import ModelFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "some-model"
    model.mkdir()
    (model / "weights.bin").write_bytes(b"weights")
    (model / "more.bin").write_bytes(b"more")
    digests = {
        name: hashlib.sha256(data).hexdigest() for name, data in (("sha256", b"weights"), ("more_sha256", b"more"))
    }
    (model / "manifest.json").write_text(json.dumps({"grid": "grid-1", **digests}))
    return model


def test_files_that_the_manifest_names_are_read(folder: Path) -> None:
    model = ModelFolder.open(folder)
    model.require("grid", "grid-1")
    assert model.name == "some-model"
    assert model.sha256 == hashlib.sha256(b"weights").hexdigest()
    assert model.read("weights.bin") == b"weights"
    assert model.read("more.bin", "more_sha256") == b"more"


def test_another_grid_is_refused(folder: Path) -> None:
    with pytest.raises(ModelMismatch, match=r"^The model some-model was made for the grid grid-1; this is grid-2\.$"):
        ModelFolder.open(folder).require("grid", "grid-2")
    with pytest.raises(ModelMismatch, match="made for the features None"):
        ModelFolder.open(folder).require("features", "some-1")


@pytest.mark.parametrize("name", ["weights.bin", "manifest.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    match = rf"^The model some-model is not installed: {name} is missing\. SEGUE_MODELS names the folder\.$"
    with pytest.raises(ModelMismatch, match=match) as refused:
        ModelFolder.open(folder).read("weights.bin")
    assert refused.value.facts == {"model": "some-model"}


def test_another_file_than_the_manifests_is_refused(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(b"others")
    with pytest.raises(ModelMismatch, match=r"^some-model/weights\.bin is not the file that its manifest names\.$"):
        ModelFolder.open(folder).read("weights.bin")
    with pytest.raises(ModelMismatch, match="not the file"):
        ModelFolder.open(folder).read("more.bin", "unnamed_sha256")


@pytest.mark.parametrize("text", ["", "[]", "{", "\udcff"])
def test_a_manifest_that_is_no_object_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ModelMismatch, match=r"manifest\.json cannot be read"):
        ModelFolder.open(folder)
