"""How far a slider reaches: nearly as far down as up, so that it is one straight line through the piece as it is."""

from __future__ import annotations

from vae.attributes.attribute import Attribute
from vae.attributes.part import Part

_N_POSITIONS = 10
"""Positions of a slider on each side of 0 at which it should differ by the same amount."""

_MAX_RATIO = 1.1
"""How much farther one side may reach than the other."""

_MAX_REACH = {Attribute.DENSITY: 0.6, Attribute.SYNCOPATION: 0.4, Attribute.POLYPHONY: 1.2, Attribute.REGISTER: 12.0}
_MIN_REACH = {Attribute.DENSITY: 0.15, Attribute.SYNCOPATION: 0.04, Attribute.POLYPHONY: 0.15, Attribute.REGISTER: 4.0}
"""By attribute, the reach of the side with more room if the other side has none, as far as it has that room. Units:
onset steps (density, syncopation) or notes (polyphony) for each onset step, semitones for each note."""

_EVEN_SHARE = 0.8


def choose_reaches(part: Part, attribute: Attribute, down: float, up: float) -> tuple[float, float]:
    """Return the reach of both sides of a slider, in the attribute's total over all onset steps or notes.

    Parameters
    ----------
    part : Part
    attribute : Attribute
    down, up : float
        By how much the total can fall and rise.
    """
    n_units = len(part.onsets)
    if attribute is Attribute.REGISTER:
        n_units = sum(len(column) for column in part.columns.values())
    least = min(down, up)
    limit = min(_MAX_REACH[attribute] * n_units, max(_MAX_RATIO * least, _MIN_REACH[attribute] * n_units))
    reaches = min(down, limit), min(up, limit)
    if attribute is Attribute.REGISTER:
        return reaches
    return _even_reach(reaches[0]), _even_reach(reaches[1])


def _even_reach(reach: float) -> float:
    """Return the largest reach not above a given one whose positions differ by nearly equal whole numbers."""
    by_position = reach / _N_POSITIONS
    if by_position < 1 or int(by_position) / by_position >= _EVEN_SHARE:
        return reach
    return _N_POSITIONS * int(by_position) / _EVEN_SHARE
