"""What weights mean, and which are refused."""

from __future__ import annotations

import numpy as np
import pytest
from score.roles import Role
from servicekit.faults import InvalidInput
from vae.blending.blend_weights import BlendWeights, SectionWeight


def test_the_default_is_half_and_half() -> None:
    assert BlendWeights().role_shares(Role.LEAD, 3, 2).tolist() == [[0.5, 0.5]] * 3


def test_a_role_has_its_own_weight() -> None:
    weights = BlendWeights(0.25, {Role.DRUMS: 1.0}).validate(2)
    assert weights.role_shares(Role.DRUMS, 1, 2).tolist() == [[0.0, 1.0]]
    assert weights.role_shares(Role.BASS, 1, 2).tolist() == [[0.75, 0.25]]
    assert weights.mean_shares(2).tolist() == [0.75, 0.25]


def test_a_morph_begins_with_the_first_and_ends_with_the_second() -> None:
    shares = BlendWeights(curve=((0.0, 0.0), (1.0, 1.0))).validate(2).role_shares(Role.LEAD, 5, 2)
    assert np.allclose(shares[:, 1], [0.0, 0.25, 0.5, 0.75, 1.0])


def test_sections_have_weights_of_their_own_by_label_or_place() -> None:
    weights = BlendWeights(0.25, section_weights=[SectionWeight(1.0, "B"), SectionWeight(0.5, start=0.75)]).validate(2)
    labels = ["A", "B", "A", "B"]
    assert weights.role_shares(Role.LEAD, 4, 2, labels)[:, 1].tolist() == [0.25, 1.0, 0.25, 0.5]
    assert weights.mean_shares(2, labels).tolist() == [0.5, 0.5]


def test_a_roles_own_weight_wins_over_sections() -> None:
    weights = BlendWeights(0.25, {Role.BASS: 0.0}, section_weights=[SectionWeight(1.0, "A")])
    assert weights.role_shares(Role.BASS, 2, 2, ["A", "A"])[:, 1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("weights", "only"),
    [
        (BlendWeights(0.0), 0),
        (BlendWeights(1.0), 1),
        (BlendWeights(0.5), None),
        (BlendWeights(1.0, {Role.BASS: 0.5}), None),
        (BlendWeights(curve=((0.0, 0.0), (1.0, 1.0))), None),
        (BlendWeights(curve=((0.0, 1.0), (0.5, 1.0))), 1),
        (BlendWeights(0.0, section_weights=(SectionWeight(1.0, "B"),)), None),
        (BlendWeights(1.0, section_weights=(SectionWeight(1.0, "B"),)), 1),
    ],
)
def test_it_knows_when_one_parent_is_all(weights: BlendWeights, only: int | None) -> None:
    assert weights.sole_parent(2) == only


def test_three_shares_are_scaled_to_one() -> None:
    shares = BlendWeights(shares=(0.2, 0.3, 0.5)).validate(3).role_shares(Role.LEAD, 1, 3)
    assert np.allclose(shares, [[0.2, 0.3, 0.5]])


@pytest.mark.parametrize(
    ("weights", "parents", "message"),
    [
        (BlendWeights(1.5), 2, "from 0 to 1, not 1.5"),
        (BlendWeights(float("nan")), 2, "from 0 to 1"),
        (BlendWeights(role_weights={Role.BASS: -0.1}), 2, "from 0 to 1, not -0.1"),
        (BlendWeights(0.5, curve=((0.0, 0.0),)), 2, "curve replaces"),
        (BlendWeights(curve=((0.5, 0.0), (0.5, 1.0))), 2, "must rise"),
        (BlendWeights(), 3, "needs shares"),
        (BlendWeights(shares=(0.5, 0.5)), 3, "need 3 shares, not 2"),
        (BlendWeights(shares=(0.5, 0.6)), 2, "sum to 1"),
        (BlendWeights(0.5, shares=(0.5, 0.5)), 2, "Shares replace"),
        (BlendWeights(section_weights=(SectionWeight(1.5),)), 2, "from 0 to 1, not 1.5"),
        (BlendWeights(section_weights=(SectionWeight(0.5, start=0.5, end=0.5),)), 2, "an end after its start"),
        (BlendWeights(shares=(0.5, 0.5), section_weights=(SectionWeight(0.5),)), 2, "Shares replace"),
        (BlendWeights(curve=((0.0, 0.0),), section_weights=(SectionWeight(0.5),)), 2, "curve replaces"),
    ],
)
def test_contradictory_weights_are_refused(weights: BlendWeights, parents: int, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        weights.validate(parents)
