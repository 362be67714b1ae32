"""How attributes are measured, and which sliders apply to a role."""

from __future__ import annotations

import numpy as np
import pytest
from score.roles import Role
from vae.attributes.attribute import Attribute, AttributeSlider, slider_value
from vae.attributes.measures import measure_attribute


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


def test_sliders_of_a_role_add_up_within_their_range() -> None:
    sliders = (AttributeSlider(Attribute.DENSITY, -0.5), AttributeSlider(Attribute.DENSITY, 0.75, Role.LEAD))
    assert slider_value(sliders, Role.LEAD, Attribute.DENSITY) == 0.25
    assert slider_value(sliders, Role.BASS, Attribute.DENSITY) == -0.5
    assert slider_value(2 * sliders[1:], Role.LEAD, Attribute.DENSITY) == 1.0
    assert slider_value((AttributeSlider(Attribute.POLYPHONY, 1.0),), Role.LEAD, Attribute.POLYPHONY) == 0.0
