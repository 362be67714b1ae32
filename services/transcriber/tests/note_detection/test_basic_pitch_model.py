"""basic-pitch's network, and the windows of a recording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import pytest
from servicekit.faults import ModelMismatch
from transcriber.constants import EDGE_FRAMES, HOP_SAMPLES, LOWEST_PITCH, N_PITCHES, VALID_FRAMES, WINDOW_SAMPLES
from transcriber.note_detection import basic_pitch_model as module
from transcriber.note_detection.basic_pitch_model import BasicPitchModel, concatenate_windows, count_windows, model_path

Make = Callable[..., Any]
A4 = 69 - LOWEST_PITCH


@pytest.mark.parametrize(
    "samples", [1, HOP_SAMPLES, VALID_FRAMES * HOP_SAMPLES - 1, VALID_FRAMES * HOP_SAMPLES, 100_000]
)
def test_every_frame_occurs_once(basic_pitch: BasicPitchModel, samples: int) -> None:
    windows = list(basic_pitch.iter_posteriors(np.zeros(samples, np.float32)))
    posteriors = concatenate_windows(windows)
    assert len(windows) == count_windows(samples)
    assert {each.shape for each in posteriors} == {(samples // HOP_SAMPLES + 1, N_PITCHES)}


def test_a_note_is_detected_where_it_sounds(basic_pitch: BasicPitchModel, play: Make) -> None:
    posteriors = concatenate_windows(list(basic_pitch.iter_posteriors(play([(1.0, 2.5, 69)]))))
    second = 22_050 / HOP_SAMPLES
    assert int(posteriors.onsets[:, A4].argmax()) == pytest.approx(second, abs=3)
    playing = posteriors.notes[int(1.2 * second) : int(2.3 * second)]
    assert (playing.argmax(axis=1) == A4).all()
    assert posteriors.notes[: int(0.8 * second), A4].max() < 0.3


def test_windows_agree_with_the_network_itself(basic_pitch: BasicPitchModel, play: Make) -> None:
    audio = play([(0.3, 1.0, 60), (1.0, 4.0, 67)])
    session = onnxruntime.InferenceSession(str(model_path()), providers=["CPUExecutionProvider"])
    second = np.zeros(WINDOW_SAMPLES, np.float32)
    start = (VALID_FRAMES - EDGE_FRAMES) * HOP_SAMPLES
    part = audio[start : start + WINDOW_SAMPLES]
    second[: len(part)] = part
    (note,) = session.run(["StatefulPartitionedCall:1"], {"serving_default_input_2:0": second[None, :, None]})
    posteriors = concatenate_windows(list(basic_pitch.iter_posteriors(audio)))
    valid = note[0, EDGE_FRAMES : EDGE_FRAMES + VALID_FRAMES]
    assert np.abs(posteriors.notes[VALID_FRAMES : 2 * VALID_FRAMES] - valid).max() < 1e-4


def test_windows_join_without_gaps(basic_pitch: BasicPitchModel, play: Make) -> None:
    """A shifted recording is divided elsewhere, and has the same posteriors."""
    audio = play([(0.2, 1.4, 57), (0.9, 3.0, 64), (2.0, 4.0, 69)])
    shift = 60
    whole = concatenate_windows(list(basic_pitch.iter_posteriors(audio)))
    shifted = concatenate_windows(
        list(basic_pitch.iter_posteriors(np.concatenate((np.zeros(shift * HOP_SAMPLES, np.float32), audio))))
    )
    difference = np.abs(whole.notes - shifted.notes[shift : shift + len(whole.notes)])
    assert np.quantile(difference, 0.99) < 0.1


def test_another_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MODEL", "nowhere.onnx")
    with pytest.raises(ModelMismatch, match=r"basic-pitch 0\.4\.0"):
        BasicPitchModel()
