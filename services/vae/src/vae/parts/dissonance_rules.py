"""Rules on the finished parts: lead notes on beats fit the chord, and no minor seconds between roles on strong beats.

A dissonance is retained where a parent has it: both notes sound at the same step of the parent's bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from score.roles import PITCHED_ROLES, Role

from vae.analysis.bar_notes import CHORD_STEPS, STRONG_STEPS, BarNote, Bars, distinct_notes
from vae.analysis.chord_recognition import CHORD_TONES
from vae.analysis.parent import Parent
from vae.analysis.pitch_classes import MAJOR_SCALE, is_semitone_apart
from vae.planning.form import FormPlan

_STEPS_PER_BEAT = 4
_OUTSIDE_COST, _SEMITONE_COST, _OUT_OF_SCALE_COST, _LEAP_COST = 3.0, 50.0, 6.0, 0.3
_FREE_LEAP_SEMITONES = 7
_OUTSIDE_CHORD_COST = 4.0
_LEAD_SEARCH_SEMITONES, _SEARCH_SEMITONES = 4, 6

_PRIORITIES = ((Role.HARMONY, Role.BASS), (Role.HARMONY, Role.LEAD), (Role.LEAD, Role.BASS))
"""Pairs of roles: the first one changes, the second one stays."""


@dataclass(frozen=True)
class RuleContext:
    """What the rules depend on.

    Attributes
    ----------
    plan : FormPlan
    parents : sequence of Parent
    chords : sequence of int
        The blend's chord in each half bar.
    major_tonic : int
        Tonic of the major key with the blend's signature.
    """

    plan: FormPlan
    parents: Sequence[Parent]
    chords: Sequence[int]
    major_tonic: int

    @property
    def steps_per_bar(self) -> int:
        """Steps of a bar."""
        return self.parents[0].steps_per_bar

    @property
    def meter(self) -> str:
        """The blend's meter."""
        return self.parents[0].grid.meter

    def chord_tones(self, step: int) -> set[int]:
        """Return the pitch classes of the chord at a step of the blend."""
        bar, bar_step = divmod(step, self.steps_per_bar)
        return set(CHORD_TONES[self.chords[2 * bar + int(bar_step >= CHORD_STEPS[self.meter][1])]])


class SoundingNotes:
    """The notes of a role that sound at each step, as (bar, index in the bar)."""

    def __init__(self, bars: Bars, steps_per_bar: int) -> None:
        self.bars = [list(bar) for bar in bars]
        self.at_step: list[list[tuple[int, int]]] = [[] for _ in range(len(bars) * steps_per_bar)]
        for bar, notes in enumerate(self.bars):
            for index, note in enumerate(notes):
                begin = bar * steps_per_bar + note.onset
                for step in range(begin, min(begin + note.duration, len(self.at_step))):
                    self.at_step[step].append((bar, index))

    def pitches(self, step: int) -> list[int]:
        """Return the pitches that sound at a step."""
        return [self.bars[bar][index].pitch for bar, index in self.at_step[step]]

    def set_pitch(self, bar: int, index: int, pitch: int) -> None:
        """Change the pitch of a note.

        Parameters
        ----------
        bar, index : int
            The bar and the note's index in it.
        pitch : int
            MIDI pitch.
        """
        self.bars[bar][index] = self.bars[bar][index]._replace(pitch=pitch)

    def to_bars(self) -> Bars:
        """Return the bars without duplicate notes."""
        return [distinct_notes(bar) for bar in self.bars]


def apply_rules(context: RuleContext, parts: dict[Role, Bars]) -> dict[Role, Bars]:
    """Return the parts of a blend with the rules applied: to the lead first, then between the roles."""
    sounding = {role: SoundingNotes(parts[role], context.steps_per_bar) for role in PITCHED_ROLES if role in parts}
    rules = _Rules(context, sounding)
    rules.fit_lead_to_chords()
    rules.remove_minor_seconds()
    return {**parts, **{role: notes.to_bars() for role, notes in sounding.items()}}


class _Rules:
    def __init__(self, context: RuleContext, sounding: dict[Role, SoundingNotes]) -> None:
        self.context, self.sounding = context, sounding
        self.strong_steps = STRONG_STEPS[context.meter]
        self.parent_pitches = [_pitches_by_step(parent) for parent in context.parents]

    def fit_lead_to_chords(self) -> None:
        """Move lead notes on beats that are a semitone from the chord to the nearest fitting pitch."""
        if Role.LEAD not in self.sounding:
            return
        lead = self.sounding[Role.LEAD]
        for bar, notes in enumerate(lead.bars):
            for index, note in enumerate(notes):
                if note.onset % _STEPS_PER_BEAT and note.onset not in self.strong_steps:
                    continue
                step = bar * self.context.steps_per_bar + note.onset
                accompaniment = self._accompaniment(step)
                if self._is_dissonant(note, step, accompaniment):
                    neighbors = [notes[at].pitch for at in (index - 1, index + 1) if 0 <= at < len(notes)]
                    classes = {pitch % 12 for _, pitch in accompaniment}
                    lead.set_pitch(bar, index, self._fitting_lead_pitch(note.pitch, classes, neighbors))

    def _accompaniment(self, step: int) -> list[tuple[Role, int]]:
        """Return the pitches of harmony and bass at a step."""
        roles = [role for role in (Role.HARMONY, Role.BASS) if role in self.sounding]
        return [(role, pitch) for role in roles for pitch in self.sounding[role].pitches(step)]

    def _is_dissonant(self, note: BarNote, step: int, accompaniment: list[tuple[Role, int]]) -> bool:
        """Return whether a lead note is a semitone from the chord without being in it or in a parent's bar."""
        tones = self.context.chord_tones(step)
        if not accompaniment:
            return (
                note.pitch % 12 not in tones
                and note.onset in self.strong_steps
                and not self._parent_has(step, (Role.LEAD, note.pitch))
                and is_semitone_apart(note.pitch, tones)
            )
        if note.pitch % 12 in {pitch % 12 for _, pitch in accompaniment}:
            return False
        beside = [(role, pitch) for role, pitch in accompaniment if is_semitone_apart(note.pitch, [pitch])]
        return any(not self._parent_has(step, (Role.LEAD, note.pitch), other) for other in beside)

    def _fitting_lead_pitch(self, pitch: int, classes: set[int], neighbors: list[int]) -> int:
        def cost(candidate: int) -> float:
            outside = _OUTSIDE_COST * (candidate % 12 not in classes) if classes else 0.0
            semitone = _SEMITONE_COST * is_semitone_apart(candidate, classes)
            is_out_of_scale = (candidate - self.context.major_tonic) % 12 not in MAJOR_SCALE
            chromatic = _OUT_OF_SCALE_COST * (is_out_of_scale and candidate % 12 not in classes)
            leap = sum(max(abs(candidate - neighbor) - _FREE_LEAP_SEMITONES, 0) for neighbor in neighbors)
            return outside + semitone + chromatic + abs(candidate - pitch) + _LEAP_COST * leap

        return min(range(pitch - _LEAD_SEARCH_SEMITONES, pitch + _LEAD_SEARCH_SEMITONES + 1), key=cost)

    def _parent_has(self, step: int, *notes: tuple[Role, int]) -> bool:
        """Return whether all notes sound together at this place of a parent."""
        bar, bar_step = divmod(step, self.context.steps_per_bar)
        slot = self.context.plan.slots[bar]
        for side, pitches in enumerate(self.parent_pitches):
            at = slot.bars[side] * self.context.steps_per_bar + bar_step
            if all(pitch in pitches[role][at] for role, pitch in notes):
                return True
        return False

    def remove_minor_seconds(self) -> None:
        """Change what is a semitone from another role on a strong beat, in any octave."""
        for bar in range(len(self.context.plan.slots)):
            for bar_step in self.strong_steps:
                step = bar * self.context.steps_per_bar + bar_step
                for changing, fixed in _PRIORITIES:
                    if changing in self.sounding and fixed in self.sounding:
                        self._separate(step, changing, fixed)

    def _separate(self, step: int, changing: Role, fixed: Role) -> None:
        notes = self.sounding[changing]
        for bar, index in list(notes.at_step[step]):
            pitch = notes.bars[bar][index].pitch
            for other in self.sounding[fixed].pitches(step):
                is_semitone = is_semitone_apart(pitch, [other])
                if is_semitone and not self._parent_has(step, (changing, pitch), (fixed, other)):
                    notes.set_pitch(bar, index, self._consonant_pitch(step, changing, pitch))
                    break

    def _consonant_pitch(self, step: int, role: Role, pitch: int) -> int:
        """Return the nearest pitch that is a semitone from no other role at a step, preferably a chord tone."""
        others = {
            other % 12 for name, notes in self.sounding.items() if name is not role for other in notes.pitches(step)
        }
        tones = self.context.chord_tones(step)

        def cost(candidate: int) -> float:
            semitone = _SEMITONE_COST * is_semitone_apart(candidate, others)
            outside = _OUTSIDE_CHORD_COST * (candidate % 12 not in tones and candidate % 12 not in others)
            return semitone + outside + abs(candidate - pitch)

        return min(range(pitch - _SEARCH_SEMITONES, pitch + _SEARCH_SEMITONES + 1), key=cost)


def _pitches_by_step(parent: Parent) -> dict[Role, list[set[int]]]:
    """Return the pitches of each role of a parent at each step of its piece."""
    sounding = {role: SoundingNotes(parent.bars[role], parent.steps_per_bar) for role in PITCHED_ROLES}
    n_steps = parent.n_bars * parent.steps_per_bar
    return {role: [set(notes.pitches(step)) for step in range(n_steps)] for role, notes in sounding.items()}
