"""Notices of the services -> what the database stores: each once, and in a blend with the piece that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from segue.common.v1 import common_pb2

from gateway.domain.pieces import Notice


@dataclass(frozen=True)
class NoticedParent:
    """A parent of a blend, and what happened to it before it was blended.

    Attributes
    ----------
    title : str
        Its title.
    file_id : str
        Its id.
    notices : sequence of Notice
        What happened when it was read and transposed.
    """

    title: str
    file_id: str
    notices: Sequence[Notice] = field(default_factory=list)


def to_notices(messages: Iterable[common_pb2.Notice]) -> list[Notice]:
    """Return the notices of one piece in the same order, without duplicates."""
    return list(dict.fromkeys(_notice(message) for message in messages))


def to_blend_notices(parents: Sequence[NoticedParent], messages: Sequence[common_pb2.Notice]) -> list[Notice]:
    """Return the notices of a blend: those about each parent, with its title, and those about the blend itself.

    Transposing and blending both read a parent. What both say of it appears once: a reason that transposing gave is not
    repeated.

    Parameters
    ----------
    parents : sequence of NoticedParent
        The parents, in the order of the request.
    messages : sequence of Notice
        What the vae service says; `parent` is the index of the parent.
    """
    named: list[Notice] = []
    for index, parent in enumerate(parents):
        earlier = {notice.reason for notice in parent.notices}
        own = [message for message in messages if message.HasField("parent") and message.parent == index]
        later = [_notice(message) for message in own if message.reason not in earlier]
        named += [replace(each, piece=parent.title, file_id=parent.file_id) for each in (*parent.notices, *later)]
    about_result = [_notice(each) for each in messages if not each.HasField("parent") or each.parent >= len(parents)]
    return list(dict.fromkeys([*named, *about_result]))


def _notice(message: common_pb2.Notice) -> Notice:
    return Notice(
        reason=message.reason,
        message=message.message,
        first_bar=message.first_bar if message.HasField("first_bar") else None,
        last_bar=message.last_bar if message.HasField("last_bar") else None,
    )
