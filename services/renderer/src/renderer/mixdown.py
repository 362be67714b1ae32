"""Mixdown: which tracks of a piece are synthesized together, at which level, and how their frames are put together."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

import numpy as np
from score.arrays import F32
from score.model import Score
from score.roles import ROLES

from renderer.stems import Stem, audible_tracks, check_roles, role_tracks


@dataclass(frozen=True, slots=True)
class TrackGroup:
    """Tracks that are synthesized together.

    Attributes
    ----------
    tracks : frozenset of int
        Their indices.
    level : float
        Factor of their amplitude.
    """

    tracks: frozenset[int]
    level: float = 1.0


def level_groups(score: Score, stem: Stem) -> tuple[TrackGroup, ...]:
    """Return the audible tracks of a stem, one group for each level; one without tracks if nothing is audible.

    Raises
    ------
    InvalidInput
        If the piece has no track or role that the stem names.
    """
    tracks = audible_tracks(score, stem)
    if not stem.levels:
        return (TrackGroup(tracks),)
    by_role = role_tracks(score, stem.overrides)
    check_roles(stem.levels, by_role, "stem.levels")
    levels = {track: stem.levels.get(role, 1.0) for role in by_role for track in by_role[role]}
    by_level: dict[float, set[int]] = {}
    for track in tracks:
        by_level.setdefault(levels.get(track, 1.0), set()).add(track)
    groups = (TrackGroup(frozenset(by_level[level]), level) for level in sorted(by_level) if level > 0)
    return tuple(groups) or (TrackGroup(frozenset()),)


def stem_groups(score: Score, stem: Stem) -> tuple[TrackGroup, ...]:
    """Return one group for each role of the piece, and one for the tracks without a role if any has notes."""
    by_role = role_tracks(score, stem.overrides)
    groups = [TrackGroup(frozenset(by_role[role])) for role in ROLES if role in by_role]
    covered = frozenset().union(*(group.tracks for group in groups))
    others = frozenset(range(len(score.tracks))) - covered
    if any(score.tracks[track].notes for track in others):
        groups.append(TrackGroup(others))
    return tuple(groups)


def mix(streams: Sequence[Generator[F32, None, None]], levels: Sequence[float]) -> Generator[F32, None, None]:
    """Yield the sum of streams of equally long blocks, each at its level; close them at the end."""
    for blocks in _parallel(streams):
        total = blocks[0] * np.float32(levels[0]) if levels[0] != 1.0 else blocks[0]
        for block, level in zip(blocks[1:], levels[1:], strict=True):
            total = total + block * np.float32(level)
        yield total


def side_by_side(streams: Sequence[Generator[F32, None, None]]) -> Generator[F32, None, None]:
    """Yield blocks of the sum of streams and, in further columns, of each stream; close them at the end."""
    for blocks in _parallel(streams):
        total = np.sum(blocks, axis=0, dtype=np.float32)
        yield np.concatenate((total, *blocks), axis=1)


def _parallel(streams: Sequence[Generator[F32, None, None]]) -> Iterator[tuple[F32, ...]]:
    with ExitStack() as stack:
        for stream in streams:
            stack.enter_context(closing(stream))
        yield from zip(*streams, strict=True)
