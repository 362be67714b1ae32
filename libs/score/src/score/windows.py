"""Windows: two bars of one role, the unit that the VAE encodes and decodes.

A window is complete by itself: a note that continues from the window before is repeated at its start, and silence at
the start is a note-off.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from score.arrays import I16, Bool
from score.encoding import BARS_PER_WINDOW, HOLD, OFF, STEPS_PER_BAR, sounding_event
from score.grid import Grid
from score.roles import Role


def steps_per_window(meter: str) -> int:
    """Return the number of steps in a window.

    Examples
    --------
    >>> steps_per_window("4/4"), steps_per_window("6/8")
    (32, 24)
    """
    return BARS_PER_WINDOW * STEPS_PER_BAR[meter]


def count(grid: Grid) -> int:
    """Return the number of windows of a grid; the last one may be padded with a bar of silence.

    Examples
    --------
    >>> from score.grid import from_events
    >>> count(from_events("4/4", {Role.BASS: np.zeros(48, np.int16)}))
    2
    """
    return -(-grid.n_bars // BARS_PER_WINDOW)


def split(grid: Grid) -> dict[Role, I16]:
    """Split every role into windows.

    Returns
    -------
    dict of Role to ndarray, int16
        Shape (n_windows, n_steps), for harmony (n_windows, n_steps, 4).

    Examples
    --------
    >>> from score.grid import from_events
    >>> three_bars = np.array([41, *[0] * 47], np.int16)  # one long note
    >>> split(from_events("4/4", {Role.LEAD: three_bars}))[Role.LEAD][:, 0].tolist()
    [41, 41]
    """
    length = steps_per_window(grid.meter)
    windows: dict[Role, I16] = {}
    for role in grid.roles:
        events = _pad(grid.events[role], count(grid) * length, is_pitched=role is not Role.DRUMS)
        shape = (count(grid), length, *events.shape[1:])
        cut = events.reshape(shape).copy()
        if role is not Role.DRUMS:
            is_open = cut[:, 0] == HOLD
            cut[:, 0][is_open] = sounding_event(events).reshape(shape)[:, 0][is_open]
        windows[role] = cut
    return windows


def continuations(grid: Grid) -> dict[Role, Bool]:
    """Return, for every window of a pitched role, whether a note continues into it from the window before.

    Returns
    -------
    dict of Role to ndarray, bool
        Shape (n_windows,), for harmony (n_windows, 4); no drums.
    """
    length = steps_per_window(grid.meter)
    found: dict[Role, Bool] = {}
    for role in grid.roles:
        if role is Role.DRUMS:
            continue
        events = _pad(grid.events[role], count(grid) * length, is_pitched=True)
        found[role] = (events[::length] == HOLD) & (sounding_event(events)[::length] > OFF)
    return found


def join(
    windows: Mapping[Role, I16], n_bars: int | None = None, tied: Mapping[Role, Bool] | None = None
) -> dict[Role, I16]:
    """Join windows into the events of a grid.

    A window that begins with a hold continues the note before it. Note-offs during silence are dropped, as in a grid.

    Parameters
    ----------
    windows : mapping of Role to ndarray
        As `split` returns them, or as a model has decoded them.
    n_bars : int, optional
        Number of bars to return; all by default.
    tied : mapping of Role to ndarray, optional
        As `continuations` returns it: a window marked so that begins with the pitch that already sounds continues it
        instead of repeating it.

    Returns
    -------
    dict of Role to ndarray, int16
        Shape (n_steps,), for harmony (n_steps, 4): the events of a grid.

    Examples
    --------
    >>> cut = np.zeros((2, 32), np.int16)
    >>> cut[:, 0] = 41
    >>> np.flatnonzero(join({Role.LEAD: cut})[Role.LEAD]).tolist()
    [0, 32]
    >>> np.flatnonzero(join({Role.LEAD: cut}, tied={Role.LEAD: np.array([False, True])})[Role.LEAD]).tolist()
    [0]
    """
    joined: dict[Role, I16] = {}
    for role, cut in windows.items():
        n_windows, length = cut.shape[:2]
        events = np.asarray(cut, dtype=np.int16).reshape(n_windows * length, *cut.shape[2:]).copy()
        if role is not Role.DRUMS:
            if tied is not None and role in tied:
                _tie(events, length, tied[role])
            _normalize_rests(events)
        joined[role] = events if n_bars is None else events[: n_bars * length // BARS_PER_WINDOW]
    return joined


def _pad(events: I16, n_steps: int, *, is_pitched: bool) -> I16:
    missing = n_steps - len(events)
    if missing == 0:
        return events
    silence = np.zeros((missing, *events.shape[1:]), dtype=np.int16)
    if is_pitched:
        silence[0] = OFF
    return np.concatenate((events, silence))


def _tie(events: I16, length: int, tied: Bool) -> None:
    """Replace the repeated onset at the start of a tied window with a hold, in place."""
    starts = np.arange(length, len(events), length)
    before = sounding_event(events)[starts - 1]
    is_tied = tied[1 : len(starts) + 1] & (events[starts] == before) & (before > OFF)
    events[starts] = np.where(is_tied, HOLD, events[starts])


def _normalize_rests(events: I16) -> None:
    """Write silence as a grid does, in place: a note-off at the first step, none where nothing sounds."""
    before = np.concatenate((np.full_like(events[:1], OFF), sounding_event(events)[:-1]))
    events[(events == OFF) & (before == OFF)] = HOLD
    events[0] = np.where(events[0] == HOLD, OFF, events[0])
