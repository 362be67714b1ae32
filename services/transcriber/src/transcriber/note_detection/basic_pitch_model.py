"""basic-pitch's network: what sounds, and what begins, at each frame. The one module that knows ONNX.

The model is Spotify's own (Apache-2.0), read from the installed wheel of ``basic-pitch``; nothing of its Python code
is imported. Windows are laid so that their kept frames join without a gap or a repetition, which basic-pitch's own
windows do not: its frames drift by 0.7 in each window, and are put right afterwards by an empirical number.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from servicekit.faults import ModelMismatch

from transcriber.constants import (
    CONTOUR_BINS,
    EDGE_FRAMES,
    HOP,
    KEPT_FRAMES,
    PITCHES,
    WINDOW_SAMPLES,
    Floats,
)

_MODEL = "saved_models/icassp_2022/nmp.onnx"
_INPUT = "serving_default_input_2:0"
_NOTE, _ONSET, _CONTOUR = (f"StatefulPartitionedCall:{number}" for number in (1, 2, 0))


class Posteriors(NamedTuple):
    """What the network hears, each of shape (frames, PITCHES), float32, 0 to 1.

    ``notes``: the pitch sounds. ``onsets``: a note begins. ``contours``: the strongest of the pitch's contour bins.
    """

    notes: Floats
    onsets: Floats
    contours: Floats


class Listener:
    """The network, loaded once.

    Parameters
    ----------
    threads : int
        Threads of one window's arithmetic.

    Raises
    ------
    ModelMismatch
        If basic-pitch's wheel is not installed, or holds another model.
    """

    def __init__(self, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])
        (given,) = self._session.get_inputs()
        if given.name != _INPUT or given.shape[1] != WINDOW_SAMPLES:
            raise ModelMismatch("The installed basic-pitch holds another model: version 0.4.0 is needed.")

    def windows(self, audio: Floats) -> Iterator[Posteriors]:
        """Listen to a recording, window by window.

        Parameters
        ----------
        audio : ndarray, shape (samples,), float32
            Mono, at `SAMPLE_RATE_HZ`.

        Yields
        ------
        Posteriors
            Of the next `KEPT_FRAMES` frames, fewer at the end; frame ``f`` is centred on sample ``f * HOP``.
        """
        n_frames = len(audio) // HOP + 1
        edge = EDGE_FRAMES * HOP
        padded = np.pad(audio, (edge, WINDOW_SAMPLES + edge)).astype(np.float32)
        for first in range(0, n_frames, KEPT_FRAMES):
            window = padded[first * HOP : first * HOP + WINDOW_SAMPLES]
            kept = slice(EDGE_FRAMES, EDGE_FRAMES + min(KEPT_FRAMES, n_frames - first))
            note, onset, contour = (output[0, kept] for output in self._run(window))
            yield Posteriors(note, onset, contour.reshape(-1, PITCHES, CONTOUR_BINS).max(axis=2))

    def _run(self, window: Floats) -> list[Floats]:
        outputs: list[Floats] = self._session.run((_NOTE, _ONSET, _CONTOUR), {_INPUT: window[None, :, None]})
        return outputs


def n_windows(samples: int) -> int:
    """Tell how many windows a recording has."""
    return -(-(samples // HOP + 1) // KEPT_FRAMES)


def model_path() -> Path:
    """Find the model in basic-pitch's wheel without importing it, which would pull in its other back ends."""
    spec = importlib.util.find_spec("basic_pitch")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / _MODEL).is_file():
            return path
    raise ModelMismatch("basic-pitch's model is not installed: install basic-pitch 0.4.0.")


def join(windows: list[Posteriors]) -> Posteriors:
    """Put the windows' frames in one row."""
    return Posteriors(*(np.concatenate(parts) for parts in zip(*windows, strict=True)))
