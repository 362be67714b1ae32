"""Stems: only the selected tracks are audible, at the mix's length and level, and all stems add up to the mix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from renderer.encoding.encoder import AudioFormat
from renderer.mixdown import level_groups
from renderer.pipeline import OutputOptions
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


def test_separate_stems_add_up_to_the_mix_beside_them(band: bytes, render: Make) -> None:
    # So loud that the limiter works: it must change the stems as it changes their sum.
    apart = render(band, gain=3.0, output=OutputOptions(separate_stems=True))
    assert apart.header.n_channels == apart.frames.shape[1] == 10
    assert apart.header.n_bytes == len(apart.data)
    mix, stems = apart.frames[:, :2], apart.frames[:, 2:].reshape(len(apart.frames), 4, 2)
    assert np.abs(mix).max() == pytest.approx(10 ** (-2 / 20), abs=0.01)
    assert rms_db(mix - stems.sum(axis=1)) < -80
    assert min(rms_db(stems[:, role]) for role in range(4)) > -60
    assert rms_db(mix - render(band, gain=3.0).frames) < -40


def test_tracks_without_a_role_are_a_stem_of_their_own(band: bytes, render: Make) -> None:
    left_out = Stem(overrides={1: None})
    apart = render(band, stem=left_out, output=OutputOptions(separate_stems=True))
    others = apart.frames[:, 8:]
    assert apart.frames.shape[1] == 10
    strings = render(band, stem=Stem(tracks=frozenset((1,))))
    assert rms_db(others - strings.frames) < rms_db(strings.frames) - 40


def test_levels_are_factors_of_the_amplitude(band: bytes, render: Make) -> None:
    roles = (Role.LEAD, Role.HARMONY, Role.BASS, Role.DRUMS)
    lead, harmony, bass, drums = (render(band, stem=stem(role), gain=0.3).frames for role in roles)
    levels = {Role.LEAD: 0.5, Role.DRUMS: 0.0}
    mixed = render(band, stem=Stem(levels=levels), gain=0.3).frames
    assert rms_db(mixed - (0.5 * lead + harmony + bass)) < rms_db(mixed) - 60
    pair = Stem(roles=frozenset((Role.LEAD, Role.DRUMS)), levels={Role.LEAD: 0.25})
    assert rms_db(render(band, stem=pair, gain=0.3).frames - (0.25 * lead + drums)) < -65
    silent = render(band, stem=Stem(levels=dict.fromkeys(Role, 0.0)), gain=0.3)
    assert (silent.rms, len(silent.frames)) == (0.0, len(lead))


@pytest.mark.parametrize(("bit_rate_bps", "most_bps"), [(24_000, 34_000), (64_000, 80_000)])
def test_opus_keeps_to_its_bit_rate_and_sounds_the_same(
    band: bytes, render: Make, bit_rate_bps: int, most_bps: int
) -> None:
    output = OutputOptions(bit_rate_bps=bit_rate_bps)
    compressed = render(band, AudioFormat.OPUS, gain=0.3, output=output)
    plain = render(band, gain=0.3, sample_rate_hz=48_000)
    seconds = len(plain.frames) / 48_000
    assert len(compressed.frames) == len(plain.frames)
    assert bit_rate_bps / 3 < 8 * len(compressed.data) / seconds < most_bps
    assert rms_db(compressed.frames) == pytest.approx(rms_db(plain.frames), abs=0.5)


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
    with pytest.raises(InvalidInput, match="No track plays lead; the piece has drums") as levels:
        level_groups(alone, Stem(levels={Role.LEAD: 0.5}))
    assert levels.value.facts["field"] == "stem.levels"
