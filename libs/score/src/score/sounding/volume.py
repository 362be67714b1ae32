"""Volume and expression: how loud the notes of an instrument are, and which of them are silent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from score.arrays import F64, I64, Bool
from score.model import Event
from score.sounding.controls import EXPRESSION, RESET_CONTROLLERS, VOLUME, StepCurve, controller, product
from score.sounding.note_array import END, ONSET, VELOCITY

_USUAL_VOLUME, _FULL = 100.0, 127.0
"""Values of General MIDI at the start: volume 100, expression 127."""

_SILENT_LEVEL = 0.03
"""Levels up to this are silent: 60 dB below the usual one."""

_LOUD_QUANTILE = 0.95
_MAX_VELOCITY = 127


def level_curve(events: Sequence[Event]) -> StepCurve | None:
    """Return volume times expression relative to their usual values; None if neither is set.

    General MIDI attenuates by 40 log10 of velocity, volume and expression alike, so a level multiplies velocities.
    """
    volumes, expressions = controller(events, VOLUME), controller(events, EXPRESSION)
    if not volumes and not expressions:
        return None
    resets = [(tick, int(_FULL)) for tick, _ in controller(events, RESET_CONTROLLERS)]
    expressions = sorted([*expressions, *resets], key=lambda change: change[0])
    return product(
        StepCurve.from_changes([(tick, value / _USUAL_VOLUME) for tick, value in volumes], 1.0),
        StepCurve.from_changes([(tick, value / _FULL) for tick, value in expressions], 1.0),
    )


def levels(notes: I64, curve: StepCurve) -> tuple[F64, Bool]:
    """Return the mean level of each note of an instrument, and which notes are silent from onset to end."""
    bounds = notes[:, ONSET], notes[:, END]
    is_audible = StepCurve(curve.ticks, (curve.values > _SILENT_LEVEL).astype(np.float64))
    return curve.mean(*bounds), is_audible.mean(*bounds) <= 0


def scale_velocities(notes: I64, note_levels: F64) -> None:
    """Multiply velocities by levels, in place.

    If more than a few notes would be louder than MIDI allows, all notes are softened alike: their balance is kept.
    """
    scaled = notes[:, VELOCITY] * note_levels
    loudest = float(np.quantile(scaled, _LOUD_QUANTILE, method="higher"))
    scaled /= max(loudest / _MAX_VELOCITY, 1.0)
    notes[:, VELOCITY] = np.clip(np.floor(scaled + 0.5), 1, _MAX_VELOCITY).astype(np.int64)
