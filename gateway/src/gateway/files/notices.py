"""Notices of the services -> what the database stores: each once, and in a blend with the piece that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from segue.common.v1 import common_pb2

from gateway.domain.pieces import Notice

_GRID_FOUND = "GRID_FOUND"

REPLACED_REASONS = {_GRID_FOUND: {"TEMPO_CHANGES_KEPT"}, "TRACKS_SILENT": {"TRACK_SILENT"}}
"""By reason, the notices of the same piece that become void: tempo changes of found beats are not the file's."""


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
    """Return the notices of one piece in the same order, each once, without those that another one replaces."""
    return _consistent([_notice(message) for message in messages])


def found_grid_notices(notices: Iterable[Notice]) -> list[Notice]:
    """Return the notice that the beats of an upload were found, which only reading the upload itself gives."""
    return [notice for notice in notices if notice.reason == _GRID_FOUND and notice.piece is None]


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
        about = _consistent([*parent.notices, *later])
        named += [replace(each, piece=parent.title, file_id=parent.file_id) for each in about]
    about_result = [_notice(each) for each in messages if not each.HasField("parent") or each.parent >= len(parents)]
    return list(dict.fromkeys([*named, *about_result]))


def _consistent(notices: Sequence[Notice]) -> list[Notice]:
    """Return notices about one piece, each once, without those that another one makes void."""
    void = {reason for notice in notices for reason in REPLACED_REASONS.get(notice.reason, ())}
    return [notice for notice in dict.fromkeys(notices) if notice.reason not in void]


def _notice(message: common_pb2.Notice) -> Notice:
    return Notice(
        reason=message.reason,
        message=message.message,
        first_bar=message.first_bar if message.HasField("first_bar") else None,
        last_bar=message.last_bar if message.HasField("last_bar") else None,
    )
