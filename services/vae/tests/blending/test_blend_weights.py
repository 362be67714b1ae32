"""What weights mean, and which are refused."""

from __future__ import annotations

import numpy as np
import pytest
from score.roles import Role
from servicekit.faults import InvalidInput
from vae.blending.blend_weights import SectionWeight, Weights


def test_nothing_said_is_half_and_half() -> None:
    assert Weights().at(Role.LEAD, 3, 2).tolist() == [[0.5, 0.5]] * 3


def test_a_role_has_its_own_weight() -> None:
    weights = Weights(0.25, {Role.DRUMS: 1.0}).checked(2)
    assert weights.at(Role.DRUMS, 1, 2).tolist() == [[0.0, 1.0]]
    assert weights.at(Role.BASS, 1, 2).tolist() == [[0.75, 0.25]]
    assert weights.mean_shares(2).tolist() == [0.75, 0.25]


def test_a_morph_begins_with_the_first_and_ends_with_the_second() -> None:
    shares = Weights(curve=((0.0, 0.0), (1.0, 1.0))).checked(2).at(Role.LEAD, 5, 2)
    assert np.allclose(shares[:, 1], [0.0, 0.25, 0.5, 0.75, 1.0])


def test_sections_have_weights_of_their_own_by_label_or_place() -> None:
    weights = Weights(0.25, sections=[SectionWeight(1.0, "B"), SectionWeight(0.5, start=0.75)]).checked(2)
    labels = ["A", "B", "A", "B"]
    assert weights.at(Role.LEAD, 4, 2, labels)[:, 1].tolist() == [0.25, 1.0, 0.25, 0.5]
    assert weights.mean_shares(2, labels).tolist() == [0.5, 0.5]


def test_a_roles_own_weight_wins_over_sections() -> None:
    weights = Weights(0.25, {Role.BASS: 0.0}, sections=[SectionWeight(1.0, "A")])
    assert weights.at(Role.BASS, 2, 2, ["A", "A"])[:, 1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("weights", "only"),
    [
        (Weights(0.0), 0),
        (Weights(1.0), 1),
        (Weights(0.5), None),
        (Weights(1.0, {Role.BASS: 0.5}), None),
        (Weights(curve=((0.0, 0.0), (1.0, 1.0))), None),
        (Weights(curve=((0.0, 1.0), (0.5, 1.0))), 1),
        (Weights(0.0, sections=(SectionWeight(1.0, "B"),)), None),
        (Weights(1.0, sections=(SectionWeight(1.0, "B"),)), 1),
    ],
)
def test_it_knows_when_one_parent_is_all(weights: Weights, only: int | None) -> None:
    assert weights.only_parent(2) == only


def test_three_shares_are_scaled_to_one() -> None:
    shares = Weights(shares=(0.2, 0.3, 0.5)).checked(3).at(Role.LEAD, 1, 3)
    assert np.allclose(shares, [[0.2, 0.3, 0.5]])


@pytest.mark.parametrize(
    ("weights", "parents", "message"),
    [
        (Weights(1.5), 2, "from 0 to 1, not 1.5"),
        (Weights(float("nan")), 2, "from 0 to 1"),
        (Weights(role_weights={Role.BASS: -0.1}), 2, "from 0 to 1, not -0.1"),
        (Weights(0.5, curve=((0.0, 0.0),)), 2, "curve replaces"),
        (Weights(curve=((0.5, 0.0), (0.5, 1.0))), 2, "must rise"),
        (Weights(), 3, "needs shares"),
        (Weights(shares=(0.5, 0.5)), 3, "need 3 shares, not 2"),
        (Weights(shares=(0.5, 0.6)), 2, "sum to 1"),
        (Weights(0.5, shares=(0.5, 0.5)), 2, "Shares replace"),
        (Weights(sections=(SectionWeight(1.5),)), 2, "from 0 to 1, not 1.5"),
        (Weights(sections=(SectionWeight(0.5, start=0.5, end=0.5),)), 2, "ends after it starts"),
        (Weights(shares=(0.5, 0.5), sections=(SectionWeight(0.5),)), 2, "Shares replace"),
        (Weights(curve=((0.0, 0.0),), sections=(SectionWeight(0.5),)), 2, "curve replaces"),
    ],
)
def test_what_makes_no_sense_is_refused(weights: Weights, parents: int, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        weights.checked(parents)
