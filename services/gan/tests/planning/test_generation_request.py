"""What is checked of a wish, and what is drawn where it leaves things open."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gan.planning.generation_request import GenerationRequest, resolve
from gan.planning.styles import Style
from score.roles import ROLES, Role
from servicekit.faults import InvalidInput, UnknownStyle, UnsupportedMeter

Styles = tuple[Style, ...]


def test_takes_what_is_asked_for(styles: Styles) -> None:
    wish = GenerationRequest(
        seed=4, style_id="chorale", tonic=6, is_minor=True, tempo_bpm=77.5, meter="4/4", bars=13, roles=(Role.BASS,)
    )
    brief = resolve(wish, styles)
    assert (brief.style.style_id, brief.tonic, brief.is_minor, brief.tempo_bpm) == ("chorale", 6, True, 77.5)
    assert (brief.meter, brief.bars, brief.roles) == ("4/4", 13, (Role.BASS,))


def test_draws_the_rest_from_the_seed(styles: Styles) -> None:
    briefs = [resolve(GenerationRequest(seed=seed), styles) for seed in range(200)]
    assert briefs == [resolve(GenerationRequest(seed=seed), styles) for seed in range(200)]
    assert {brief.tonic for brief in briefs} == set(range(12))
    assert {brief.style.style_id for brief in briefs} == {"funk", "chorale"}
    assert {brief.bars for brief in briefs} == {8, 16, 24, 32}
    meters = [brief.meter for brief in briefs if brief.style.style_id == "chorale"]
    assert 0.6 < meters.count("3/4") / len(meters) < 0.9
    assert 96 < np.median([brief.tempo_bpm for brief in briefs]) < 104


def test_an_absent_mood_is_drawn_around_neutral(styles: Styles) -> None:
    briefs = [resolve(GenerationRequest(seed=seed), styles) for seed in range(200)]
    for name in ("valence", "energy", "density"):
        drawn = np.array([getattr(brief, name) for brief in briefs])
        assert abs(drawn.mean()) < 0.1
        assert 0.3 < drawn.std() < 0.4
        assert np.abs(drawn).max() <= 1
    asked = [
        resolve(GenerationRequest(seed=seed, valence=0.0, energy=0.0, density=0.0), styles).features
        for seed in range(200)
    ]
    left_open = [resolve(GenerationRequest(seed=seed), styles).features for seed in range(200)]
    assert np.std(asked, axis=0) == pytest.approx([0.25] * 3, rel=0.2)
    assert np.std(left_open, axis=0) == pytest.approx([1.0, 1.0, 0.8], rel=0.2)


def test_asking_for_one_thing_leaves_the_others_as_drawn(styles: Styles) -> None:
    drawn, asked = (
        resolve(GenerationRequest(seed=9), styles),
        resolve(GenerationRequest(seed=9, tempo_bpm=50.0, bars=8), styles),
    )
    assert (drawn.tonic, drawn.is_minor, drawn.style) == (asked.tonic, asked.is_minor, asked.style)


def test_sad_is_minor_and_lively_is_fast(styles: Styles) -> None:
    def share(valence: float) -> float:
        return float(
            np.mean([resolve(GenerationRequest(seed=s, valence=valence), styles).is_minor for s in range(300)])
        )

    assert share(-1) > 0.6 > share(0) + 0.3 > 0.3 > share(1) + 0.2
    calm, lively = (resolve(GenerationRequest(seed=1, energy=energy), styles) for energy in (-1.0, 1.0))
    assert lively.tempo_bpm / calm.tempo_bpm == pytest.approx(math.exp(0.44), rel=0.02)
    assert lively.features > calm.features


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("bars", 7, "bar_count is 7; it goes from 8 to 64"),
        ("bars", 65, "bar_count is 65"),
        ("tempo_bpm", 19.9, "tempo_bpm is 19.9; it goes from 20 to 400"),
        ("tempo_bpm", math.nan, "tempo_bpm is nan"),
        ("tonic", 12, "key.tonic is 12; it goes from 0 to 11"),
        ("valence", -1.1, "valence is -1.1; it goes from -1 to 1"),
        ("energy", 2.0, "energy is 2"),
        ("density", math.inf, "density is inf"),
    ],
)
def test_refuses_what_is_out_of_range(styles: Styles, field: str, value: float, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        resolve(GenerationRequest(seed=1, **{field: value}), styles)  # type: ignore[arg-type]


def test_refuses_styles_and_meters_that_it_has_not(styles: Styles) -> None:
    with pytest.raises(UnknownStyle, match=r"No style is called 'polka'. There are: funk, chorale"):
        resolve(GenerationRequest(seed=1, style_id="polka"), styles)
    with pytest.raises(UnsupportedMeter, match="Funk is played in 4/4, not in 3/4"):
        resolve(GenerationRequest(seed=1, style_id="funk", meter="3/4"), styles)
    assert resolve(GenerationRequest(seed=1, meter="3/4"), styles).style.style_id == "chorale"


def test_draws_a_style_that_has_the_roles_asked_for(styles: Styles) -> None:
    drawn = {
        resolve(GenerationRequest(seed=seed, roles=(Role.LEAD, Role.DRUMS)), styles).style.style_id
        for seed in range(20)
    }
    assert drawn == {"funk"}


def test_says_which_roles_a_style_lacks(styles: Styles) -> None:
    brief = resolve(GenerationRequest(seed=1, style_id="chorale", roles=ROLES), styles)
    assert brief.roles == ROLES[:3]
    assert [notice.message for notice in brief.notices] == ["Chorale has no drums: the piece goes without."]
    with pytest.raises(InvalidInput, match="Chorale has none of the roles"):
        resolve(GenerationRequest(seed=1, style_id="chorale", roles=(Role.DRUMS,)), styles)
