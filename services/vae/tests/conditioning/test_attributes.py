"""What sliders move: how attributes are measured, and the directions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from score.roles import Role
from servicekit.faults import ModelMismatch
from servicekit.model_folder import MANIFEST_NAME
from vae.conditioning.attributes import (
    ATTRIBUTES_BY_ROLE,
    FOLDER_NAME,
    Attribute,
    AttributeSlider,
    AttributeVectors,
    measure_attribute,
    orthogonalize,
)
from vae.models.model_registry import ModelRegistry


def line(*onsets: int, token: int = 41) -> np.ndarray:  # type: ignore[type-arg]
    cut = np.zeros((1, 32), np.int16)
    cut[0, 0] = 1
    cut[0, list(onsets)] = token
    return cut


def test_density_counts_moments() -> None:
    assert measure_attribute(Attribute.DENSITY, Role.LEAD, line(0, 4, 8, 12)).tolist() == [4 / 32]
    assert measure_attribute(Attribute.DENSITY, Role.DRUMS, np.full((1, 32), 5, np.int16)).tolist() == [1.0]


def test_register_is_the_mean_pitch() -> None:
    cut = line(0, 4)
    cut[0, 4] = 43
    assert measure_attribute(Attribute.REGISTER, Role.BASS, cut).tolist() == [61.0]
    assert np.isnan(measure_attribute(Attribute.REGISTER, Role.BASS, line()))


@pytest.mark.parametrize(
    ("onsets", "share"), [((0, 4, 8), 0.0), ((2, 6), 1.0), ((2, 4), 0.0), ((0, 3), 0.5), ((3, 4), 0.0), ((0, 31), 0.0)]
)
def test_syncopation_is_a_note_held_over_a_stronger_step(onsets: tuple[int, ...], share: float) -> None:
    assert measure_attribute(Attribute.SYNCOPATION, Role.LEAD, line(*onsets)).tolist() == [share]


def test_polyphony_counts_simultaneous_onsets() -> None:
    chord = np.zeros((1, 32, 4), np.int16)
    chord[0, 0], chord[0, 8, 0] = 41, 43
    assert measure_attribute(Attribute.POLYPHONY, Role.HARMONY, chord).tolist() == [2.5]
    strokes = np.zeros((1, 32), np.int16)
    strokes[0, [0, 4]] = 0b101, 0b1
    assert measure_attribute(Attribute.POLYPHONY, Role.DRUMS, strokes).tolist() == [1.5]


def test_directions_are_turned_to_right_angles_and_keep_their_lengths() -> None:
    given = np.random.default_rng(0).standard_normal((3, 256)).astype(np.float32)
    given[1] += 0.8 * given[0]
    turned = orthogonalize(given)
    products = turned @ turned.T
    lengths = np.linalg.norm(given, axis=1)
    assert np.allclose(products, np.diag(lengths**2), atol=1e-3)
    assert (np.sum(turned * given, axis=1) > 0.8 * lengths**2).all()


def test_sliders_of_a_role_add_up_and_leave_others_alone() -> None:
    up = np.ones(256, np.float32)
    vectors = AttributeVectors({(Role.LEAD, Attribute.DENSITY): up, (Role.LEAD, Attribute.REGISTER): 2 * up})
    sliders = (AttributeSlider(Attribute.DENSITY, -0.5), AttributeSlider(Attribute.REGISTER, 1.0, Role.LEAD))
    offset = vectors.latent_offset(Role.LEAD, sliders)
    assert offset is not None
    assert offset.tolist() == [1.5] * 256
    assert vectors.latent_offset(Role.DRUMS, sliders) is None
    assert vectors.latent_offset(Role.LEAD, (AttributeSlider(Attribute.DENSITY, 0.0),)) is None


def test_directions_that_are_missing_or_of_other_encoders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMismatch, match="not installed"):
        AttributeVectors.load(tmp_path, {Role.LEAD: "00"})
    (tmp_path / FOLDER_NAME).mkdir()
    (tmp_path / FOLDER_NAME / MANIFEST_NAME).write_text(json.dumps({"encoders": {"lead": "11"}}))
    with pytest.raises(ModelMismatch, match="another lead model"):
        AttributeVectors.load(tmp_path, {Role.LEAD: "00"})


def test_the_shipped_directions_belong_to_the_shipped_models_and_move_their_attributes(
    registry: ModelRegistry, models: Path
) -> None:
    vectors = AttributeVectors.load(models, registry.role_digests)
    assert set(vectors.vectors) == {(role, attribute) for role, has in ATTRIBUTES_BY_ROLE.items() for attribute in has}
    manifest = json.loads((models / FOLDER_NAME / MANIFEST_NAME).read_text())
    for role, measured in manifest["held_out"].items():
        for slider, of in measured.items():
            assert of[slider] == sorted(of[slider]), (role, slider)
            assert of[slider][0] < of[slider][-1]
