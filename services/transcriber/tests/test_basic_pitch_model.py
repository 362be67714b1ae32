"""basic-pitch's network, and the windows laid over a recording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import pytest
from servicekit.faults import ModelMismatch
from transcriber.constants import EDGE_FRAMES, HOP, KEPT_FRAMES, LOWEST_PITCH, PITCHES, WINDOW_SAMPLES
from transcriber.note_detection import basic_pitch_model as module
from transcriber.note_detection.basic_pitch_model import Listener, join, model_path, n_windows

Make = Callable[..., Any]
A4 = 69 - LOWEST_PITCH


@pytest.mark.parametrize("samples", [1, HOP, KEPT_FRAMES * HOP - 1, KEPT_FRAMES * HOP, 100_000])
def test_every_frame_is_heard_once(listener: Listener, samples: int) -> None:
    windows = list(listener.windows(np.zeros(samples, np.float32)))
    heard = join(windows)
    assert len(windows) == n_windows(samples)
    assert {each.shape for each in heard} == {(samples // HOP + 1, PITCHES)}


def test_a_note_is_heard_where_it_plays(listener: Listener, play: Make) -> None:
    heard = join(list(listener.windows(play([(1.0, 2.5, 69)]))))
    second = 22_050 / HOP
    assert int(heard.onsets[:, A4].argmax()) == pytest.approx(second, abs=3)
    playing = heard.notes[int(1.2 * second) : int(2.3 * second)]
    assert (playing.argmax(axis=1) == A4).all()
    assert heard.notes[: int(0.8 * second), A4].max() < 0.3


def test_windows_agree_with_the_network_itself(listener: Listener, play: Make) -> None:
    audio = play([(0.3, 1.0, 60), (1.0, 4.0, 67)])
    session = onnxruntime.InferenceSession(str(model_path()), providers=["CPUExecutionProvider"])
    second = np.zeros(WINDOW_SAMPLES, np.float32)
    start = (KEPT_FRAMES - EDGE_FRAMES) * HOP
    part = audio[start : start + WINDOW_SAMPLES]
    second[: len(part)] = part
    (note,) = session.run(["StatefulPartitionedCall:1"], {"serving_default_input_2:0": second[None, :, None]})
    heard = join(list(listener.windows(audio)))
    kept = note[0, EDGE_FRAMES : EDGE_FRAMES + KEPT_FRAMES]
    assert np.abs(heard.notes[KEPT_FRAMES : 2 * KEPT_FRAMES] - kept).max() < 1e-4


def test_windows_join_without_a_seam(listener: Listener, play: Make) -> None:
    """A recording that begins elsewhere is cut elsewhere, and is heard alike."""
    audio = play([(0.2, 1.4, 57), (0.9, 3.0, 64), (2.0, 4.0, 69)])
    shift = 60
    whole = join(list(listener.windows(audio)))
    shifted = join(list(listener.windows(np.concatenate((np.zeros(shift * HOP, np.float32), audio)))))
    difference = np.abs(whole.notes - shifted.notes[shift : shift + len(whole.notes)])
    assert np.quantile(difference, 0.99) < 0.1


def test_another_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MODEL", "nowhere.onnx")
    with pytest.raises(ModelMismatch, match=r"basic-pitch 0\.4\.0"):
        Listener()
