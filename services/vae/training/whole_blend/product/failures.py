"""What should never happen in a blend, counted on its MIDI file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from score import grid as grids
from score import midi
from score.arrays import Bool
from score.encoding import MAX_PITCH, MIN_PITCH
from score.grid import Grid
from score.model import Score
from score.quantization.note_table import PITCH
from score.roles import PITCHED_ROLES, ROLES, Role
from vae.blending.blend_options import BlendOptions
from vae.phrases.context import PhraseContext, build_phrase_context
from vae.pieces.piece import read_midi
from vae.planning.ingredients import INGREDIENTS_BY_ROLE

from ...evaluation.blend_failures import MetParents, count_empty_bars, count_overlong_notes, sounding_bars

_UNMATCHED_REASONS = ("NOTES_UNENDED", "NOTE_ENDS_UNMATCHED")
_OCTAVE = 12
_MIN_SHARE = 0.5
"""A role that only some parents have may come in late, or not at all, if they have a smaller share of it."""


@dataclass(frozen=True)
class CaseFailures:
    """Failures of one blend.

    Attributes
    ----------
    empty_bars : int
        Bars without any sound though all parents sound where they meet.
    silent_lead_bars : int
        Bars without a lead though the leads of all parents sound where they meet.
    endless_last_notes, stuck_notes : int
        As in `training.evaluation.blend_failures`; notes that the file never ends are stuck.
    notes_out_of_range : int
        Notes that are no MIDI pitch of the grid, and pitched notes more than an octave above or below all notes that
        the parents have in their role.
    lost_roles : int
        Roles that all parents have, or parents with at least half of its share, and the blend lacks.
    """

    empty_bars: int
    silent_lead_bars: int
    endless_last_notes: int
    stuck_notes: int
    notes_out_of_range: int
    lost_roles: int

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))

    def __str__(self) -> str:
        counts = {each.name: getattr(self, each.name) for each in fields(self)}
        return ", ".join(f"{name} {count}" for name, count in counts.items() if count)


def find_failures(files: Sequence[bytes], options: BlendOptions, data: bytes) -> CaseFailures:
    """Count the failures of a blend.

    Parameters
    ----------
    files : sequence of bytes
        MIDI files of the parents.
    options : BlendOptions
        Of a blend by phrases: no parent has the share 1 in everything.
    data : bytes
        The blend as a MIDI file.
    """
    score = midi.parse(data)
    grid = grids.from_score(score)
    context = build_phrase_context([read_midi(each) for each in files], options)
    met = MetParents(context.pieces, context.plan.source_bars)
    n_unmatched = sum(notice.reason in _UNMATCHED_REASONS for notice in score.notices)
    leads: Bool = np.asarray(met.sounding(Role.LEAD).all(axis=0))
    n_endless, n_stuck = count_overlong_notes(grid, met.pieces)
    return CaseFailures(
        empty_bars=count_empty_bars(grid, met)[0],
        silent_lead_bars=int((leads & ~sounding_bars(grid, Role.LEAD, len(leads))).sum()),
        endless_last_notes=n_endless,
        stuck_notes=n_stuck + n_unmatched,
        notes_out_of_range=sum(_count_out_of_range(score, grid, met, role) for role in PITCHED_ROLES),
        lost_roles=len(_expected_roles(context, met) - set(grid.roles)),
    )


def _count_out_of_range(score: Score, grid: Grid, met: MetParents, role: Role) -> int:
    """Count the notes of a role that are too far from the parents' notes, or cannot be written."""
    if role not in grid.events:
        return 0
    track = next((track for track in score.tracks if track.name == role.value.title()), None)
    pitches = np.array([note.pitch for note in track.notes] if track else [], np.int64)
    known = [piece.grid.notes(role)[:, PITCH] for piece in met.pieces if role in piece.grid.events]
    is_outside = (pitches < MIN_PITCH) | (pitches > MAX_PITCH)
    if known:
        own = np.concatenate(known)
        is_outside |= (pitches < own.min() - _OCTAVE) | (pitches > own.max() + _OCTAVE)
    return int(is_outside.sum())


def _expected_roles(context: PhraseContext, met: MetParents) -> set[Role]:
    """Return the roles that sound in the met bars of parents with at least half of their share."""
    expected = set()
    for role in ROLES:
        has_role = met.sounding(role).any(axis=1)
        shares = np.mean([context.plan.shares.mean(each) for each in INGREDIENTS_BY_ROLE[role]], axis=0)
        if has_role.any() and shares[has_role].sum() >= _MIN_SHARE:
            expected.add(role)
    return expected
