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


def to_proto(notices: Iterable[NoticeLike]) -> list[common_pb2.Notice]:
    """Return the messages for notices, in the same order.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> [found] = to_proto([SimpleNamespace(reason="PIECE_LONG", message="The piece lasts 20 minutes.")])
    >>> found.reason
    'PIECE_LONG'
    """
    return [common_pb2.Notice(reason=notice.reason, message=notice.message) for notice in notices]
