"""basic-pitch's network: probabilities of notes and onsets at each frame. The only module that imports ONNX Runtime.

The model is Spotify's own (Apache-2.0), read from the installed wheel of ``basic-pitch``; none of its Python code is
imported. Windows are placed so that their valid frames join without gaps or repetitions. In basic-pitch's own
implementation, frames drift by 0.7 in each window and are corrected afterwards by an empirical constant.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from score.arrays import F32
from servicekit.faults import ModelMismatch

from transcriber.constants import (
    CONTOUR_BINS_PER_SEMITONE,
    EDGE_FRAMES,
    HOP_SAMPLES,
    N_PITCHES,
    VALID_FRAMES,
    WINDOW_SAMPLES,
)

_MODEL = "saved_models/icassp_2022/nmp.onnx"
_INPUT = "serving_default_input_2:0"
_NOTE, _ONSET, _CONTOUR = (f"StatefulPartitionedCall:{number}" for number in (1, 2, 0))


class Posteriors(NamedTuple):
    """The network's outputs, each of shape (frames, N_PITCHES), float32, 0 to 1.

    Attributes
    ----------
    notes : ndarray
        Probability that the pitch sounds.
    onsets : ndarray
        Probability that a note begins.
    contours : ndarray
        The highest of the pitch's contour bins.
    """

    notes: F32
    onsets: F32
    contours: F32


class BasicPitchModel:
    """The loaded network.

    Parameters
    ----------
    threads : int
        Threads of ONNX Runtime within one window.

    Raises
    ------
    ModelMismatch
        If basic-pitch's wheel is not installed, or contains another model.
    """

    def __init__(self, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])
        (model_input,) = self._session.get_inputs()
        if model_input.name != _INPUT or model_input.shape[1] != WINDOW_SAMPLES:
            raise ModelMismatch("The installed basic-pitch holds another model: version 0.4.0 is needed.")

    def iter_posteriors(self, audio: F32) -> Iterator[Posteriors]:
        """Apply the network to a recording, window by window.

        Parameters
        ----------
        audio : ndarray, shape (samples,), float32
            Mono, at `SAMPLE_RATE_HZ`.

        Yields
        ------
        Posteriors
            The next `VALID_FRAMES` frames, fewer at the end; frame ``f`` is centered on sample ``f * HOP_SAMPLES``.
        """
        n_frames = len(audio) // HOP_SAMPLES + 1
        edge = EDGE_FRAMES * HOP_SAMPLES
        padded = np.pad(audio, (edge, WINDOW_SAMPLES + edge)).astype(np.float32)
        for first in range(0, n_frames, VALID_FRAMES):
            window = padded[first * HOP_SAMPLES : first * HOP_SAMPLES + WINDOW_SAMPLES]
            valid = slice(EDGE_FRAMES, EDGE_FRAMES + min(VALID_FRAMES, n_frames - first))
            note, onset, contour = (output[0, valid] for output in self._run(window))
            yield Posteriors(note, onset, contour.reshape(-1, N_PITCHES, CONTOUR_BINS_PER_SEMITONE).max(axis=2))

    def _run(self, window: F32) -> list[F32]:
        outputs: list[F32] = self._session.run((_NOTE, _ONSET, _CONTOUR), {_INPUT: window[None, :, None]})
        return outputs


def count_windows(n_samples: int) -> int:
    """Return the number of windows of a recording."""
    return -(-(n_samples // HOP_SAMPLES + 1) // VALID_FRAMES)


def model_path() -> Path:
    """Return the path of the model in basic-pitch's wheel, without importing it and its other back ends."""
    spec = importlib.util.find_spec("basic_pitch")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / _MODEL).is_file():
            return path
    raise ModelMismatch("basic-pitch's model is not installed: install basic-pitch 0.4.0.")


def concatenate_windows(windows: list[Posteriors]) -> Posteriors:
    """Concatenate the frames of successive windows."""
    return Posteriors(*(np.concatenate(parts) for parts in zip(*windows, strict=True)))
