"""The parents' leads in the windows of a blend, and the chords of these windows as the models number them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from score.arrays import I8, I16, I64, Bool
from score.chords import BEATS_PER_WINDOW, STEPS_PER_BEAT
from score.encoding import BARS_PER_WINDOW, HOLD, OFF, sounding_event
from score.roles import Role

from vae.analysis.bar_notes import CHORD_STEPS
from vae.phrases.composition import BlendPlan

_TRIAD_QUALITIES = np.array([0, 1, 3, 0])
"""Major, minor, diminished and dominant seventh chords -> the quality of their triad in `score.chords`."""


@dataclass(frozen=True)
class LeadWindows:
    """The lead of one parent in the windows of a blend.

    Attributes
    ----------
    windows : ndarray, shape (n_windows, n_steps), int16
        Each complete by itself, as `score.windows.split` returns them.
    chords : ndarray, shape (n_windows, BEATS_PER_WINDOW), int8
        The parent's own triads, numbered as in `score.chords`.
    continues : ndarray, shape (n_windows,), bool
        Where a note goes on from the window before, in the blend as in the parent.
    """

    windows: I16
    chords: I8
    continues: Bool


def arrange_lead(plan: BlendPlan, side: int, bars: Sequence[tuple[int, int]]) -> LeadWindows:
    """Arrange the lead of a parent in windows; they are silent if it has none.

    Parameters
    ----------
    plan : BlendPlan
    side : int
        The parent's index.
    bars : sequence of (int, int)
        The bars of the blend in each window, from `vae.phrases.windows.pair_bars`.
    """
    parent, slots = plan.parents[side], plan.form.slots
    n_steps = parent.steps_per_bar
    own = np.array([[slots[bar].bars[side] for bar in pair] for pair in bars])
    if not parent.has_role(Role.LEAD):
        windows = np.full((len(bars), BARS_PER_WINDOW * n_steps), HOLD, np.int16)
        windows[:, 0] = OFF
        return LeadWindows(windows, np.zeros((len(bars), BEATS_PER_WINDOW), np.int8), np.zeros(len(bars), bool))
    events = parent.grid.events[Role.LEAD][: parent.n_bars * n_steps].reshape(parent.n_bars, n_steps)
    in_force = sounding_event(events.reshape(-1)).reshape(parent.n_bars, n_steps)
    arranged = events[own]
    # A bar whose bar before is another one than in the parent begins with what sounds there.
    before = np.array([[slots[max(first - 1, 0)].bars[side], slots[first].bars[side]] for first, _ in bars])
    is_joined = own == before + 1
    is_open = arranged[:, :, 0] == HOLD
    restart = is_open & ~np.stack([np.zeros(len(bars), bool), is_joined[:, 1]], axis=1)
    arranged[:, :, 0] = np.where(restart, in_force[own][:, :, 0], arranged[:, :, 0])
    continues = is_open[:, 0] & is_joined[:, 0] & (arranged[:, 0, 0] > OFF)
    triads = _to_triads(parent.chord_symbols, parent.grid.meter, n_steps)
    return LeadWindows(arranged.reshape(len(bars), -1), _window_chords(triads, own), continues)


def _to_triads(chords: I64, meter: str, steps_per_bar: int) -> I8:
    """Return the triad of each beat of chords by half bar, shape (n_bars, beats_per_bar), as `score.chords` numbers."""
    quality, root = np.divmod(chords, 12)
    triads = (1 + 12 * _TRIAD_QUALITIES[quality] + root).astype(np.int8).reshape(-1, 2)
    is_second_half = np.arange(0, steps_per_bar, STEPS_PER_BEAT) >= CHORD_STEPS[meter][1]
    return np.asarray(triads[:, is_second_half.astype(int)])


def _window_chords(triads: I8, bars: I64) -> I8:
    by_window = triads[bars].reshape(len(bars), -1)
    return np.pad(by_window, ((0, 0), (0, BEATS_PER_WINDOW - by_window.shape[1])))


def blend_triads(plan: BlendPlan, bars: Sequence[tuple[int, int]]) -> I8:
    """Return the triads of the blend in windows, shape (n_windows, BEATS_PER_WINDOW)."""
    triads = _to_triads(plan.chords, plan.parents[0].grid.meter, plan.steps_per_bar)
    return _window_chords(triads, np.array(bars))
