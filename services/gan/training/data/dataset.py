"""Music as the trainer reads it: stretches of up to sixteen bars, drawn evenly over styles.

`prepare` writes windows; here they are laid end to end again, step by step, in the channels of `gan.network.dims`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from gan.network.batch import Conditions, MusicBatch
from gan.network.channels import channel_states, last_note_events, repeat_sources, step_positions, to_channels
from gan.network.dims import CHANNEL_ROLES, MAX_WINDOW_STEPS, METERS, N_FEATURES, N_TRAINING_WINDOWS, N_WINDOW_BEATS
from gan.sampling.motif_lookup import trace_hints
from score import windows as score_windows
from score.arrays import F32, I16, I64, Bool
from score.encoding import STEPS_PER_BAR
from score.roles import ROLES, Role

MIN_IN_KEY = 0.82
"""Share of a chunk's beats and pitch classes that must be white keys: the rest modulates, or its key is wrong."""

WHITE = np.array([1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1], np.float32)


@dataclass(frozen=True, slots=True)
class Corpus:
    """All windows and pieces.

    Attributes
    ----------
    windows : dict of ndarray
        ``lead``, ``harmony``, ``bass``, ``drums`` (n, 32[, 4]) int16, ``tied_lead`` and its kin (n[, 4]) bool,
        ``sounding`` (n, 4) bool, ``heard`` (n, 4, N_WINDOW_FEATURES) float16, ``letter`` (n,) int32.
    pieces : dict of ndarray
        ``start``, ``count``, ``length`` (before it was cut short), ``style``, ``mode``, ``meter`` int,
        ``tempo`` float32, ``roles`` (p, 4) bool, ``held_out``, ``synthetic`` bool.
    styles : list of str
        Style ids, in the order of the embedding.
    """

    windows: dict[str, npt.NDArray[Any]]
    pieces: dict[str, npt.NDArray[Any]]
    styles: list[str]


def load_corpus(folder: Path) -> Corpus:
    """Read what `prepare` wrote."""
    arrays = np.load(folder / "windows.npz")
    names = json.loads((folder / "styles.json").read_text())
    windows = {name[2:]: arrays[name] for name in arrays.files if name.startswith("w_")}
    pieces = {name[2:]: arrays[name] for name in arrays.files if name.startswith("p_")}
    return Corpus(windows, pieces, [style["id"] for style in names])


def events_of(corpus: Corpus, piece: int, start: int, count: int) -> dict[Role, I16]:
    """Join windows ``start`` to ``start + count`` of the corpus, of one piece, with the notes that sound over."""
    steps = score_windows.steps_per_window(METERS[corpus.pieces["meter"][piece]])
    known: list[Role] = [role for role, has in zip(ROLES, corpus.pieces["roles"][piece], strict=True) if has]
    part = slice(start, start + count)
    cut = {role: corpus.windows[role.value][part, :steps] for role in known}
    tied: dict[Role, Bool] = {
        role: corpus.windows[f"tied_{role.value}"][part] for role in known if role is not Role.DRUMS
    }
    return score_windows.join(cut, tied=tied)


@dataclass(frozen=True, slots=True)
class Chunks:
    """Where each chunk begins, how long it is, its piece, and its features before they are standardised."""

    start: I64
    count: I64
    piece: I64
    features: F32

    def take(self, chosen: npt.NDArray[Any]) -> Chunks:
        """Select chunks by index or mask."""
        return Chunks(self.start[chosen], self.count[chosen], self.piece[chosen], self.features[chosen])


def cut(corpus: Corpus, length: int = N_TRAINING_WINDOWS) -> Chunks:
    """Cut pieces into overlapping chunks of so many windows (or the whole piece, where it is shorter).

    Left out are those that are out of their key or hardly sound.
    """
    rows: list[tuple[int, int, int]] = []
    for piece, (start, count) in enumerate(zip(corpus.pieces["start"], corpus.pieces["count"], strict=True)):
        own = min(int(count), length)
        offsets = {*range(0, int(count) - own + 1, 2), int(count) - own}
        rows.extend((int(start) + offset, own, piece) for offset in sorted(offsets))
    table = np.array(rows, np.int64)
    kept = np.array([_is_clean(corpus, *row) for row in rows])
    features = np.stack([_features(corpus, *row) for row in rows])
    return Chunks(table[:, 0], table[:, 1], table[:, 2], features).take(kept)


def _is_clean(corpus: Corpus, start: int, count: int, piece: int) -> bool:
    known = corpus.pieces["roles"][piece]
    sounding = corpus.windows["sounding"][start : start + count][:, known].mean(0)
    heard = corpus.windows["heard"][start : start + count, :3, : 12 * N_WINDOW_BEATS].astype(np.float32)
    chroma = heard.reshape(-1, 12).sum(0)
    in_key = (chroma * WHITE).sum() / max(chroma.sum(), 1.0)
    return bool(in_key >= MIN_IN_KEY and sounding.min() >= 0.5 and sounding.mean() >= 0.7)


def _features(corpus: Corpus, start: int, count: int, piece: int) -> F32:
    """Onset shares of the lead and of the other roles, and the lead's mean pitch in octaves from middle C."""
    known = corpus.pieces["roles"][piece].astype(np.float32)
    heard = corpus.windows["heard"][start : start + count].astype(np.float32)
    sounding = corpus.windows["sounding"][start : start + count].astype(np.float32) * known
    onsets = heard[..., 12 * N_WINDOW_BEATS : -1].mean(-1) * sounding
    lead = max(float(sounding[:, 0].sum()), 1.0)
    others = max(float((sounding[:, 1:].max(0)).sum()), 1.0)
    backing = onsets[:, 1:].sum() / max(float(sounding.max(1).sum()), 1.0) / others
    register = (heard[:, 0, -1] * sounding[:, 0]).sum() / lead
    return np.array([onsets[:, 0].sum() / lead, backing, register], np.float32)


@dataclass(frozen=True, slots=True)
class FeatureScale:
    """Mean and deviation of each feature within each style: (styles, N_FEATURES) each."""

    mean: F32
    deviation: F32

    def standardise(self, features: F32, style: I64) -> F32:
        """Turn raw features into standard scores, cut at 2.5."""
        scores = (features - self.mean[style]) / self.deviation[style]
        return np.clip(scores, -2.5, 2.5).astype(np.float32)


def measure_features(corpus: Corpus, chunks: Chunks) -> FeatureScale:
    """Measure the scale of features over chunks."""
    styles = corpus.pieces["style"][chunks.piece]
    mean = np.zeros((len(corpus.styles), N_FEATURES), np.float32)
    deviation = np.ones_like(mean)
    for style in np.unique(styles):
        rows = chunks.features[styles == style]
        mean[style], deviation[style] = rows.mean(0), np.maximum(rows.std(0), 0.01)
    return FeatureScale(mean, deviation)


@dataclass(frozen=True, slots=True)
class Batch:
    """Real music as the networks read it.

    ``events`` (batch, steps, N_CHANNELS) int64; ``mask`` (batch, steps) is 1 where there is music; ``origin``
    (batch, steps, N_REPEAT_SOURCES) are the steps that each may bring back, or -1; ``present``
    (batch, steps, BARS) the share of
    each bar.
    """

    music: MusicBatch
    events: torch.Tensor
    asked: Conditions
    mask: torch.Tensor
    origin: torch.Tensor
    present: torch.Tensor

    def take(self, rows: torch.Tensor) -> Batch:
        """Select rows, or repeat them."""
        music, asked = self.music, self.asked
        return Batch(
            MusicBatch(*(getattr(music, name)[rows] for name in MusicBatch.__slots__)),
            self.events[rows],
            Conditions(*(getattr(asked, name)[rows] for name in Conditions.__slots__)),
            *(getattr(self, name)[rows] for name in ("mask", "origin", "present")),
        )

    def to(self, device: torch.device) -> Batch:
        """Move to a device."""
        music, asked = self.music, self.asked
        return Batch(
            MusicBatch(*(getattr(music, name).to(device) for name in MusicBatch.__slots__)),
            self.events.to(device),
            Conditions(*(getattr(asked, name).to(device) for name in Conditions.__slots__)),
            *(getattr(self, name).to(device) for name in ("mask", "origin", "present")),
        )


class Library:
    """Chunks of a corpus as batches.

    Parameters
    ----------
    corpus : Corpus
    chunks : Chunks
    scale : FeatureScale
    windows : int
        The longest chunk; shorter ones are padded.
    """

    def __init__(self, corpus: Corpus, chunks: Chunks, scale: FeatureScale, windows: int = N_TRAINING_WINDOWS) -> None:
        self.corpus, self.chunks, self.scale, self.steps = corpus, chunks, scale, MAX_WINDOW_STEPS * windows
        style = corpus.pieces["style"][chunks.piece]
        sizes = np.bincount(style, minlength=len(corpus.styles))
        piece_size = np.bincount(chunks.piece, minlength=len(corpus.pieces["start"]))
        # Styles count by the square root of their size, and pieces of a style alike however long they are.
        per_style = np.bincount(style, weights=1 / piece_size[chunks.piece], minlength=len(corpus.styles))
        chance = sizes[style] ** 0.5 / piece_size[chunks.piece] / per_style[style]
        self._chance = chance / chance.sum()
        self._lines = {int(piece): lay_out(corpus, int(piece)) for piece in np.unique(chunks.piece)}

    def batches(self, size: int, rng: np.random.Generator, drop: float = 0.0) -> Iterator[Batch]:
        """Draw batches without end; ``drop`` is the chance that a role is left out of a piece."""
        while True:
            yield self.batch(rng.choice(len(self._chance), size, p=self._chance), rng, drop)

    def batch(self, chosen: I64, rng: np.random.Generator, drop: float = 0.0) -> Batch:
        """Gather the chunks with these indices."""
        rows = [self._row(index, rng, drop) for index in chosen]
        parts = {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}
        music = MusicBatch(
            parts["before"],
            parts["states"],
            parts["last"],
            echo(parts["states"], parts["origin"]),
            echo(parts["events"], parts["origin"]),
            parts["origin"] >= 0,
            hint(parts["events"], parts["origin"], parts["last"], parts["meter"]),
            parts["places"],
        )
        asked = Conditions(parts["style"], parts["mode"], parts["meter"], parts["features"], parts["roles"])
        return Batch(music, parts["events"], asked, parts["mask"], parts["origin"], parts["present"])

    def _row(self, index: int, rng: np.random.Generator, drop: float) -> dict[str, npt.NDArray[Any]]:
        """One chunk, padded."""
        start, count, piece = (
            int(values[index]) for values in (self.chunks.start, self.chunks.count, self.chunks.piece)
        )
        facts = {name: values[piece] for name, values in self.corpus.pieces.items()}
        meter = METERS[facts["meter"]]
        length = score_windows.steps_per_window(meter)
        first = start - int(facts["start"])
        roles = _drop(facts["roles"], rng, drop)
        plays = np.array([roles[ROLES.index(role)] for role in CHANNEL_ROLES])
        events, states, last = (
            lines[first * length : (first + count) * length] * plays for lines in self._lines[piece]
        )
        before = states[:1] * 0 if first == 0 else self._lines[piece][1][first * length - 1 : first * length] * plays
        letters = self.corpus.windows["letter"][start : start + count]
        bars = 2 * first, 2 * int(facts["length"])
        style = np.array(facts["style"], np.int64)
        return {
            "events": self._padded(events),
            "states": self._padded(states),
            "before": self._padded(np.concatenate([before, states[:-1]])),
            "places": self._padded(step_positions(meter, bars[0], 2 * count, bars[1])),
            "last": self._padded(last),
            "origin": self._padded(repeat_sources(letters, meter), -1),
            "mask": self._padded(np.ones(count * length, np.float32)),
            "present": self._padded(_present(meter, count, 2 * self.steps // MAX_WINDOW_STEPS)),
            "style": style,
            "mode": np.array(facts["mode"], np.int64),
            "meter": np.array(facts["meter"], np.int64),
            "features": self.scale.standardise(self.chunks.features[index], style),
            "roles": roles.astype(np.float32),
        }

    def _padded(self, values: npt.NDArray[Any], filling: int = 0) -> npt.NDArray[Any]:
        missing = [(0, self.steps - len(values)), *[(0, 0)] * (values.ndim - 1)]
        return np.pad(values, missing, constant_values=filling)


def _drop(roles: Bool, rng: np.random.Generator, chance: float) -> Bool:
    """Leave some roles out, never all."""
    kept = np.asarray(roles & (rng.random(len(roles)) >= chance))
    return kept if kept.any() else roles


def _present(meter: str, count: int, most_bars: int) -> F32:
    length = STEPS_PER_BAR[meter]
    bars = np.arange(2 * count * length) // length
    share: F32 = np.eye(most_bars, dtype=np.float32)[bars] / np.float32(length)
    return share


def echo(values: torch.Tensor, origin: torch.Tensor) -> torch.Tensor:
    """Gather what was at the steps that may come back: (batch, steps, N_REPEAT_SOURCES, N_CHANNELS)."""
    batch = torch.arange(len(values), device=values.device)[:, None, None]
    return values[batch, origin.clamp_min(0)]


def hint(events: torch.Tensor, origin: torch.Tensor, last: torch.Tensor, meter: torch.Tensor) -> torch.Tensor:
    """Return the copy hints of known music, see `trace_hints`: (batch, steps, N_CHANNELS, N_COPY_HINTS)."""
    half_bars = HALF_BARS[meter.cpu().numpy()]
    traced = trace_hints(events.cpu().numpy(), origin.cpu().numpy(), last[:, 0].cpu().numpy(), half_bars)
    return torch.from_numpy(traced).to(events.device)


HALF_BARS = np.array([STEPS_PER_BAR[meter] // 2 for meter in METERS])


def lay_out(corpus: Corpus, piece: int) -> tuple[I64, I64, I64]:
    """Lay all of a piece out in channels: events, states and last notes, (steps, N_CHANNELS) each."""
    start, count = int(corpus.pieces["start"][piece]), int(corpus.pieces["count"][piece])
    laid = to_channels(events_of(corpus, piece, start, count))
    return laid, channel_states(laid), last_note_events(laid)
