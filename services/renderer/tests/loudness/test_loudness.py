"""Gain for a loudness: one for the whole piece, predicted or measured, without a peak above full scale."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from renderer.encoding.encoder import AudioFormat
from renderer.loudness.gain import gain_for_target
from renderer.loudness.limiter import CEILING
from renderer.loudness.loudness_meter import SILENCE_LUFS, LoudnessMeter, integrated_lufs
from renderer.loudness.note_profiles import EffectSends, InstrumentNote, NoteProfileCache
from renderer.pipeline import RenderPipeline
from renderer.render_settings import LoudnessMethod, LoudnessTarget, RenderSettings
from renderer.synthesis.effects import Chorus, Effects, Reverb
from renderer.synthesis.synthesizer import LoadedSoundFont
from score.arrays import F32
from score.model import Event, Track
from servicekit.faults import Cancelled, InvalidInput

RATE_HZ = 44_100
QUARTER = 480
PREDICTED_LU, MEASURED_LU = 1.0, 0.2

Make = Callable[..., Any]
Pieces = dict[str, bytes]


@pytest.fixture(scope="module")
def pieces(piece: Make, track: Make) -> Pieces:
    """Create pieces of very different loudness and texture."""
    bars = range(4)
    line = [(beat * QUARTER, QUARTER, 72 + beat % 7) for beat in range(16)]
    chords = [(bar * 4 * QUARTER, 4 * QUARTER, pitch) for bar in bars for pitch in (48, 55, 60, 64)]
    kit = [(beat * QUARTER // 2, QUARTER // 4, (36, 42, 38, 42)[beat % 4]) for beat in range(32)]
    pedal = [Event(bar * 4 * QUARTER, b"\xb0\x40\x7f") for bar in bars]
    lifts = [Event(bar * 4 * QUARTER + 3 * QUARTER, b"\xb0\x40\x00") for bar in bars]
    return {
        "flute": piece(track(line, 73)),
        "piano with pedal": piece(track(line, 0, others=sorted((*pedal, *lifts)))),
        "band": piece(track(line, 65), track(chords, 48, 1), track([(o, d, p - 24) for o, d, p in chords], 33, 2)),
        "drums alone": piece(track(kit, 0, 9)),
        "in unison": piece(*(track(line, 0, channel) for channel in range(4))),
        "with much chorus": piece(track(chords, 81)),
        "hushed": piece(track(line, 73, others=[Event(0, b"\xb0\x07\x28")])),
    }


NAMES = ("flute", "piano with pedal", "band", "drums alone", "in unison", "with much chorus", "hushed")


def lufs(frames: F32) -> float:
    """Measure the integrated loudness."""
    meter = LoudnessMeter(RATE_HZ)
    meter.push(frames)
    return integrated_lufs(meter.energies())


def measured(target_lufs: float = -16.0) -> LoudnessTarget:
    """Return a target whose gain is measured."""
    return LoudnessTarget(target_lufs, LoudnessMethod.MEASURED)


@pytest.mark.parametrize("name", NAMES)
def test_a_prediction_is_near_and_nothing_clips(pieces: Pieces, render: Make, name: str) -> None:
    audio = render(pieces[name], loudness=LoudnessTarget())
    assert lufs(audio.frames) == pytest.approx(-16.0, abs=PREDICTED_LU)
    assert audio.peak <= CEILING + 1e-4
    assert audio.header.loudness_lufs == pytest.approx(-16.0, abs=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_a_measurement_is_right_and_nothing_clips(pieces: Pieces, render: Make, name: str) -> None:
    audio = render(pieces[name], loudness=measured())
    assert lufs(audio.frames) == pytest.approx(-16.0, abs=MEASURED_LU)
    assert audio.peak <= CEILING + 1e-4
    assert audio.header.loudness_lufs == pytest.approx(-16.0, abs=MEASURED_LU)


@pytest.mark.parametrize("target_lufs", [-40.0, -23.0])
def test_other_targets(pieces: Pieces, render: Make, target_lufs: float) -> None:
    assert lufs(render(pieces["band"], loudness=LoudnessTarget(target_lufs)).frames) == pytest.approx(
        target_lufs, abs=1.0
    )
    exact = render(pieces["band"], loudness=measured(target_lufs))
    assert lufs(exact.frames) == pytest.approx(target_lufs, abs=0.1)


def test_the_gain_is_one_for_the_whole_piece(piece: Make, track: Make, render: Make) -> None:
    soft_then_loud = piece(
        track([(beat * QUARTER, QUARTER, 72) for beat in range(8)], 73, others=[Event(0, b"\xb0\x0b\x40")]),
        track([(beat * QUARTER, QUARTER, 72) for beat in range(8, 16)], 73, 1),
    )
    plain, leveled = render(soft_then_loud, gain=0.1), render(soft_then_loud, loudness=LoudnessTarget(-30.0))
    ratio = leveled.header.gain / 0.1
    np.testing.assert_allclose(leveled.frames, plain.frames * ratio, atol=3e-5 * (1 + ratio))


def test_the_gain_that_was_found_gives_the_same_bytes(pieces: Pieces, render: Make) -> None:
    for loudness in (LoudnessTarget(), measured()):
        found = render(pieces["band"], loudness=loudness)
        assert render(pieces["band"], gain=found.header.gain).data == found.data


def test_a_piece_is_as_loud_whatever_was_rendered_before(
    pieces: Pieces, render: Make, pipeline: RenderPipeline
) -> None:
    fresh = NoteProfileCache(LoadedSoundFont(pipeline.soundfonts.find("")))
    for name in ("band", "flute"):
        render(pieces[name], loudness=LoudnessTarget())
    known = pipeline.soundfonts.note_profiles(pipeline.soundfonts.find(""))
    notes = [InstrumentNote(program, False, key, 96) for program in (48, 0, 73) for key in range(60, 72)]
    known.get(notes[::-1])
    for note in notes[::5]:
        np.testing.assert_array_equal(fresh.get([note])[note].energies, known.get([note])[note].energies)
    sends = EffectSends(81, False, 0, 0)
    assert fresh.effect_gain(sends, Effects()) == known.effect_gain(sends, Effects())


def test_effects_raise_the_predicted_loudness(pipeline: RenderPipeline) -> None:
    profiles = pipeline.soundfonts.note_profiles(pipeline.soundfonts.find(""))
    flute, brass, saw = EffectSends(73, False, 0, 0), EffectSends(61, False, 0, 0), EffectSends(81, False, 0, 0)
    off = Effects(Reverb(level=0.0), Chorus(level=0.0))
    assert (
        profiles.effect_gain(flute, off)
        == profiles.effect_gain(saw, off)
        == profiles.effect_gain(flute, Effects())
        == 1.0
    )
    assert 1.5 < profiles.effect_gain(brass, Effects(Reverb(1.0, 1.0, width=1.0))) < 4
    assert profiles.effect_gain(saw, Effects()) > 10
    assert profiles.effect_gain(flute._replace(chorus=15), Effects()) > 1.5


def test_silence_is_not_amplified(a4: Make, render: Make) -> None:
    for loudness in (LoudnessTarget(), measured()):
        audio = render(a4(Event(0, b"\xb0\x07\x00")), loudness=loudness)
        assert (audio.peak, audio.header.gain) == (pytest.approx(0, abs=1e-4), 0.5)
    assert gain_for_target(SILENCE_LUFS, -16.0) == (0.5, SILENCE_LUFS)
    assert gain_for_target(-60.0, -16.0).gain == 10.0
    assert gain_for_target(-60.0, -16.0).lufs == pytest.approx(-33.98, abs=0.01)


def test_measure_predicts_the_gain(pieces: Pieces, pipeline: RenderPipeline, render: Make) -> None:
    predicted = pipeline.measure(pieces["band"], AudioFormat.WAV, RenderSettings()).header
    assert predicted == render(pieces["band"], loudness=LoudnessTarget()).header
    assert pipeline.measure(pieces["band"], AudioFormat.WAV, RenderSettings(loudness=measured())).header.gain == 0.0


def test_targets_out_of_range() -> None:
    for target in (-41.0, -9.0, float("nan")):
        with pytest.raises(InvalidInput, match=r"target lufs is .*; it can be -40 to -10"):
            LoudnessTarget(target)


def test_a_measurement_can_be_cancelled(pieces: Pieces, pipeline: RenderPipeline, track: Make, piece: Make) -> None:
    quarters: list[Any] = [(beat * QUARTER, QUARTER, 60) for beat in range(1200)]
    long: Track = track(quarters)
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled, match="cancelled the rendering"):
        next(pipeline.render(cancelled, piece(long), AudioFormat.WAV, RenderSettings(loudness=measured())))
