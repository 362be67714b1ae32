"""Attributes that sliders move, and the sliders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from score.roles import Role


class Attribute(Enum):
    """An attribute that a slider moves."""

    DENSITY = "density"
    REGISTER = "register"
    SYNCOPATION = "syncopation"
    POLYPHONY = "polyphony"


ATTRIBUTES_BY_ROLE: Mapping[Role, tuple[Attribute, ...]] = {
    Role.LEAD: (Attribute.DENSITY, Attribute.REGISTER, Attribute.SYNCOPATION),
    Role.HARMONY: tuple(Attribute),
    Role.BASS: (Attribute.DENSITY, Attribute.REGISTER, Attribute.SYNCOPATION),
    Role.DRUMS: (Attribute.DENSITY, Attribute.SYNCOPATION, Attribute.POLYPHONY),
}
"""Drums have no register, and a single voice no polyphony."""


@dataclass(frozen=True)
class AttributeSlider:
    """How far to move an attribute.

    Attributes
    ----------
    attribute : Attribute
    value : float
        -1 to 1.
    role : Role or None
        None for every role that has the attribute.
    """

    attribute: Attribute
    value: float
    role: Role | None = None


def slider_value(sliders: Iterable[AttributeSlider], role: Role, attribute: Attribute) -> float:
    """Return the position of a role's slider: the sum of those that apply to it, -1 to 1.

    Parameters
    ----------
    sliders : iterable of AttributeSlider
    role : Role
    attribute : Attribute
        0 is returned if the role does not have it.
    """
    if attribute not in ATTRIBUTES_BY_ROLE[role]:
        return 0.0
    total = sum(each.value for each in sliders if each.attribute is attribute and each.role in (None, role))
    return max(-1.0, min(1.0, total))
