"""The lead of a blend: one parent's rhythm with the other's contour, phrase by phrase, on the blend's chords."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from score.arrays import F64, I64
from score.encoding import DEFAULT_VELOCITY
from score.roles import Role

from vae.analysis.bar_notes import CHORD_STEPS, Bar, BarNote, Bars, clip_to_next_onset
from vae.analysis.parent import Parent
from vae.parts.contour_path import MoveRarity, chord_costs, find_path
from vae.parts.voicing import split_at_bar_lines
from vae.planning.form import BarSlot, FormPlan
from vae.planning.sources import Sources, cell_of

_TIME_COST = 0.6
"""Cost of a bar's distance between a note's own time in the contour and its onset."""

_UNFINISHED_COST = 0.5
_JOIN_COST, _FREE_JOIN_SEMITONES = 0.35, 4
_REGISTER_JOIN_COST, _FREE_REGISTER_SEMITONES = 1.2, 5
_OCTAVES = (-24, -12, 0, 12, 24)
_MIN_SHARE_ALONE = 0.25
"""A parent plays where the other one rests if its share of the lead is at least this."""

_STEPS_PER_BEAT = 4
_LOOKBACK_BARS = 2


@dataclass(frozen=True)
class BetweenLead:
    """What a model decoded between the parents' leads, by bar of the blend.

    Attributes
    ----------
    rhythm : list of tuple of (onset, duration)
        In steps; empty where there is none.
    contour : list of tuple of (onset in bars, pitch)
        Where the pitch changes; empty where there is none.
    """

    rhythm: Sequence[Sequence[tuple[int, int]]]
    contour: Sequence[Sequence[tuple[float, int]]]


@dataclass(frozen=True)
class LeadLine:
    """A lead by bars, and which parent gave the rhythm and the contour of each bar.

    -1 where it rests; the number of parents where a model decoded what lies between them.
    """

    bars: Bars
    rhythm: list[int]
    contour: list[int]


def compose_lead(
    plan: FormPlan,
    parents: Sequence[Parent],
    sources: Sources,
    chords: I64,
    shares: F64,
    between: BetweenLead | None = None,
) -> LeadLine:
    """Compose the lead.

    Parameters
    ----------
    plan : FormPlan
    parents : sequence of two Parent
    sources : Sources
    chords : ndarray, shape (2 * n_bars,), int64
        The blend's chords.
    shares : ndarray, shape (n_bars, n_parents), float64
        Shares of the lead: they decide who plays alone, and the register.
    between : BetweenLead, optional
        For the cells of `sources.rhythm_between` and `contour_between`; without it they have one parent.
    """
    composer = _Composer(plan, parents, sources, chords, shares, between)
    for bars in plan.phrases:
        composer.compose_phrase(bars)
    clipped = clip_to_next_onset(composer.bars, parents[0].steps_per_bar)
    return LeadLine(clipped, composer.rhythm, composer.contour)


class _Composer:
    """Composes phrase after phrase; bars of one class are composed once."""

    def __init__(
        self,
        plan: FormPlan,
        parents: Sequence[Parent],
        sources: Sources,
        chords: I64,
        shares: F64,
        between: BetweenLead | None,
    ) -> None:
        self.plan, self.parents, self.sources, self.chords, self.shares = plan, parents, sources, chords, shares
        self.between = between
        n_bars = len(plan.slots)
        self.bars: Bars = [()] * n_bars
        self.rhythm, self.contour = [-1] * n_bars, [-1] * n_bars
        self.known: dict[Hashable, tuple[Bar, int, int]] = {}
        self.steps = parents[0].steps_per_bar
        self.rarity = MoveRarity(parents)
        self.held = [split_at_bar_lines(parent, Role.LEAD) for parent in parents]

    def compose_phrase(self, bars: Sequence[int]) -> None:
        """Compose a phrase: known bars are repeated, new ones composed in runs with the same sources."""
        run: list[int] = []
        for bar in bars:
            slot = self.plan.slots[bar]
            if run and self._sides(slot) != self._sides(self.plan.slots[run[-1]]):
                self._compose_run(run)
                run = []
            if slot.bar_class in self.known:
                self._compose_run(run)
                run = []
                self._set_bar(bar, *self.known[slot.bar_class])
            else:
                run.append(bar)
        self._compose_run(run)

    def _sides(self, slot: BarSlot) -> tuple[int, int]:
        """Return the sources of rhythm and contour: a parent, or the number of parents for what lies between them."""
        cell, sources = cell_of(slot), self.sources
        is_decoded = self.between is not None
        return (
            len(self.parents) if is_decoded and cell in sources.rhythm_between else sources.rhythm[cell],
            len(self.parents) if is_decoded and cell in sources.contour_between else sources.contour[cell],
        )

    def _set_bar(self, bar: int, notes: Bar, rhythm: int, contour: int) -> None:
        self.bars[bar], self.rhythm[bar], self.contour[bar] = notes, rhythm, contour
        self.known.setdefault(self.plan.slots[bar].bar_class, (notes, rhythm, contour))

    def _compose_run(self, run: Sequence[int]) -> None:
        """Compose consecutive new bars; a class may occur twice among them."""
        if not run:
            return
        rhythm, contour = self._sides(self.plan.slots[run[0]])
        rhythm_sides = [self._rhythm_side(bar, rhythm) for bar in run]
        line = self._contour_notes(run, contour)
        if not line and contour == len(self.parents):
            contour = self.sources.contour[cell_of(self.plan.slots[run[0]])]
            line = self._contour_notes(run, contour)
        if not line or (contour < len(self.parents) and all(side in (contour, -1) for side in rhythm_sides)):
            rhythm_sides = [self._singing_side(bar, side) for bar, side in zip(run, rhythm_sides, strict=True)]
            for bar, side in zip(run, rhythm_sides, strict=True):
                self._set_bar(bar, self._parent_bar(bar, side), side, side)
            return
        notes = [
            (place, note)
            for place, (bar, side) in enumerate(zip(run, rhythm_sides, strict=True))
            for note in self._rhythm_notes(bar, side)
        ]
        composed = _split_into_bars(len(run), notes, self._choose_pitches(run, notes, line))
        for bar, side, new_notes in zip(run, rhythm_sides, composed, strict=True):
            known = self.known.get(self.plan.slots[bar].bar_class)
            self._set_bar(bar, *(known or (new_notes, side, contour)))

    def _rhythm_side(self, bar: int, wanted: int) -> int:
        """Return the parent of a bar's rhythm: the wanted one, else another one that plays; -1 where all rest."""
        shares, slot = self.shares[bar], self.plan.slots[bar]
        if wanted == len(self.parents):
            singers = [parent.sounding[Role.LEAD][at] for parent, at in zip(self.parents, slot.bars, strict=True)]
            if self.between is not None and all(singers) and self.between.rhythm[bar]:
                return wanted
            wanted = self.sources.rhythm[cell_of(slot)]
        for side in (wanted, *np.argsort(-shares, kind="stable").tolist()):
            is_allowed = side == wanted or shares[side] >= min(_MIN_SHARE_ALONE, 1.0 / len(shares))
            if is_allowed and self.parents[side].sounding[Role.LEAD][slot.bars[side]]:
                return int(side)
        return -1

    def _singing_side(self, bar: int, side: int) -> int:
        """Return the parent whose own bar is taken: without a contour, no rhythm between the parents has pitches."""
        return self._rhythm_side(bar, self.sources.rhythm[cell_of(self.plan.slots[bar])]) if side >= 0 else side

    def _parent_bar(self, bar: int, side: int) -> Bar:
        """Return a parent's bar; what it holds through the bar begins again, unless the bar before is its own too."""
        if side < 0:
            return ()
        own = self.plan.slots[bar].bars[side]
        notes = self.parents[side].bars[Role.LEAD][own]
        if notes or not self.parents[side].sounding[Role.LEAD][own]:
            return notes
        is_continued = bar > 0 and self.plan.slots[bar - 1].bars[side] == own - 1 and self.rhythm[bar - 1] == side
        return () if is_continued else self.held[side][own]

    def _rhythm_notes(self, bar: int, side: int) -> Bar:
        """Return the notes of a bar's rhythm; only those of a parent have a pitch."""
        if side == len(self.parents) and self.between is not None:
            return tuple(BarNote(onset, duration, 0, DEFAULT_VELOCITY) for onset, duration in self.between.rhythm[bar])
        return self._parent_bar(bar, side)

    def _contour_notes(self, run: Sequence[int], side: int) -> list[tuple[float, int]]:
        """Return the notes of the contour: onset in bars from the start of the run, and pitch."""
        if side == len(self.parents) and self.between is not None:
            contours = [self.between.contour[bar] for bar in run]
            return [(place + onset, pitch) for place, contour in enumerate(contours) for onset, pitch in contour]
        return [
            (place + note.onset / self.steps, note.pitch)
            for place, bar in enumerate(run)
            for note in self._parent_bar(bar, side)
        ]

    def _choose_pitches(
        self, run: Sequence[int], notes: Sequence[tuple[int, BarNote]], line: Sequence[tuple[float, int]]
    ) -> I64:
        """Return a pitch of the contour for each note of the rhythm."""
        if not len(notes):
            return np.zeros(0, np.int64)
        onsets = np.array([place + note.onset / self.steps for place, note in notes])
        pitches = np.array([pitch for _, pitch in line]) + self._octave_shift(run, line)
        costs = _TIME_COST * np.abs(onsets[:, None] - np.array([onset for onset, _ in line])[None, :])
        for row, (place, note) in enumerate(notes):
            costs[row] += self._beat_costs(run[place], note.onset)[pitches % 12]
        previous = self._previous_pitch(run[0])
        if previous is not None:
            costs[0] += _JOIN_COST * np.maximum(np.abs(pitches - previous) - _FREE_JOIN_SEMITONES, 0) / 4
        if self.plan.slots[run[-1]].is_last:
            costs[-1] += _UNFINISHED_COST * (np.arange(len(pitches)) < len(pitches) - 1)
        gaps = np.rint(np.diff(onsets) * self.steps).astype(int)
        rarity_costs = [self.rarity.costs(int(gap), pitches) for gap in gaps]
        return np.asarray(pitches[find_path(costs, pitches, rarity_costs)])

    def _beat_costs(self, bar: int, onset: int) -> F64:
        """Return the cost of each pitch class at a step of a bar: 0 between the beats."""
        if onset % _STEPS_PER_BEAT:
            return np.zeros(12)
        chord_steps = CHORD_STEPS[self.parents[0].grid.meter]
        chord = int(self.chords[2 * bar + int(onset >= chord_steps[1])])
        return chord_costs(chord, is_strong=onset in chord_steps)

    def _previous_pitch(self, bar: int) -> int | None:
        """Return the last pitch of the two bars before a bar."""
        for notes in reversed(self.bars[max(bar - _LOOKBACK_BARS, 0) : bar]):
            if notes:
                return notes[-1].pitch
        return None

    def _octave_shift(self, run: Sequence[int], line: Sequence[tuple[float, int]]) -> int:
        """Return the octaves, in semitones, that move a contour into the blend's register and near the last note."""
        registers = [parent.lead_register for parent in self.parents]
        target = float(np.dot(self.shares[list(run)].mean(axis=0), registers))
        mean, previous = float(np.mean([pitch for _, pitch in line])), self._previous_pitch(run[0])

        def cost(shift: int) -> float:
            if previous is None:
                return abs(mean + shift - target)
            gap = max(abs(line[0][1] + shift - previous) - _FREE_REGISTER_SEMITONES, 0)
            return _REGISTER_JOIN_COST * gap + abs(mean + shift - target)

        return min(_OCTAVES, key=cost)


def _split_into_bars(n_bars: int, notes: Sequence[tuple[int, BarNote]], pitches: I64) -> list[Bar]:
    bars: list[list[BarNote]] = [[] for _ in range(n_bars)]
    for (place, note), pitch in zip(notes, pitches.tolist(), strict=True):
        bars[place].append(note._replace(pitch=pitch))
    return [tuple(bar) for bar in bars]
