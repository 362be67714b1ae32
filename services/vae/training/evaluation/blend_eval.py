"""Whole blends of held-out pieces, by the product's own path, and what is wrong with them.

A bar is empty without need if nothing sounds in it though it does in the bars of both parents that met there. A last
note is endless, and another one stuck, if it lasts for more than two bars and longer than any note of its parents;
stuck is also what a MIDI file never ends.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from score import grid as grids
from score import midi, windows
from score.encoding import BARS_PER_WINDOW
from score.grid import Grid
from score.quantization.note_table import END, ONSET, PITCH
from score.roles import PITCHED_ROLES, Role
from vae.alignment import window_alignment
from vae.blending.blend import blend, reconstruct, run_to_end
from vae.blending.blend_options import BlendOptions, BlendResult
from vae.blending.blend_weights import BlendWeights
from vae.expression.microtiming import apply_timing
from vae.generation import key_pitch_classes
from vae.models.model_registry import ModelRegistry
from vae.models.specs import ROLE_SPECS
from vae.pieces import window_distance
from vae.pieces.piece import Piece, from_grid

from ..data.heldout import Key, Pair
from .measures import consistency

Flags = npt.NDArray[np.bool_]

LONGEST_BARS = 2
MOVED_TO = 0.9
_UNMATCHED = ("NOTES_UNENDED", "NOTE_ENDS_UNMATCHED")
_MENDED = re.compile(r"the (\w+) in (\d+) of (\d+) places")


@dataclass(frozen=True)
class Whole:
    """A run_to_end blend of a pair at a weight."""

    pair: Pair
    weight: float
    blended: BlendResult

    @property
    def parents(self) -> list[Piece]:
        """Both parents in the blend's meter."""
        meter = self.blended.grid.meter
        return [
            piece if piece.grid.meter == meter else from_grid(piece.score, piece.grid.to_meter(meter))
            for piece in self.pair.pieces
        ]


@dataclass
class Failures:
    """What should never happen, counted; `raised` says what was raised, and `faulty` which blends have a fault."""

    blends: int = 0
    raised: list[str] = field(default_factory=list)
    faulty: list[str] = field(default_factory=list)
    empty_bars: int = 0
    empty_bars_of_a_role: int = 0
    bars: int = 0
    endless_last_notes: int = 0
    stuck_notes: int = 0

    def add(self, whole: Whole) -> None:
        """Look through a blend."""
        grid = whole.blended.grid
        nothing, no_role = empty_bars(whole)
        endless, stuck = overlong(grid, whole.parents)
        self.blends += 1
        self.bars += grid.n_bars
        self.empty_bars += nothing
        self.empty_bars_of_a_role += no_role
        self.endless_last_notes += endless
        never_ended = unmatched(whole.blended)
        self.stuck_notes += stuck + never_ended
        if any((nothing, no_role, endless, stuck, never_ended)):
            self.faulty.append(
                f"{whole.pair.names} at {whole.weight:g}: {[nothing, no_role, endless, stuck, never_ended]}"
            )


def blended_wholes(
    registry: ModelRegistry, pairs: Iterable[Pair], weights: Sequence[float], wishes: BlendOptions, failures: Failures
) -> list[Whole]:
    """Blend pairs, the weights taking turns; what raises is counted and passed over."""
    wholes = []
    for index, pair in enumerate(pairs):
        weight = weights[index % len(weights)]
        try:
            wanted = replace(wishes, weights=BlendWeights(weight))
            whole = Whole(pair, weight, run_to_end(blend(registry, pair.pieces, wanted)))
        except Exception:
            failures.raised.append(f"{pair.names}: {traceback.format_exc(limit=-2)}")
            continue
        failures.add(whole)
        wholes.append(whole)
    return wholes


def sounding_bars(grid: Grid, role: Role) -> Flags:
    """Tell in which bars a role sounds, filled up to whole windows: shape (n_windows, 2)."""
    found = np.zeros(-(-grid.n_bars // BARS_PER_WINDOW) * BARS_PER_WINDOW, bool)
    if role in grid.events:
        for note in grid.notes(role):
            found[note[ONSET] // grid.steps_per_bar : (note[END] - 1) // grid.steps_per_bar + 1] = True
    return found.reshape(-1, BARS_PER_WINDOW)


def empty_bars(whole: Whole) -> tuple[int, int]:
    """Count bars that are empty without need: of the whole band, and of single roles."""
    parents, grid = whole.parents, whole.blended.grid
    alignment = window_alignment.align(parents, BlendWeights(whole.weight).mean_shares(2))
    needed, found, missing = {}, {}, 0
    for role in Role:
        met = [sounding_bars(parent.grid, role)[alignment.source_windows[:, at]] for at, parent in enumerate(parents)]
        needed[role], found[role] = met, sounding_bars(grid, role)
        missing += int((met[0] & met[1] & ~found[role]).sum())
    both = [np.any([needed[role][at] for role in Role], axis=0) for at in range(2)]
    nothing = both[0] & both[1] & ~np.any(list(found.values()), axis=0)
    return int(nothing.sum()), missing


def overlong(grid: Grid, parents: Sequence[Piece]) -> tuple[int, int]:
    """Count notes that last too long: endless last notes, and others."""
    longest = [LONGEST_BARS * grid.steps_per_bar]
    for parent in parents:
        longest += [int(_lengths(parent.grid, role).max(initial=0)) for role in PITCHED_ROLES]
    endless = stuck = 0
    for role in PITCHED_ROLES:
        if role in grid.events and len(grid.notes(role)):
            is_long, onsets = _lengths(grid, role) > max(longest), grid.notes(role)[:, ONSET]
            endless += int(is_long[onsets == onsets.max()].any())
            stuck += int(is_long[onsets < onsets.max()].sum())
    return endless, stuck


def _lengths(grid: Grid, role: Role) -> npt.NDArray[np.int32]:
    if role not in grid.events:
        return np.zeros(0, np.int32)
    notes = grid.notes(role)
    return np.asarray(notes[:, END] - notes[:, ONSET])


def unmatched(blended: BlendResult) -> int:
    """Count the notes that a blend's MIDI file begins and does not end, or ends and did not begin, or loses."""
    score = apply_timing(grids.to_score(blended.grid), blended.grid, blended.timing)
    again = midi.parse(midi.write(score))
    return sum(notice.reason in _UNMATCHED for notice in again.notices) + abs(again.n_notes - score.n_notes)


def mended(wholes: Iterable[Whole]) -> dict[str, float]:
    """Return the share of windows that were mended, by role, from what the blends tell."""
    counts: dict[str, int] = {}
    totals: dict[str, int] = {}
    for whole in wholes:
        windows = whole.blended.grid.n_bars // BARS_PER_WINDOW
        for role in whole.blended.grid.roles:
            totals[role.value] = totals.get(role.value, 0) + windows
        for notice in whole.blended.notices:
            if notice.reason == "PARENT_KEPT" and (found := _MENDED.search(notice.message)):
                counts[found[1]] = counts.get(found[1], 0) + int(found[2])
    return {role: round(counts.get(role, 0) / total, 4) for role, total in totals.items() if total}


def likeness_to_parents(wholes: Sequence[Whole]) -> dict[str, Any]:
    """Compare blends with their parents by Mittal et al., lead and all pitched roles: see `measures.consistency`."""
    return {
        name: {what: _compared(wholes, roles, at) for at, what in enumerate(("pitch", "duration"))}
        for name, roles in (("lead", (Role.LEAD,)), ("pitched", PITCHED_ROLES))
    }


def _compared(wholes: Sequence[Whole], roles: Sequence[Role], at: int) -> dict[str, float] | None:
    mine: list[float] = []
    real: list[float] = []
    for whole in wholes:
        mine += _overlaps(whole.blended.grid, roles)[at]
        for parent in whole.parents:
            real += _overlaps(parent.grid, roles)[at]
    compared = consistency.compare(mine, real)
    return None if compared is None else {name: round(value, 4) for name, value in compared._asdict().items()}


def _overlaps(grid: Grid, roles: Sequence[Role]) -> tuple[list[float], list[float]]:
    pitches: list[float] = []
    durations: list[float] = []
    for role in roles:
        if role in grid.events:
            found = consistency.overlaps(grid.notes(role), grid.steps_per_bar)
            pitches += found[0]
            durations += found[1]
    return pitches, durations


def out_of_key(wholes: Iterable[Whole]) -> dict[str, float]:
    """Return the share of notes outside of the pair's scale: of blends, of their parents, and how many points more."""
    mine, theirs = [], []
    for whole in wholes:
        own = [_outside(piece.grid, whole.pair.key) for piece in whole.parents]
        blended, known = _outside(whole.blended.grid, whole.pair.key), [each for each in own if each is not None]
        if blended is not None and known:
            mine.append(blended)
            theirs.append(float(np.mean(known)))
    if not mine:
        return {}
    found, parents = 100.0 * float(np.mean(mine)), 100.0 * float(np.mean(theirs))
    return {"blends": round(found, 2), "parents": round(parents, 2), "points_more": round(found - parents, 2)}


def _outside(grid: Grid, key: Key | None) -> float | None:
    pitched = [grid.notes(role)[:, PITCH] for role in PITCHED_ROLES if role in grid.events]
    if key is None or not pitched:
        return None
    pitches = np.concatenate(pitched)
    return float((~key_pitch_classes(*key)[pitches % 12]).mean()) if len(pitches) else None


def moved_roles(registry: ModelRegistry, pairs: Iterable[Pair], wishes: BlendOptions) -> dict[str, float]:
    """Return how much of the other roles changes when one role's weight goes from .5 to .9: 1 - F1 of their notes."""
    changes: dict[str, list[float]] = {}
    for pair in pairs:
        still = run_to_end(blend(registry, pair.pieces, replace(wishes, weights=BlendWeights(0.5)))).grid
        for role in still.roles:
            asked = replace(wishes, weights=BlendWeights(0.5, role_weights={role: MOVED_TO}))
            grid = run_to_end(blend(registry, pair.pieces, asked)).grid
            others = [1.0 - _f1(still, grid, other) for other in still.roles if other is not role]
            changes.setdefault(role.value, []).extend(others)
    return {role: round(float(np.mean(values)), 4) for role, values in changes.items() if values}


def _f1(first: Grid, second: Grid, role: Role) -> float:
    mine, theirs = ({tuple(note[:3]) for note in grid.notes(role).tolist()} for grid in (first, second))
    return 2.0 * len(mine & theirs) / (len(mine) + len(theirs)) if mine or theirs else 1.0


def reconstructed(
    registry: ModelRegistry, pieces: Iterable[Piece], wishes: BlendOptions
) -> dict[str, dict[str, float]]:
    """Measure what the product gives back of whole pieces, by role: share of tokens, and F1 of notes."""
    tokens: dict[Role, list[float]] = {}
    f1: dict[Role, list[float]] = {}
    for piece in pieces:
        given = windows.split(reconstruct(registry, piece, wishes).grid)
        for role, own in piece.windows.items():
            heard, back = piece.sounding_windows(role), given[role]
            if heard.any():
                tokens.setdefault(role, []).extend(1.0 - window_distance.hamming(own, back)[heard])
                f1.setdefault(role, []).extend(window_distance.note_f1(own, back, ROLE_SPECS[role.value])[heard])
    return {
        role.value: {"tokens": round(float(np.mean(tokens[role])), 4), "note_f1": round(float(np.mean(f1[role])), 4)}
        for role in tokens
    }


def nearer_than_own(registry: ModelRegistry, wholes: Iterable[Whole], wishes: BlendOptions) -> float:
    """Return the share of blended windows that are nearer to a parent than its reconstruction is.

    Of those in which that parent sounds, by role, each parent by itself.
    """
    found: list[npt.NDArray[np.bool_]] = []
    for whole in wholes:
        parents, cuts = whole.parents, windows.split(whole.blended.grid)
        alignment = window_alignment.align(parents, BlendWeights(whole.weight).mean_shares(2))
        for met, parent in zip(alignment.source_windows.T, parents, strict=True):
            given = windows.split(reconstruct(registry, parent, wishes).grid)
            for role in set(cuts) & set(given):
                own, spec = parent.windows[role][met], ROLE_SPECS[role.value]
                near, least = (window_distance.distance(own, each, spec) for each in (cuts[role], given[role][met]))
                found.append((near < least - 1e-9)[parent.sounding_windows(role)[met]])
    return float(np.concatenate(found).mean()) if found else 0.0


def laws(registry: ModelRegistry, pair: Pair, wishes: BlendOptions) -> dict[str, bool]:
    """Check that a blend of a piece with itself is its reconstruction, and that the same request gives the same."""
    first = pair.pieces[0]
    half = replace(wishes, weights=BlendWeights(0.5))
    alone, doubled = reconstruct(registry, first, half).grid, run_to_end(blend(registry, [first, first], half)).grid
    once, again = (run_to_end(blend(registry, pair.pieces, half)).grid for _ in range(2))
    return {"blend_of_a_and_a_is_reconstruction": alone == doubled, "same_seed_same_notes": once == again}
