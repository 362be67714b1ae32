"""Requests: what is set is kept, what is open is sampled from the seed, and errors are reported."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gan.planning.generation_request import GenerationRequest, resolve
from gan.planning.styles import Style
from score.roles import ROLES, Role
from servicekit.faults import InvalidInput, UnknownStyle, UnsupportedMeter

Styles = tuple[Style, ...]


def test_keeps_what_is_set(styles: Styles) -> None:
    request = GenerationRequest(
        seed=4, style_id="chorale", tonic=6, is_minor=True, tempo_bpm=77.5, meter="4/4", n_bars=13, roles=(Role.BASS,)
    )
    resolved = resolve(request, styles)
    assert (resolved.style.style_id, resolved.tonic, resolved.is_minor, resolved.tempo_bpm) == (
        "chorale",
        6,
        True,
        77.5,
    )
    assert (resolved.meter, resolved.n_bars, resolved.roles) == ("4/4", 13, (Role.BASS,))


def test_samples_the_rest_from_the_seed(styles: Styles) -> None:
    requests = [resolve(GenerationRequest(seed=seed), styles) for seed in range(200)]
    assert requests == [resolve(GenerationRequest(seed=seed), styles) for seed in range(200)]
    assert {resolved.tonic for resolved in requests} == set(range(12))
    assert {resolved.style.style_id for resolved in requests} == {"funk", "chorale"}
    assert {resolved.n_bars for resolved in requests} == {8, 16, 24, 32}
    meters = [resolved.meter for resolved in requests if resolved.style.style_id == "chorale"]
    assert 0.6 < meters.count("3/4") / len(meters) < 0.9
    assert 96 < np.median([resolved.tempo_bpm for resolved in requests]) < 104


def test_an_absent_mood_is_sampled_around_neutral(styles: Styles) -> None:
    requests = [resolve(GenerationRequest(seed=seed), styles) for seed in range(200)]
    for name in ("valence", "energy", "density"):
        sampled = np.array([getattr(resolved, name) for resolved in requests])
        assert abs(sampled.mean()) < 0.1
        assert 0.3 < sampled.std() < 0.4
        assert np.abs(sampled).max() <= 1
    given = [
        resolve(GenerationRequest(seed=seed, valence=0.0, energy=0.0, density=0.0), styles).features
        for seed in range(200)
    ]
    left_open = [resolve(GenerationRequest(seed=seed), styles).features for seed in range(200)]
    assert np.std(given, axis=0) == pytest.approx([0.25] * 3, rel=0.2)
    assert np.std(left_open, axis=0) == pytest.approx([1.0, 1.0, 0.8], rel=0.2)


def test_setting_one_value_changes_no_other(styles: Styles) -> None:
    sampled, given = (
        resolve(GenerationRequest(seed=9), styles),
        resolve(GenerationRequest(seed=9, tempo_bpm=50.0, n_bars=8), styles),
    )
    assert (sampled.tonic, sampled.is_minor, sampled.style) == (given.tonic, given.is_minor, given.style)


def test_sad_is_minor_and_lively_is_fast(styles: Styles) -> None:
    def share(valence: float) -> float:
        return float(
            np.mean([resolve(GenerationRequest(seed=s, valence=valence), styles).is_minor for s in range(300)])
        )

    assert share(-1) > 0.6 > share(0) + 0.3 > 0.3 > share(1) + 0.2
    quiet, lively = (resolve(GenerationRequest(seed=1, energy=energy), styles) for energy in (-1.0, 1.0))
    assert lively.tempo_bpm / quiet.tempo_bpm == pytest.approx(math.exp(0.44), rel=0.02)
    assert lively.features > quiet.features


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("n_bars", 7, "bar_count is 7; it must be from 8 to 64"),
        ("n_bars", 65, "bar_count is 65"),
        ("tempo_bpm", 19.9, "tempo_bpm is 19.9; it must be from 20 to 400"),
        ("tempo_bpm", math.nan, "tempo_bpm is nan"),
        ("tonic", 12, "key.tonic is 12; it must be from 0 to 11"),
        ("valence", -1.1, "valence is -1.1; it must be from -1 to 1"),
        ("energy", 2.0, "energy is 2"),
        ("density", math.inf, "density is inf"),
    ],
)
def test_refuses_numbers_out_of_range(styles: Styles, field: str, value: float, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        resolve(GenerationRequest(seed=1, **{field: value}), styles)  # type: ignore[arg-type]


def test_refuses_unknown_styles_and_meters(styles: Styles) -> None:
    with pytest.raises(UnknownStyle, match=r"No style is called 'polka'. There are: funk, chorale"):
        resolve(GenerationRequest(seed=1, style_id="polka"), styles)
    with pytest.raises(UnsupportedMeter, match="Funk is played in 4/4, not in 3/4"):
        resolve(GenerationRequest(seed=1, style_id="funk", meter="3/4"), styles)
    assert resolve(GenerationRequest(seed=1, meter="3/4"), styles).style.style_id == "chorale"


def test_samples_a_style_that_has_the_roles(styles: Styles) -> None:
    sampled = {
        resolve(GenerationRequest(seed=seed, roles=(Role.LEAD, Role.DRUMS)), styles).style.style_id
        for seed in range(20)
    }
    assert sampled == {"funk"}


def test_reports_the_roles_that_a_style_lacks(styles: Styles) -> None:
    resolved = resolve(GenerationRequest(seed=1, style_id="chorale", roles=ROLES), styles)
    assert resolved.roles == ROLES[:3]
    assert [notice.message for notice in resolved.notices] == ["Chorale has no drums, so the piece has none."]
    with pytest.raises(InvalidInput, match="Chorale has none of the roles"):
        resolve(GenerationRequest(seed=1, style_id="chorale", roles=(Role.DRUMS,)), styles)
