"""A parent of a blend, described by bars: notes, chords, phrases, onset density."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from score.arrays import F64, I64, Bool
from score.grid import Grid
from score.keys import relative_major
from score.roles import Role

from vae.analysis.bar_notes import Bars, notes_by_bar, onset_pitches, sounding_bars
from vae.analysis.chord_recognition import pitch_class_durations, recognize_chords

PHRASE_BARS = 4
_MIN_OFFSET_GAIN = 0.25
_MIN_EQUAL_SHARE = 0.5
_DEFAULT_REGISTER = 67.0
_BASS_WEIGHT, _LEAD_WEIGHT, _LEAD_WEIGHT_ALONE = 1.2, 0.4, 1.2


@dataclass(frozen=True)
class Phrase:
    """Bars `start` to `stop` (exclusive); phrases of one length with half of their bars equal share a label."""

    start: int
    stop: int
    label: int

    def __len__(self) -> int:
        """Return the number of bars."""
        return self.stop - self.start


@dataclass(frozen=True)
class Parent:
    """A piece on the grid, in the meter of the blend and the key signature of the blend.

    Attributes
    ----------
    grid : Grid
    tonic : int
        Its own tonic, 0 to 11: that of the blend's key or of its relative key.
    is_minor : bool
    """

    grid: Grid
    tonic: int
    is_minor: bool

    @property
    def major_tonic(self) -> int:
        """Tonic of the major key with the same signature."""
        return relative_major(self.tonic, is_minor=self.is_minor)

    @property
    def n_bars(self) -> int:
        """Number of bars."""
        return self.grid.n_bars

    @property
    def steps_per_bar(self) -> int:
        """Steps of a bar: 12 or 16."""
        return self.grid.steps_per_bar

    @cached_property
    def bars(self) -> dict[Role, Bars]:
        """The notes of every role by bar."""
        return {role: notes_by_bar(self.grid, role) for role in Role}

    def has_role(self, role: Role) -> bool:
        """Return whether the piece has a role."""
        return role in self.grid.events

    @cached_property
    def sounding(self) -> dict[Role, Bool]:
        """In which bars each role sounds, shape (n_bars,)."""
        return {role: sounding_bars(self.bars[role], self.steps_per_bar) for role in Role}

    @cached_property
    def chord_symbols(self) -> I64:
        """The chord of each half bar, shape (2 * n_bars,); recognized from the lead where there is no harmony."""
        lead_weight = _LEAD_WEIGHT if self.has_role(Role.HARMONY) else _LEAD_WEIGHT_ALONE
        parts = [
            (self.bars[Role.HARMONY], 1.0),
            (self.bars[Role.BASS], _BASS_WEIGHT),
            (self.bars[Role.LEAD], lead_weight),
        ]
        meter = self.grid.meter
        durations = pitch_class_durations(parts, meter, self.steps_per_bar)
        bass_durations = pitch_class_durations([(self.bars[Role.BASS], 1.0)], meter, self.steps_per_bar)
        return recognize_chords(durations, bass_durations, self.major_tonic)

    def chord(self, bar: int, half: int) -> int:
        """Return the chord of a half bar, `half` being 0 or 1."""
        return int(self.chord_symbols[2 * bar + half])

    @cached_property
    def lead_pitch_classes(self) -> F64:
        """The share of each half bar that the lead plays each pitch class, shape (2 * n_bars, 12)."""
        durations = pitch_class_durations([(self.bars[Role.LEAD], 1.0)], self.grid.meter, self.steps_per_bar)
        return np.asarray(durations / np.maximum(durations.sum(axis=1, keepdims=True), 1.0))

    @cached_property
    def lead_moves(self) -> Counter[tuple[int, int]]:
        """How often the lead makes each move: interval in semitones, and inter-onset interval in steps."""
        pairs = pairwise(self._lead_line)
        return Counter((after[1] - before[1], after[0] - before[0]) for before, after in pairs)

    @cached_property
    def _lead_line(self) -> list[tuple[int, int]]:
        """Onset in steps and pitch of each lead note."""
        return [
            (index * self.steps_per_bar + note.onset, note.pitch)
            for index, bar in enumerate(self.bars[Role.LEAD])
            for note in bar
        ]

    @cached_property
    def onset_density(self) -> F64:
        """Onsets of all roles in each bar, relative to the piece's mean, shape (n_bars,)."""
        counts = np.array([sum(len(self.bars[role][bar]) for role in Role) for bar in range(self.n_bars)], np.float64)
        return np.asarray(counts / max(counts.mean(), 1e-9))

    @cached_property
    def _closure(self) -> F64:
        """How much each bar sounds like the end of a phrase, 0 to 1: the time after its last lead onset."""
        onsets = [onset for onset, _ in self._lead_line]
        closure = np.zeros(self.n_bars)
        gaps = np.diff([*onsets, self.n_bars * self.steps_per_bar])
        for onset, gap in zip(onsets, gaps, strict=True):
            closure[onset // self.steps_per_bar] = min(gap / (0.5 * self.steps_per_bar), 1.0)
        return closure

    @cached_property
    def phrases(self) -> tuple[Phrase, ...]:
        """The phrases in order: four bars each, counted from the bar that makes them end where the lead rests."""
        starts = sorted({0, *range(self._phrase_offset(), self.n_bars, PHRASE_BARS)})
        if len(starts) > 1 and self.n_bars - starts[-1] < 2:
            starts.pop()
        phrases: list[Phrase] = []
        for start, stop in zip(starts, [*starts[1:], self.n_bars], strict=True):
            new_label = len({phrase.label for phrase in phrases})
            label = next((phrase.label for phrase in phrases if self._is_repeat(phrase, start, stop)), new_label)
            phrases.append(Phrase(start, stop, label))
        return tuple(phrases)

    def _phrase_offset(self) -> int:
        """Return the first bar of the first whole phrase; 0 unless another one is clearly better."""
        if self.n_bars < PHRASE_BARS:
            return 0
        scores = [
            self._closure[(offset + PHRASE_BARS - 1) % PHRASE_BARS :: PHRASE_BARS].mean()
            for offset in range(PHRASE_BARS)
        ]
        best = int(np.argmax(scores))
        return best if scores[best] > scores[0] + _MIN_OFFSET_GAIN else 0

    def _is_repeat(self, phrase: Phrase, start: int, stop: int) -> bool:
        if len(phrase) != stop - start:
            return False
        equal = [self.bar_class(phrase.start + bar) == self.bar_class(start + bar) for bar in range(len(phrase))]
        return sum(equal) >= _MIN_EQUAL_SHARE * len(phrase)

    def bar_class(self, bar: int) -> tuple[object, ...]:
        """Return what makes two bars equal: the lead's notes or, where it rests, those of the accompaniment."""
        return self._bar_classes[bar]

    @cached_property
    def bar_class_ids(self) -> list[int]:
        """The class of each bar as a number: equal for equal bars."""
        known: dict[tuple[object, ...], int] = {}
        return [known.setdefault(bar_class, len(known)) for bar_class in self._bar_classes]

    @cached_property
    def _bar_classes(self) -> list[tuple[object, ...]]:
        return [self._bar_class(bar) for bar in range(self.n_bars)]

    def _bar_class(self, bar: int) -> tuple[object, ...]:
        lead = self.bars[Role.LEAD][bar]
        if lead or self.sounding[Role.LEAD][bar]:
            return ("lead", onset_pitches(lead))
        return ("rest", *(onset_pitches(self.bars[role][bar]) for role in (Role.HARMONY, Role.BASS)))

    @cached_property
    def lead_register(self) -> float:
        """Median pitch of the lead."""
        pitches = [note.pitch for bar in self.bars[Role.LEAD] for note in bar]
        return float(np.median(pitches)) if pitches else _DEFAULT_REGISTER
