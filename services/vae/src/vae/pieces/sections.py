"""Sections of a piece, and conversions between sections and the labels of windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase


@dataclass(frozen=True)
class Section:
    """A stretch of a piece.

    Attributes
    ----------
    start, stop : int
        Its windows; `stop` is excluded.
    label : str
        A, B, ...; sections that sound alike share a label.
    """

    start: int
    stop: int
    label: str


def section_label(index: int) -> str:
    """Return the label of the `index`-th kind of section: A to Z, then AA, AB and so on."""
    rest, letter = divmod(index, len(ascii_uppercase))
    return (section_label(rest - 1) if rest else "") + ascii_uppercase[letter]


def window_labels(sections: Sequence[Section]) -> list[str]:
    """Return the section label of each window."""
    return [section.label for section in sections for _ in range(section.start, section.stop)]


def merge_labels(labels: Sequence[str]) -> tuple[Section, ...]:
    """Return the sections of labelled windows: the inverse of `window_labels`, with equal neighbours merged."""
    starts = [index for index in range(len(labels)) if index == 0 or labels[index] != labels[index - 1]]
    bounds = [*starts, len(labels)]
    return tuple(Section(start, stop, labels[start]) for start, stop in zip(starts, bounds[1:], strict=True))
