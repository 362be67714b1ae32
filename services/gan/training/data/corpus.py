"""The prepared corpus: windows of all pieces end to end, and a table of the pieces, as `prepare` writes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

WINDOWS_NAME, STYLES_NAME = "windows.npz", "styles.json"

WINDOW_PREFIX, PIECE_PREFIX = "w_", "p_"
"""Prefixes of the names of arrays in the file: over windows, over pieces."""

FEATURES, LABEL = "heard", "letter"
"""Names of two arrays over windows: their features, and which windows of a piece are alike."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """All windows and all pieces.

    Attributes
    ----------
    windows : dict of str to ndarray
        Over windows: ``lead``, ``harmony``, ``bass`` and ``drums``, shape (n, 32), harmony (n, 32, 4), int16, as
        `score.windows.split` returns them, padded; ``tied_lead`` and so on, (n,), harmony (n, 4), bool; ``sounding``
        (n, 4) bool; `FEATURES` (n, 4, N_WINDOW_FEATURES) float16, see `window_features`; `LABEL` (n,) int32.
    pieces : dict of str to ndarray
        Over pieces: ``start`` and ``count``, the windows of a piece; ``length``, how many it had before it was cut;
        ``style``, ``mode`` (1 is minor) and ``meter``, int; ``tempo`` float32; ``roles`` (n, 4) bool; ``held_out`` and
        ``synthetic``, bool.
    styles : list of str
        Ids of the styles, in the order of the embedding.
    """

    windows: dict[str, npt.NDArray[Any]]
    pieces: dict[str, npt.NDArray[Any]]
    styles: list[str]


def load_corpus(folder: Path, *, with_features: bool = True) -> Corpus:
    """Read what `prepare` wrote.

    Parameters
    ----------
    folder : Path
        Holds ``windows.npz`` and ``styles.json``.
    with_features : bool
        Whether `FEATURES`, the largest array, is read too.
    """
    arrays = np.load(folder / WINDOWS_NAME)
    names = [name for name in arrays.files if with_features or name != WINDOW_PREFIX + FEATURES]
    windows, pieces = (
        {name.removeprefix(prefix): arrays[name] for name in names if name.startswith(prefix)}
        for prefix in (WINDOW_PREFIX, PIECE_PREFIX)
    )
    return Corpus(windows, pieces, [style["id"] for style in read_styles(folder)])


def read_styles(folder: Path) -> list[dict[str, Any]]:
    """Read the statistics of each style, in the order of the embedding."""
    styles: list[dict[str, Any]] = json.loads((folder / STYLES_NAME).read_text())
    return styles
