"""Piano rolls of phrases, for the baseline: the corpus's windows as binary rolls, and rolls as the events of a grid.

Eight bars of 4/4 on the grid of sixteenths: three pitched roles over six octaves, drums by class. A roll does not know
a repeated note from a held one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from score.arrays import I16, I32, I64, U8, Bool
from score.encoding import DEFAULT_VELOCITY, N_DRUM_CLASSES, N_VOICES, sounding_pitch
from score.quantization import codec
from score.roles import PITCHED_ROLES, Role
from torch import Tensor

from ..data.window_features import voices
from ..evaluation.reference_sets import METERS, Corpus

METER = "4/4"
BARS, BAR_STEPS = 8, 16
PHRASE_WINDOWS = 4
"""Windows of two bars in a phrase."""

LOWEST, PITCHES = 24, 72
"""Six octaves from C1 to B6; the few notes outside are moved into them by octaves."""

OCTAVES = PITCHES // 12
PITCHED = len(PITCHED_ROLES)


class Rolls(NamedTuple):
    """Phrases as piano rolls, 0 to 1: pitched (n, 128, 72, 3) and drums (n, 128, 9, 1)."""

    pitched: Tensor
    drums: Tensor


def roll_of_windows(corpus: Corpus, rows: I64) -> tuple[U8, U8]:
    """Draw windows of 4/4 as binary rolls.

    Parameters
    ----------
    corpus : Corpus
    rows : ndarray, shape (n,), int64

    Returns
    -------
    tuple of ndarray, uint8
        Pitched, shape (n, 32, 72, 3), in the order of `PITCHED_ROLES`; drums, shape (n, 32, 9, 1).
    """
    pitched = np.zeros((len(rows), 2 * BAR_STEPS, PITCHES, PITCHED), np.uint8)
    for column, role in enumerate(PITCHED_ROLES):
        sounding = sounding_pitch(voices(corpus.windows[role.value][rows]), axis=-1)
        window, _, step = np.nonzero(sounding)
        pitched[window, step, _fold(sounding[sounding > 0]), column] = 1
    masks = corpus.windows[Role.DRUMS.value][rows]
    drums = (masks[..., None] >> np.arange(N_DRUM_CLASSES)) & 1
    return pitched, drums[..., None].astype(np.uint8)


def _fold(pitches: I16) -> I64:
    """Say where pitches stand in a roll, those outside moved by octaves."""
    at = pitches.astype(np.int64) - LOWEST
    low, high = at < 0, at >= PITCHES
    return np.where(low | high, at % 12 + np.where(high, PITCHES - 12, 0), at)


def events_of_roll(pitched: Bool, drums: Bool) -> dict[Role, I16]:
    """Turn one piece's rolls into the events of a grid: a run of sounding steps is one note.

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
    lead, harmony, bass = (pitched[..., column] for column in range(PITCHED))
    kept = {Role.LEAD: _highest(lead, 1), Role.HARMONY: _highest(harmony, N_VOICES)}
    kept[Role.BASS] = _highest(bass[:, ::-1], 1)[:, ::-1]
    events = {role: codec.encode(role, _runs(roll), len(roll)).events for role, roll in kept.items()}
    events[Role.DRUMS] = (drums << np.arange(N_DRUM_CLASSES)).sum(1).astype(np.int16)
    return events


def _highest(roll: Bool, count: int) -> Bool:
    """Keep so many of the highest pitches of each step."""
    above = np.cumsum(roll[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(roll & (above <= count))


def _runs(roll: Bool) -> I32:
    """List the runs of a roll as notes: (n, 4), see `score.quantization.note_table`."""
    change = np.diff(np.pad(roll.T.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    pitch, onset = np.nonzero(change > 0)
    end = np.nonzero(change < 0)[1]
    table = np.stack([onset, end, pitch + LOWEST, np.full_like(onset, DEFAULT_VELOCITY)], axis=1)
    return np.asarray(table[np.lexsort((pitch, onset))], np.int32)


def styles_in_meter(corpus: Corpus) -> list[str]:
    """List the styles that have a training phrase of 4/4."""
    found = corpus.pieces["style"][_usable(corpus)]
    return [name for index, name in enumerate(corpus.styles) if index in found]


def _usable(corpus: Corpus) -> Bool:
    """Mark the pieces that hold a training phrase."""
    pieces = corpus.pieces
    is_long = pieces["count"] >= PHRASE_WINDOWS
    return np.asarray(is_long & (pieces["meter"] == METERS.index(METER)) & ~pieces["held_out"])


class Phrases:
    """Training phrases of 4/4: eight bars from every second bar of every piece that is not held out.

    Parameters
    ----------
    corpus : Corpus
    styles : sequence of str
        Ids of the styles to learn, in the order of the networks' embeddings.
    """

    def __init__(self, corpus: Corpus, styles: Sequence[str]) -> None:
        index = [corpus.styles.index(name) for name in styles]
        pieces = corpus.pieces
        rows: list[int] = []
        starts: list[int] = []
        style: list[int] = []
        for piece in np.flatnonzero(_usable(corpus) & np.isin(pieces["style"], index)):
            begin, count = len(rows), int(pieces["count"][piece])
            rows += range(pieces["start"][piece], pieces["start"][piece] + count)
            starts += range(begin, begin + count - PHRASE_WINDOWS + 1)
            style += [index.index(pieces["style"][piece])] * (count - PHRASE_WINDOWS + 1)
        if not starts:
            raise ValueError(f"no phrase of {METER} in {', '.join(styles)}")
        self.pitched, self.drums = (torch.from_numpy(a) for a in roll_of_windows(corpus, np.array(rows, np.int64)))
        self.starts, self.style = torch.tensor(starts), torch.tensor(style)
        # A style counts by the root of its size: as they stand, the largest would be nearly all that is learnt.
        self.chance = torch.bincount(self.style).double()[self.style] ** -0.5

    def draw(self, size: int, random: torch.Generator) -> tuple[Rolls, Tensor]:
        """Draw phrases, and the index of each one's style."""
        chosen = torch.multinomial(self.chance, size, replacement=True, generator=random)
        rows = self.starts[chosen][:, None] + torch.arange(PHRASE_WINDOWS)
        rolls = Rolls(self.pitched[rows].flatten(1, 2).float(), self.drums[rows].flatten(1, 2).float())
        return rolls, self.style[chosen]
