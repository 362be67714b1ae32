"""The roll of a shared piece as SVG, of bounded size: the page that shows it is light whatever the piece."""

from __future__ import annotations

from itertools import groupby

from markupsafe import Markup

from gateway.sharing.roll_marks import INKS, RollMarks

WIDTH, HEIGHT = 1200, 260
"""Size of the drawing's coordinates."""

_MAX_MARKS = 2500
"""Largest number of notes that are written one by one: about 30 kB."""
_DRUM_SIZE = 5

_Place = tuple[str, bool, int, int, int]


def to_svg(roll: RollMarks) -> Markup:
    """Return a drawing in which each ink has a class of its own: ``first``, ``second`` and ``both``.

    The places of notes are whole numbers. A piece of more than `_MAX_MARKS` notes is placed on a coarser grid, where
    notes that coincide are written once.
    """
    grid = 1
    places = _places(roll, grid)
    while len(places) > _MAX_MARKS:
        grid *= 2
        places = _places(roll, grid)
    heights = [mark.height for mark in roll.marks if not mark.is_drum]
    stroke = max(2, round(min(heights, default=0.02) * HEIGHT))
    parts = [_bar_lines(roll)]
    for (ink, is_drum), group in groupby(places, key=lambda place: place[:2]):
        data = "".join(f"M{x} {y}h{width}" for _, _, x, y, width in group)
        size = _DRUM_SIZE if is_drum else stroke
        cap = ' stroke-linecap="round"' if is_drum else ""
        parts.append(f'<path class="{ink}" stroke-width="{size}"{cap} d="{data}"/>')
    body = "".join(parts)
    return Markup(f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">{body}</svg>')


def _places(roll: RollMarks, grid: int) -> list[_Place]:
    """Return ink, kind, left, middle and width of each note on a grid, without repetitions, in drawing order."""
    found: set[_Place] = set()
    for mark in roll.marks:
        x = round(mark.x * WIDTH / grid) * grid
        y = round((mark.y + mark.height / 2) * HEIGHT)
        width = 0 if mark.is_drum else max(2, round(mark.width * WIDTH / grid) * grid)
        found.add((mark.ink, mark.is_drum, x, y, width))
    return sorted(found, key=lambda place: (INKS.index(place[0]), *place[1:]))


def _bar_lines(roll: RollMarks) -> str:
    data = "".join(f"M{round(bar * WIDTH)} 0v{HEIGHT}" for bar in roll.bars[::4])
    return f'<path class="bars" stroke-width="1" d="{data}"/>'
