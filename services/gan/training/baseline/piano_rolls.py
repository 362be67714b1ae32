"""Piano rolls of phrases, for the baseline: windows of the corpus as binary rolls, and rolls as the events of a grid.

A phrase is eight bars of 4/4 in sixteenths. Three pitched roles span six octaves; drums are by class. A roll does not
distinguish a repeated note from a held one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from gan.network.dims import METERS
from score.arrays import I16, I32, I64, U8, Bool
from score.encoding import BARS_PER_WINDOW, DEFAULT_VELOCITY, N_DRUM_CLASSES, N_VOICES, STEPS_PER_BAR, sounding_pitch
from score.quantization import codec
from score.roles import PITCHED_ROLES, Role
from torch import Tensor

from ..data.corpus import Corpus
from ..data.window_features import voices_first

METER = "4/4"
N_BARS, BAR_STEPS = 8, STEPS_PER_BAR["4/4"]
N_WINDOWS = N_BARS // BARS_PER_WINDOW
"""Windows in a phrase."""

LOWEST_PITCH, N_PITCHES = 24, 72
"""Six octaves, C1 to B6; the few notes outside are moved into them by octaves."""

N_OCTAVES = N_PITCHES // 12
N_PITCHED_ROLES = len(PITCHED_ROLES)


class Rolls(NamedTuple):
    """Phrases as piano rolls, values 0 to 1.

    Attributes
    ----------
    pitched : Tensor, shape (n, 128, 72, 3)
        Steps, pitches, and roles in the order of `PITCHED_ROLES`.
    drums : Tensor, shape (n, 128, 9, 1)
    """

    pitched: Tensor
    drums: Tensor


def encode_windows(corpus: Corpus, rows: I64) -> tuple[U8, U8]:
    """Return windows of 4/4 as binary rolls.

    Parameters
    ----------
    corpus : Corpus
    rows : ndarray, shape (n,), int64

    Returns
    -------
    tuple of ndarray, uint8
        Pitched, shape (n, 32, 72, 3), in the order of `PITCHED_ROLES`; drums, shape (n, 32, 9, 1).
    """
    pitched = np.zeros((len(rows), BARS_PER_WINDOW * BAR_STEPS, N_PITCHES, N_PITCHED_ROLES), np.uint8)
    for column, role in enumerate(PITCHED_ROLES):
        sounding = sounding_pitch(voices_first(corpus.windows[role.value][rows]), axis=-1)
        window, _, step = np.nonzero(sounding)
        pitched[window, step, _roll_rows(sounding[sounding > 0]), column] = 1
    masks = corpus.windows[Role.DRUMS.value][rows]
    drums = (masks[..., None] >> np.arange(N_DRUM_CLASSES)) & 1
    return pitched, drums[..., None].astype(np.uint8)


def _roll_rows(pitches: I16) -> I64:
    """Return the rows of pitches in a roll, those outside moved by octaves."""
    rows = pitches.astype(np.int64) - LOWEST_PITCH
    is_low, is_high = rows < 0, rows >= N_PITCHES
    return np.where(is_low | is_high, rows % 12 + np.where(is_high, N_PITCHES - 12, 0), rows)


def decode_rolls(pitched: Bool, drums: Bool) -> dict[Role, I16]:
    """Return one piece's rolls as the events of a grid; a run of sounding steps is one note.

    Parameters
    ----------
    pitched : ndarray, shape (steps, 72, 3), bool
        The lead keeps its highest pitch, the bass its lowest, the harmony its four highest.
    drums : ndarray, shape (steps, 9), bool

    Returns
    -------
    dict of Role to ndarray, int16
        Shape (steps,), for harmony (steps, 4); see `score.encoding`.
    """
    lead, harmony, bass = (pitched[..., column] for column in range(N_PITCHED_ROLES))
    rolls = {Role.LEAD: _highest(lead, 1), Role.HARMONY: _highest(harmony, N_VOICES)}
    rolls[Role.BASS] = _highest(bass[:, ::-1], 1)[:, ::-1]
    events = {role: codec.encode(role, _note_table(roll), len(roll)).events for role, roll in rolls.items()}
    events[Role.DRUMS] = (drums << np.arange(N_DRUM_CLASSES)).sum(1).astype(np.int16)
    return events


def _highest(roll: Bool, n_pitches: int) -> Bool:
    """Return a roll with only the highest pitches of each step."""
    n_above = np.cumsum(roll[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(roll & (n_above <= n_pitches))


def _note_table(roll: Bool) -> I32:
    """Return the runs of a roll as notes: (n, 4), see `score.quantization.note_table`."""
    change = np.diff(np.pad(roll.T.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    pitch, onset = np.nonzero(change > 0)
    end = np.nonzero(change < 0)[1]
    table = np.stack([onset, end, pitch + LOWEST_PITCH, np.full_like(onset, DEFAULT_VELOCITY)], axis=1)
    return np.asarray(table[np.lexsort((pitch, onset))], np.int32)


def styles_in_meter(corpus: Corpus) -> list[str]:
    """Return the styles that have a training phrase of 4/4."""
    found = corpus.pieces["style"][_has_phrase(corpus)]
    return [name for index, name in enumerate(corpus.styles) if index in found]


def _has_phrase(corpus: Corpus) -> Bool:
    """Return which pieces have a training phrase."""
    pieces = corpus.pieces
    is_long = pieces["count"] >= N_WINDOWS
    return np.asarray(is_long & (pieces["meter"] == METERS.index(METER)) & ~pieces["held_out"])


class PhraseDataset:
    """Training phrases of 4/4: eight bars from every second bar of every piece that is not held out.

    Parameters
    ----------
    corpus : Corpus
    styles : sequence of str
        Ids of the styles to learn, in the order of the networks' embeddings.

    Raises
    ------
    ValueError
        If these styles have no phrase.
    """

    def __init__(self, corpus: Corpus, styles: Sequence[str]) -> None:
        index = [corpus.styles.index(name) for name in styles]
        pieces = corpus.pieces
        rows: list[int] = []
        starts: list[int] = []
        style: list[int] = []
        for piece in np.flatnonzero(_has_phrase(corpus) & np.isin(pieces["style"], index)):
            first, count = len(rows), int(pieces["count"][piece])
            rows += range(pieces["start"][piece], pieces["start"][piece] + count)
            starts += range(first, first + count - N_WINDOWS + 1)
            style += [index.index(pieces["style"][piece])] * (count - N_WINDOWS + 1)
        if not starts:
            raise ValueError(f"no phrase of {METER} in {', '.join(styles)}")
        self.pitched, self.drums = (torch.from_numpy(part) for part in encode_windows(corpus, np.array(rows, np.int64)))
        self.starts, self.style = torch.tensor(starts), torch.tensor(style)
        # A style weighs as the square root of its number of phrases: otherwise the largest would dominate.
        self.weights = torch.bincount(self.style).double()[self.style] ** -0.5

    def sample(self, size: int, random: torch.Generator) -> tuple[Rolls, Tensor]:
        """Return random phrases, and the index of each one's style."""
        selected = torch.multinomial(self.weights, size, replacement=True, generator=random)
        rows = self.starts[selected][:, None] + torch.arange(N_WINDOWS)
        rolls = Rolls(self.pitched[rows].flatten(1, 2).float(), self.drums[rows].flatten(1, 2).float())
        return rolls, self.style[selected]
