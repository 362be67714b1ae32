"""The data set: passages of up to sixteen bars of the prepared corpus, in batches for the networks.

Windows are joined again step by step into the channels of `gan.network.dims`. Batches balance the styles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from gan.network.batch import Conditions, MusicBatch
from gan.network.channels import channel_states, last_note_events, repeat_sources, step_positions, to_channels
from gan.network.dims import (
    CHANNEL_ROLES,
    MAX_WINDOW_STEPS,
    METERS,
    N_FEATURES,
    N_TRAINING_WINDOWS,
    NO_SOURCE,
)
from gan.sampling.motif_lookup import trace_hints
from score import windows as score_windows
from score.arrays import F32, I16, I64, Bool
from score.encoding import BARS_PER_WINDOW, STEPS_PER_BAR
from score.roles import ROLES, Role

from .corpus import FEATURES, LABEL, Corpus
from .window_features import N_CHROMA_FEATURES

MIN_IN_KEY = 0.82
"""Share of a passage's beats and pitch classes that must be white keys; otherwise it modulates, or its key is wrong."""

MAX_STANDARD_SCORE = 2.5

HOP_WINDOWS = 2
"""Windows from the beginning of a passage to the beginning of the next."""

_IS_WHITE = np.array([1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1], np.float32)


def join_windows(corpus: Corpus, piece: int, start: int, count: int) -> dict[Role, I16]:
    """Return the events of consecutive windows of one piece, with the notes that sound across their boundaries.

    Parameters
    ----------
    corpus : Corpus
    piece : int
        Index of the piece.
    start : int
        First window, counted over the corpus.
    count : int
        Number of windows.
    """
    steps = score_windows.steps_per_window(METERS[corpus.pieces["meter"][piece]])
    known: list[Role] = [role for role, has in zip(ROLES, corpus.pieces["roles"][piece], strict=True) if has]
    part = slice(start, start + count)
    cut = {role: corpus.windows[role.value][part, :steps] for role in known}
    tied: dict[Role, Bool] = {
        role: corpus.windows[f"tied_{role.value}"][part] for role in known if role is not Role.DRUMS
    }
    return score_windows.join(cut, tied=tied)


def piece_channels(corpus: Corpus, piece: int) -> tuple[I64, I64, I64]:
    """Return the events, states and last notes of a whole piece: (steps, N_CHANNELS) each."""
    start, count = int(corpus.pieces["start"][piece]), int(corpus.pieces["count"][piece])
    events = to_channels(join_windows(corpus, piece, start, count))
    return events, channel_states(events), last_note_events(events)


@dataclass(frozen=True, slots=True)
class Passages:
    """Places of passages in the corpus.

    Attributes
    ----------
    start, count : ndarray, shape (n,), int64
        First window, counted over the corpus, and number of windows.
    piece : ndarray, shape (n,), int64
    features : ndarray, shape (n, N_FEATURES), float32
        The features of `gan.network.dims.FEATURES`, not yet standardized.
    """

    start: I64
    count: I64
    piece: I64
    features: F32

    def take(self, selected: npt.NDArray[Any]) -> Passages:
        """Select passages by index or mask."""
        return Passages(self.start[selected], self.count[selected], self.piece[selected], self.features[selected])


def cut_passages(corpus: Corpus, n_windows: int = N_TRAINING_WINDOWS) -> Passages:
    """Cut pieces into overlapping passages, the whole piece where it is shorter.

    Passages that are not in their key or hardly sound are left out.
    """
    rows: list[tuple[int, int, int]] = []
    for piece, (start, count) in enumerate(zip(corpus.pieces["start"], corpus.pieces["count"], strict=True)):
        own = min(int(count), n_windows)
        offsets = {*range(0, int(count) - own + 1, HOP_WINDOWS), int(count) - own}
        rows.extend((int(start) + offset, own, piece) for offset in sorted(offsets))
    table = np.array(rows, np.int64)
    is_clean = np.array([_is_clean(corpus, *row) for row in rows])
    features = np.stack([_measure(corpus, *row) for row in rows])
    return Passages(table[:, 0], table[:, 1], table[:, 2], features).take(is_clean)


def _is_clean(corpus: Corpus, start: int, count: int, piece: int) -> bool:
    known = corpus.pieces["roles"][piece]
    sounding = corpus.windows["sounding"][start : start + count][:, known].mean(0)
    features = corpus.windows[FEATURES][start : start + count, :3, :N_CHROMA_FEATURES].astype(np.float32)
    chroma = features.reshape(-1, 12).sum(0)
    in_key = (chroma * _IS_WHITE).sum() / max(chroma.sum(), 1.0)
    return bool(in_key >= MIN_IN_KEY and sounding.min() >= 0.5 and sounding.mean() >= 0.7)


def _measure(corpus: Corpus, start: int, count: int, piece: int) -> F32:
    """Return the onset density of the lead and of the other roles, and the lead's mean pitch in octaves."""
    known = corpus.pieces["roles"][piece].astype(np.float32)
    features = corpus.windows[FEATURES][start : start + count].astype(np.float32)
    sounding = corpus.windows["sounding"][start : start + count].astype(np.float32) * known
    onsets = features[..., N_CHROMA_FEATURES:-1].mean(-1) * sounding
    lead = max(float(sounding[:, 0].sum()), 1.0)
    others = max(float((sounding[:, 1:].max(0)).sum()), 1.0)
    backing = onsets[:, 1:].sum() / max(float(sounding.max(1).sum()), 1.0) / others
    register = (features[:, 0, -1] * sounding[:, 0]).sum() / lead
    return np.array([onsets[:, 0].sum() / lead, backing, register], np.float32)


@dataclass(frozen=True, slots=True)
class FeatureScale:
    """Mean and standard deviation of each feature within each style: (styles, N_FEATURES) each."""

    mean: F32
    deviation: F32

    def standardize(self, features: F32, style: I64) -> F32:
        """Return standard scores, clipped to `MAX_STANDARD_SCORE`."""
        scores = (features - self.mean[style]) / self.deviation[style]
        return np.clip(scores, -MAX_STANDARD_SCORE, MAX_STANDARD_SCORE).astype(np.float32)


def fit_feature_scale(corpus: Corpus, passages: Passages) -> FeatureScale:
    """Return the scale of the features over passages."""
    styles = corpus.pieces["style"][passages.piece]
    mean = np.zeros((len(corpus.styles), N_FEATURES), np.float32)
    deviation = np.ones_like(mean)
    for style in np.unique(styles):
        rows = passages.features[styles == style]
        mean[style], deviation[style] = rows.mean(0), np.maximum(rows.std(0), 0.01)
    return FeatureScale(mean, deviation)


@dataclass(frozen=True, slots=True)
class Batch:
    """Passages as the networks read them.

    Attributes
    ----------
    music : MusicBatch
    events : Tensor, shape (batch, steps, N_CHANNELS), int64
    conditions : Conditions
    mask : Tensor, shape (batch, steps)
        1 where there is music, 0 for padding.
    repeat_steps : Tensor, shape (batch, steps, N_REPEAT_SOURCES), int64
        The earlier steps that each step may repeat, or `NO_SOURCE`.
    bar_shares : Tensor, shape (batch, steps, bars)
        The share of each bar that each step is.
    """

    music: MusicBatch
    events: torch.Tensor
    conditions: Conditions
    mask: torch.Tensor
    repeat_steps: torch.Tensor
    bar_shares: torch.Tensor

    def take(self, rows: torch.Tensor) -> Batch:
        """Select rows, or repeat them."""
        music, conditions = self.music, self.conditions
        return Batch(
            MusicBatch(*(getattr(music, name)[rows] for name in MusicBatch.__slots__)),
            self.events[rows],
            Conditions(*(getattr(conditions, name)[rows] for name in Conditions.__slots__)),
            *(getattr(self, name)[rows] for name in ("mask", "repeat_steps", "bar_shares")),
        )

    def to(self, device: torch.device) -> Batch:
        """Move to a device."""
        music, conditions = self.music, self.conditions
        return Batch(
            MusicBatch(*(getattr(music, name).to(device) for name in MusicBatch.__slots__)),
            self.events.to(device),
            Conditions(*(getattr(conditions, name).to(device) for name in Conditions.__slots__)),
            *(getattr(self, name).to(device) for name in ("mask", "repeat_steps", "bar_shares")),
        )


class PassageDataset:
    """Passages of a corpus as batches.

    Parameters
    ----------
    corpus : Corpus
    passages : Passages
    scale : FeatureScale
    n_windows : int
        Windows of the longest passage; shorter ones are padded.
    """

    def __init__(
        self, corpus: Corpus, passages: Passages, scale: FeatureScale, n_windows: int = N_TRAINING_WINDOWS
    ) -> None:
        self.corpus, self.passages, self.scale = corpus, passages, scale
        self.n_steps = MAX_WINDOW_STEPS * n_windows
        style = corpus.pieces["style"][passages.piece]
        sizes = np.bincount(style, minlength=len(corpus.styles))
        piece_size = np.bincount(passages.piece, minlength=len(corpus.pieces["start"]))
        # A style weighs as the square root of its number of passages, and all pieces of a style weigh the same.
        per_style = np.bincount(style, weights=1 / piece_size[passages.piece], minlength=len(corpus.styles))
        weights = sizes[style] ** 0.5 / piece_size[passages.piece] / per_style[style]
        self._probabilities = weights / weights.sum()
        self._channels = {int(piece): piece_channels(corpus, int(piece)) for piece in np.unique(passages.piece)}

    def iter_batches(self, size: int, rng: np.random.Generator, role_dropout: float = 0.0) -> Iterator[Batch]:
        """Yield random batches without end.

        Parameters
        ----------
        size : int
            Passages in a batch.
        rng : numpy.random.Generator
        role_dropout : float
            Probability that a role is left out of a passage, 0 to 1.
        """
        while True:
            yield self.collate(rng.choice(len(self._probabilities), size, p=self._probabilities), rng, role_dropout)

    def collate(self, indices: I64, rng: np.random.Generator, role_dropout: float = 0.0) -> Batch:
        """Return a batch of the passages with these indices; see `iter_batches`.

        Parameters
        ----------
        indices : ndarray, shape (batch,), int64
        rng : numpy.random.Generator
        role_dropout : float
        """
        rows = [self._row(index, rng, role_dropout) for index in indices]
        parts = {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}
        music = MusicBatch(
            parts["previous_states"],
            parts["states"],
            parts["last_notes"],
            gather_repeats(parts["states"], parts["repeat_steps"]),
            gather_repeats(parts["events"], parts["repeat_steps"]),
            parts["repeat_steps"] != NO_SOURCE,
            copy_hints(parts["events"], parts["repeat_steps"], parts["last_notes"], parts["meter"]),
            parts["positions"],
        )
        conditions = Conditions(parts["style"], parts["mode"], parts["meter"], parts["features"], parts["roles"])
        return Batch(music, parts["events"], conditions, parts["mask"], parts["repeat_steps"], parts["bar_shares"])

    def _row(self, index: int, rng: np.random.Generator, role_dropout: float) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays of one passage, padded."""
        start, count, piece = (
            int(values[index]) for values in (self.passages.start, self.passages.count, self.passages.piece)
        )
        entry = {name: values[piece] for name, values in self.corpus.pieces.items()}
        meter = METERS[entry["meter"]]
        window_steps = score_windows.steps_per_window(meter)
        first = start - int(entry["start"])
        roles = _drop_roles(entry["roles"], rng, role_dropout)
        plays = np.array([roles[ROLES.index(role)] for role in CHANNEL_ROLES])
        part = slice(first * window_steps, (first + count) * window_steps)
        events, states, last_notes = (values[part] * plays for values in self._channels[piece])
        all_states = self._channels[piece][1]
        initial = states[:1] * 0 if first == 0 else all_states[part.start - 1 : part.start] * plays
        labels = self.corpus.windows[LABEL][start : start + count]
        first_bar, n_total_bars = BARS_PER_WINDOW * first, BARS_PER_WINDOW * int(entry["length"])
        n_bars = BARS_PER_WINDOW * count
        style = np.array(entry["style"], np.int64)
        return {
            "events": self._pad(events),
            "states": self._pad(states),
            "previous_states": self._pad(np.concatenate([initial, states[:-1]])),
            "positions": self._pad(step_positions(meter, first_bar, n_bars, n_total_bars)),
            "last_notes": self._pad(last_notes),
            "repeat_steps": self._pad(repeat_sources(labels, meter), NO_SOURCE),
            "mask": self._pad(np.ones(count * window_steps, np.float32)),
            "bar_shares": self._pad(_bar_shares(meter, n_bars, BARS_PER_WINDOW * self.n_steps // MAX_WINDOW_STEPS)),
            "style": style,
            "mode": np.array(entry["mode"], np.int64),
            "meter": np.array(entry["meter"], np.int64),
            "features": self.scale.standardize(self.passages.features[index], style),
            "roles": roles.astype(np.float32),
        }

    def _pad(self, values: npt.NDArray[Any], filling: int = 0) -> npt.NDArray[Any]:
        missing = [(0, self.n_steps - len(values)), *[(0, 0)] * (values.ndim - 1)]
        return np.pad(values, missing, constant_values=filling)


def _drop_roles(roles: Bool, rng: np.random.Generator, probability: float) -> Bool:
    """Leave out each role with some probability, but never all of them."""
    remaining = np.asarray(roles & (rng.random(len(roles)) >= probability))
    return remaining if remaining.any() else roles


def _bar_shares(meter: str, n_bars: int, max_bars: int) -> F32:
    """Return the share of each bar that each step is: (steps, max_bars)."""
    bar_steps = STEPS_PER_BAR[meter]
    bars = np.arange(n_bars * bar_steps) // bar_steps
    shares: F32 = np.eye(max_bars, dtype=np.float32)[bars] / np.float32(bar_steps)
    return shares


def gather_repeats(values: torch.Tensor, repeat_steps: torch.Tensor) -> torch.Tensor:
    """Return the values at the steps that may be repeated: (batch, steps, N_REPEAT_SOURCES, N_CHANNELS)."""
    batch = torch.arange(len(values), device=values.device)[:, None, None]
    return values[batch, repeat_steps.clamp_min(0)]


def copy_hints(
    events: torch.Tensor, repeat_steps: torch.Tensor, last_notes: torch.Tensor, meter: torch.Tensor
) -> torch.Tensor:
    """Return the copy hints of known music, see `gan.sampling.motif_lookup.trace_hints`.

    Parameters
    ----------
    events : Tensor, shape (batch, steps, N_CHANNELS), int64
    repeat_steps : Tensor, shape (batch, steps, N_REPEAT_SOURCES), int64
    last_notes : Tensor, shape (batch, steps, N_CHANNELS), int64
        Of the first step, the note events before the passage are taken.
    meter : Tensor, shape (batch,), int64

    Returns
    -------
    Tensor, shape (batch, steps, N_CHANNELS, N_COPY_HINTS), int64
    """
    half_bars = _HALF_BAR_STEPS[meter.cpu().numpy()]
    hints = trace_hints(events.cpu().numpy(), repeat_steps.cpu().numpy(), last_notes[:, 0].cpu().numpy(), half_bars)
    return torch.from_numpy(hints).to(events.device)


_HALF_BAR_STEPS = np.array([STEPS_PER_BAR[meter] // 2 for meter in METERS])
