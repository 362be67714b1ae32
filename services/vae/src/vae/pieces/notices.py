"""Notices about the pieces of a blend, each with the index of its piece."""

from __future__ import annotations

from collections.abc import Sequence

from score.model import Notice

from vae.pieces.piece import Piece

_DRUMS_ONLY = "DRUMS_ONLY"


def piece_notices(pieces: Sequence[Piece], parents: Sequence[int]) -> list[Notice]:
    """Return what happened when the pieces of a blend were read, each notice once.

    Parameters
    ----------
    pieces : sequence of Piece
        All pieces of the request, as they are blended.
    parents : sequence of int
        Indices of those that give the blend something. That a piece has only drums matters if none has anything else.
    """
    about = [notice._replace(parent=index) for index in parents for notice in pieces[index].grid.notices]
    n_drums_only = sum(notice.reason == _DRUMS_ONLY for notice in about)
    is_drums_only = n_drums_only == len(parents)
    return list(dict.fromkeys(notice for notice in about if is_drums_only or notice.reason != _DRUMS_ONLY))
