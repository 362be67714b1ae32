"""All roles of a piece as events, in whole bars."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from score.quantization import codec
from score.quantization.note_table import END, N_COLUMNS, EncodedPart, NoteTable
from score.roles import Role


def encode_roles(notes: Mapping[Role, NoteTable], steps_per_bar: int) -> dict[Role, EncodedPart]:
    """Encode every role, cut after the last bar in which any of them sounds.

    The tables may have more columns than those of a note table.
    """
    last = max((int(table[:, END].max()) for table in notes.values()), default=1)
    n_steps = -(-last // steps_per_bar) * steps_per_bar
    encoded = {role: codec.encode(role, table[:, :N_COLUMNS], n_steps) for role, table in notes.items()}
    # Notes that have no place in the encoding may have been the last ones.
    last = max((codec.last_step(role, part.events) for role, part in encoded.items()), default=1)
    n_steps = max(-(-last // steps_per_bar), 1) * steps_per_bar
    return {
        role: part._replace(events=part.events[:n_steps], velocities=part.velocities[:n_steps])
        for role, part in encoded.items()
    }


def count_silent_bars(encoded: Mapping[Role, EncodedPart], steps_per_bar: int) -> int:
    """Return the number of whole bars before the first note."""
    onsets = [np.flatnonzero(part.velocities.reshape(len(part.events), -1).any(axis=1)) for part in encoded.values()]
    return min((int(steps[0]) for steps in onsets if len(steps)), default=0) // steps_per_bar
