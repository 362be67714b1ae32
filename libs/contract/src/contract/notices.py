"""Notices -> the `Notice` messages of the contracts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from segue.common.v1 import common_pb2


class NoticeLike(Protocol):
    """Anything with a reason and a message, such as `score.model.Notice`."""

    @property
    def reason(self) -> str:
        """The reason that programs read, in capitals: ``"METER_CONVERTED"``."""

    @property
    def message(self) -> str:
        """One or two sentences for a person."""

    @property
    def parent(self) -> int | None:
        """Index of the piece in the request that it is about; None for the result, or the only piece."""

    @property
    def first_bar(self) -> int | None:
        """The first bar that it is about, from 0; None for the whole piece."""

    @property
    def last_bar(self) -> int | None:
        """The last bar that it is about, from 0."""


def to_proto(notices: Iterable[NoticeLike]) -> list[common_pb2.Notice]:
    """Return the messages for notices, in the same order.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> [found] = to_proto([SimpleNamespace(reason="NOTES_FOLDED", message="...", parent=1, first_bar=4, last_bar=7)])
    >>> found.reason, found.parent, found.first_bar, found.last_bar
    ('NOTES_FOLDED', 1, 4, 7)
    """
    return [
        common_pb2.Notice(
            reason=notice.reason,
            message=notice.message,
            parent=notice.parent,
            first_bar=notice.first_bar,
            last_bar=notice.last_bar,
        )
        for notice in notices
    ]
