"""Stems: only the selected tracks are audible, at the mix's length and level, and all stems add up to the mix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from renderer.render_settings import LoudnessTarget
from renderer.stems import Stem, audible_tracks, role_tracks
from score import midi
from score.arrays import F32
from score.model import Event, Score, Track
from score.roles import Role
from servicekit.faults import InvalidInput

RATE_HZ = 44_100
QUARTER = 480

Make = Callable[..., Any]


@pytest.fixture
def band(track: Make, piece: Make) -> bytes:
    """Create four bars of flute, strings, bass and drums, each a role."""
    bars = range(4)
    lead = track([(beat * QUARTER, QUARTER, 76 + beat % 5) for beat in range(16)], 73, 0)
    harmony = track([(bar * 4 * QUARTER, 4 * QUARTER, pitch) for bar in bars for pitch in (55, 60, 64)], 48, 1)
    bass = track([(beat * QUARTER, QUARTER, 36 + beat % 3) for beat in range(16)], 33, 2)
    drums = track([(beat * QUARTER, QUARTER // 4, (36, 38)[beat % 2]) for beat in range(16)], 0, 9)
    created: bytes = piece(lead, harmony, bass, drums)
    return created


def stem(*roles: Role) -> Stem:
    """Return the stem of some roles."""
    return Stem(roles=frozenset(roles))


def rms_db(frames: F32) -> float:
    """Return the root mean square in decibels of full scale."""
    return float(20 * np.log10(np.sqrt(np.mean(frames.astype(np.float64) ** 2)) + 1e-12))


def test_the_stems_add_up_to_the_mix(band: bytes, render: Make) -> None:
    mix = render(band, gain=0.3)
    stems = [render(band, stem=stem(role), gain=0.3) for role in Role]
    assert {len(found.frames) for found in stems} == {len(mix.frames)}
    assert min(rms_db(found.frames) for found in stems) > -60
    difference = sum(found.frames.astype(np.float64) for found in stems) - mix.frames
    # FluidSynth begins a note more or less softly, for a block, by what its voice sounded before.
    assert rms_db(mix.frames) - rms_db(difference) > 65
    assert np.abs(difference).max() < 0.003


def test_a_stem_has_the_mixs_gain(band: bytes, render: Make) -> None:
    mix = render(band, loudness=LoudnessTarget())
    bass = render(band, stem=stem(Role.BASS), loudness=LoudnessTarget())
    assert bass.header == mix.header
    assert bass.header.loudness_lufs == pytest.approx(-16, abs=0.01)


def test_tracks_and_roles_are_the_same_stem(band: bytes, render: Make) -> None:
    by_role = render(band, stem=stem(Role.HARMONY, Role.BASS))
    by_track = render(band, stem=Stem(tracks=frozenset((1, 2))))
    mixed = render(band, stem=Stem(frozenset((Role.HARMONY,)), frozenset((2,))))
    assert by_role.data == by_track.data == mixed.data
    assert by_role.data != render(band).data


def test_a_person_may_have_given_the_role(band: bytes) -> None:
    score = midi.parse(band)
    assert role_tracks(score, {}) == {Role.LEAD: (0,), Role.HARMONY: (1,), Role.BASS: (2,), Role.DRUMS: (3,)}
    given: dict[int, Role | None] = {0: None, 1: Role.LEAD}
    assert role_tracks(score, given) == {Role.LEAD: (1,), Role.BASS: (2,), Role.DRUMS: (3,)}
    assert audible_tracks(score, Stem(frozenset((Role.LEAD,)), overrides=given)) == {1}


def test_controllers_of_silent_tracks_still_hold(
    score: Callable[..., Score], track: Callable[..., Track], render: Make, piece: Make
) -> None:
    hushed = track([(0, QUARTER, 40)], 0, 0, others=[Event(0, b"\xb0\x07\x00")])
    audio = render(piece(hushed, track([(0, QUARTER, 72)], 0, 0)), stem=Stem(tracks=frozenset((1,))))
    assert rms_db(audio.frames) < -90


def test_what_the_piece_does_not_have(track: Make, piece: Make) -> None:
    alone = midi.parse(piece(track([(0, QUARTER, 36)], channel=9)))
    with pytest.raises(InvalidInput, match="No track plays bass; the piece has drums"):
        audible_tracks(alone, stem(Role.BASS, Role.DRUMS))
    with pytest.raises(InvalidInput, match="There is no track 7: the piece has tracks 0 to 0") as caught:
        audible_tracks(alone, Stem(tracks=frozenset((7,))))
    assert caught.value.facts == {"field": "stem.tracks", "value": 7, "limit": 0}
    assert audible_tracks(alone, Stem()) == {0}
