"""The served styles of a model: statistics, and structures and pitch ranges of real pieces as templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np
import numpy.typing as npt
from gan.network.dims import CHANNEL_ROLES, N_CHANNELS, NO_SOURCE
from gan.planning.structure import HALVES_PER_BAR, N_CHORDS, Structure, number_labels, serialize
from gan.planning.styles import STYLE_PROFILES
from gan.sampling.pitch_range import RANGE_PASSAGE_BARS
from score.arrays import I64
from score.encoding import BARS_PER_WINDOW, FIRST_PITCH_EVENT, MIN_PITCH, OFF
from score.roles import PITCHED_ROLES, ROLES, Role

from ..data.corpus import LABEL, Corpus
from ..data.dataset import piece_channels

MIN_METER_SHARE = 0.1
"""Share of a style's pieces that must be in a meter for the style to be served in it."""

MIN_ROLE_SHARE = 0.5
"""Share of a style's pieces that must have a role for the style to be served with it."""

MAX_STRUCTURES = 40
"""Structures of a style, about."""

MIN_TRIAD_SHARE = 0.85
"""Share of the notes of bass and harmony that must be of a triad."""

MAX_SPANS = 60
"""Passages of a style of which the pitch ranges are listed."""


def served_styles(corpus: Corpus, statistics: Sequence[Mapping[str, Any]], excluded: Set[str]) -> list[dict[str, Any]]:
    """Return the styles with a profile and training pieces, as ``styles.json`` of a model has them.

    Parameters
    ----------
    corpus : Corpus
    statistics : sequence of mapping
        See `training.data.style_statistics`.
    excluded : set of str
        Ids of styles that are not served.
    """
    return [
        {
            "id": own["id"],
            "index": index,
            "meters": _served_meters(own),
            "forms": list_structures(corpus, index),
            "spans": list_spans(corpus, index),
            "roles": [role.value for role in ROLES if own["role_shares"][role.value] >= MIN_ROLE_SHARE],
            **{name: own[name] for name in ("pieces", "windows", "tempo_bpm", "minor_share", "loudness")},
        }
        for index, own in enumerate(statistics)
        if own["id"] in STYLE_PROFILES and own["id"] not in excluded and own["pieces"]
    ]


def _served_meters(statistics: Mapping[str, Any]) -> dict[str, int]:
    """Return the number of pieces in each served meter, the usual one first."""
    total = sum(statistics["meters"].values())
    return {meter: count for meter, count in statistics["meters"].items() if count >= MIN_METER_SHARE * total}


def list_structures(corpus: Corpus, style: int) -> list[str]:
    """Return structures of training pieces of a style, as `gan.planning.structure.serialize` writes them."""
    pieces = corpus.pieces
    own = np.flatnonzero((pieces["style"] == style) & ~pieces["held_out"])
    return sorted(_structure(corpus, int(piece)) for piece in own[:: max(1, len(own) // MAX_STRUCTURES)])


def _structure(corpus: Corpus, piece: int) -> str:
    """Return the structure of a piece: window labels, the earlier bar that each bar of each role repeats, chords.

    Whether the first note of a bar begins there or before is ignored. Rhythms that repeat with other pitches are listed
    for the lead only: the generator repeats those of the other roles as often as real music does by itself.
    """
    start, count = int(corpus.pieces["start"][piece]), int(corpus.pieces["count"][piece])
    labels = number_labels(corpus.windows[LABEL][start : start + count].tolist())
    events, states, _ = piece_channels(corpus, piece)
    onsets = (events > OFF).reshape(BARS_PER_WINDOW * count, -1, N_CHANNELS)
    bars = states.reshape(BARS_PER_WINDOW * count, -1, N_CHANNELS).copy()
    is_pitched = [role is not Role.DRUMS for role in CHANNEL_ROLES]
    bars[:, 0, is_pitched] = (bars[:, 0, is_pitched] + 1) // 2
    note_sources, rhythm_sources = np.full((2, len(bars), len(ROLES)), NO_SOURCE)
    for column, role in enumerate(ROLES):
        own = [channel == role for channel in CHANNEL_ROLES]
        note_sources[:, column] = _first_equal(bars[:, :, own])
        if role is Role.LEAD:
            is_new = note_sources[:, column] == NO_SOURCE
            rhythm_sources[:, column] = np.where(is_new, _first_equal(onsets[:, :, own]), NO_SOURCE)
    is_backing = [role in (Role.BASS, Role.HARMONY) for role in CHANNEL_ROLES]
    chords = find_triads(states[:, is_backing], HALVES_PER_BAR * len(bars)).reshape(-1, HALVES_PER_BAR)
    structure = Structure(labels, note_sources, rhythm_sources, chords)
    return serialize(structure, is_minor=bool(corpus.pieces["mode"][piece]))


def find_triads(states: npt.NDArray[Any], n_segments: int) -> I64:
    """Return the triad of each of some segments of equal length: states, (steps, channels), to (n_segments,).

    A segment has a triad if its three pitch classes are nearly all that sounds, and root and third are among it;
    else `NO_SOURCE`. Numbers of chords: see `gan.planning.structure`.
    """
    pitch_classes = np.where(states > 0, ((states - 1) // 2 + MIN_PITCH) % 12, -1).reshape(n_segments, -1)
    counts = (pitch_classes[:, :, None] == np.arange(12)).sum(1)
    rows = np.arange(n_segments)
    roots, thirds = np.arange(N_CHORDS) // 2, np.array([4, 3])[np.arange(N_CHORDS) % 2]
    root, third, fifth = counts[:, roots], counts[:, (roots + thirds) % 12], counts[:, (roots + 7) % 12]
    fit = np.where((root > 0) & (third > 0), root + third + fifth, 0)
    best = fit.argmax(1)
    has_triad = fit[rows, best] >= np.maximum(MIN_TRIAD_SHARE * counts.sum(1), 1)
    return np.where(has_triad, best, NO_SOURCE).astype(np.int64)


def _first_equal(bars: npt.NDArray[Any]) -> I64:
    """Return the first bar that equals each bar; `NO_SOURCE` if that is itself, or the bar is all zeros."""
    labels = number_labels([bar.tobytes() for bar in bars])
    firsts = np.array([int(np.flatnonzero(labels == label)[0]) for label in labels])
    return np.where((firsts < np.arange(len(bars))) & bars.any((1, 2)), firsts, NO_SOURCE)


def list_spans(corpus: Corpus, style: int) -> list[list[int]]:
    """Return the pitch ranges of passages of training pieces of a style, see `gan.sampling.pitch_range`.

    A passage is the middle sixteen bars of a piece, or all of a shorter one.
    """
    pieces = corpus.pieces
    own = np.flatnonzero((pieces["style"] == style) & ~pieces["held_out"])
    selected = own[np.linspace(0, len(own) - 1, min(len(own), MAX_SPANS)).astype(np.int64)]
    return sorted(_spans(corpus, int(piece)) for piece in selected)


def _spans(corpus: Corpus, piece: int) -> list[int]:
    """Return the semitones from the lowest to the highest note of each pitched role."""
    count = int(corpus.pieces["count"][piece])
    length = min(count, RANGE_PASSAGE_BARS // BARS_PER_WINDOW)
    start = int(corpus.pieces["start"][piece]) + (count - length) // 2
    spans = []
    for role in PITCHED_ROLES:
        events = corpus.windows[role.value][start : start + length]
        notes = events[events >= FIRST_PITCH_EVENT]
        spans.append(int(np.ptp(notes)) if len(notes) else 0)
    return spans
