"""Who rests when: drawn bar by bar as the style's own music rests, never everybody at once.

The trained model carries, for each style, how often which roles sound together in the two bars of a window, and what
follows what: a Markov chain over windows. A window that the form brings back rests as its source did. Styles whose
music never rests have one state, and nothing is taken from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from score.encoding import HOLD, OFF
from score.roles import ROLES, Role

from gan.form import NO_SOURCE, Form
from gan.hearing import Events

Playing = npt.NDArray[np.bool_]
"""Who plays in each bar: (bars, roles)."""

EVERYBODY = "ff"
"""A state is two hexadecimal digits, one a bar; bit i of a digit says that the role ``ROLES[i]`` sounds."""

LEAST_SHARE = 0.5
"""A role that would play in less of the piece than this plays throughout, as in the music learnt from."""


@dataclass(frozen=True, slots=True)
class Rests:
    """How a style rests: ``start`` counts the states of first windows, ``following`` those after each state."""

    start: Mapping[str, int]
    following: Mapping[str, Mapping[str, int]]


NEVER = Rests({EVERYBODY: 1}, {})


def plan(rests: Rests, form: Form, n_bars: int, random: np.random.Generator) -> Playing:
    """Draw who plays in which bar; in the last bar everybody does.

    Parameters
    ----------
    rests : Rests
    form : Form
    n_bars : int
    random : numpy.random.Generator
    """
    states: list[str] = []
    for window, source in enumerate(form.source):
        known = rests.following.get(states[-1], rests.start) if window else rests.start
        drawn = str(random.choice(list(known), p=np.array(list(known.values())) / sum(known.values())))
        states.append(drawn if source == NO_SOURCE else states[source])
    masks = np.array([int(digit, 16) for state in states for digit in state])
    playing: Playing = ((masks[:n_bars, None] >> np.arange(len(ROLES))) & 1).astype(np.bool_)
    playing[:, playing.mean(0) < LEAST_SHARE] = True
    playing[-1] = True
    return playing


def rest(events: Mapping[Role, Events], playing: Playing, steps_per_bar: int) -> dict[Role, Events]:
    """Silence roles in the bars in which they rest; in a bar that would be left empty everybody plays.

    Parameters
    ----------
    events : mapping of Role to ndarray, int16
        A grid's events.
    playing : ndarray, shape (bars, roles), bool
    steps_per_bar : int
    """
    own = playing[:, [ROLES.index(role) for role in events]]
    own = own | ~own.any(1, keepdims=True)
    return {role: _silence(values, role, own[:, i], steps_per_bar) for i, (role, values) in enumerate(events.items())}


def _silence(values: Events, role: Role, playing: npt.NDArray[np.bool_], steps_per_bar: int) -> Events:
    bars = values.reshape(len(playing), steps_per_bar, *values.shape[1:]).copy()
    bars[~playing] = HOLD
    if role is not Role.DRUMS:
        resting = np.flatnonzero(~playing)
        bars[resting, 0] = OFF
        # What was held out of a bar that now rests must not be taken for the note before it.
        after = resting[resting + 1 < len(bars)] + 1
        bars[after, 0] = np.where(bars[after, 0] == HOLD, OFF, bars[after, 0])
    return bars.reshape(values.shape)
