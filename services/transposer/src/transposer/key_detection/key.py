"""A musical key as a value."""

from __future__ import annotations

from typing import NamedTuple

N_KEYS = 24
"""Twelve major keys, then twelve minor keys."""


class Key(NamedTuple):
    """A key: its tonic from 0 (C) to 11 (B), and whether it is minor."""

    tonic: int
    is_minor: bool

    @property
    def class_index(self) -> int:
        """The key as a class, 0 to 23: its tonic, plus 12 if it is minor."""
        return self.tonic + 12 * self.is_minor

    @classmethod
    def from_class_index(cls, index: int) -> Key:
        """Return the key of a class, 0 to 23."""
        return cls(index % 12, index >= 12)
