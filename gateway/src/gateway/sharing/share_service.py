"""Makes, finds and ends shares, and keeps the shared pieces for as long as their links were promised."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from servicekit.faults import Conflict, InvalidInput, NotFound, ShareEnded

from gateway.context import AppContext
from gateway.domain.json_codec import JsonObject
from gateway.files import recordings
from gateway.ids import new_id
from gateway.storage.rows import FileRow
from gateway.storage.shares import ShareRepository, ShareRow

MAX_PUBLISHED = 100
"""The gallery shows the newest published pieces, so that nobody can flood it."""

PUBLISHED_METHODS: Mapping[str, Literal["vae", "gan", "hybrid"]] = {
    "vae": "vae",
    "steps": "vae",
    "gan": "gan",
    "hybrid": "hybrid",
}
"""Methods of the pieces that may be published, and what the gallery calls them."""

_SLUG_BYTES = 16
_MAX_LIVE = 20
"""Largest number of links to one piece."""
_DAY_S = 86400
_ENDED_DAYS = 90
"""Days for which the page of an ended link says so. Later it is as unknown as one that never was."""


@dataclass(frozen=True)
class SharedPiece:
    """A share that has not ended, its file, and the file's MIDI: of a recording, its transcription."""

    share: ShareRow
    row: FileRow
    piece: FileRow


class ShareService:
    """Makes, finds and ends shares.

    Parameters
    ----------
    context : AppContext
        The stores.
    repository : ShareRepository
        The repository of shares.
    """

    def __init__(self, context: AppContext, repository: ShareRepository) -> None:
        self._context = context
        self._repository = repository

    async def create(self, row: FileRow, days: int | None, is_published: bool, owner_id: str | None) -> ShareRow:
        """Make a link to a file, and postpone the file's expiry until the link ends.

        Parameters
        ----------
        row : FileRow
            The file; the caller may change it.
        days : int or None
            Days until the link ends; None for one that lasts until somebody ends it.
        is_published : bool
            Whether the gallery lists the piece.
        owner_id : str or None
            Account of the caller.

        Raises
        ------
        InvalidInput
            If a piece is to be published that Segue did not create.
        Conflict
            If a recording is not transcribed yet, or the piece has too many links.
        """
        if is_published:
            _check_publishable(row)
        await recordings.resolve_to_midi(self._context, row)
        if len(await self._repository.list_live(row.file_id)) >= _MAX_LIVE:
            raise Conflict(f"This piece has {_MAX_LIVE} links. End one of them first.", limit=_MAX_LIVE)
        share = ShareRow(
            slug=secrets.token_urlsafe(_SLUG_BYTES),
            file_id=row.file_id,
            owner_id=owner_id,
            expires_at_s=None if days is None else time.time() + days * _DAY_S,
            published=is_published,
        )
        await self._repository.insert(share)
        await self._postpone_expiry(row, share.expires_at_s)
        return share

    async def list_live(self, file_id: str) -> list[ShareRow]:
        """Return the links to a file that have not ended, the newest first."""
        return await self._repository.list_live(file_id)

    async def find(self, slug: str) -> ShareRow:
        """Return a share that has not ended; `NotFound` for an unknown slug, `ShareEnded` for one that has ended."""
        share = await self._repository.find(slug)
        if share is None:
            raise NotFound("No piece is shared under this address. Check that the link is complete.")
        if not share.is_live:
            raise _ended()
        return share

    async def open(self, slug: str) -> SharedPiece:
        """Return the piece that a link leads to.

        Raises
        ------
        NotFound
            If no link has this slug.
        ShareEnded
            If the link has ended, or the piece was deleted.
        """
        share = await self.find(slug)
        try:
            row = await self._context.repository.get_file(share.file_id)
            return SharedPiece(share, row, await recordings.resolve_to_midi(self._context, row))
        except NotFound as fault:
            raise _ended() from fault

    async def copy(self, shared: SharedPiece, owner_id: str | None) -> FileRow:
        """Copy a shared piece, so that it outlives its link; of a recording, the transcription.

        Parameters
        ----------
        shared : SharedPiece
            The piece.
        owner_id : str or None
            Account that the copy belongs to.
        """
        piece, store, keep_days = shared.piece, self._context.store, self._context.settings.keep_days
        is_lasting = owner_id is not None and await self._context.accounts.is_lasting(owner_id)
        is_own = owner_id is not None and owner_id == shared.row.owner_id
        copy = replace(
            piece if is_own else _without_parent_ids(piece),
            file_id=new_id(),
            title=shared.row.shown_title,
            provenance=await self._without_foreign_ids(piece.provenance, owner_id),
            notices=[replace(notice, file_id=None) for notice in piece.notices],
            name=f"{shared.row.stem}.mid",
            owner_id=owner_id,
            starred=False,
            job_id=None,
            created_at_s=time.time(),
            expires_at_s=None if is_lasting else time.time() + keep_days * _DAY_S,
        )
        # The bytes first, so that no row refers to a missing artifact.
        await store.put(copy.key, await store.get(piece.key))
        if piece.music_key != piece.key:
            await store.put(copy.music_key, await store.get(piece.music_key))
        await self._context.repository.save_file(copy)
        return copy

    async def _without_foreign_ids(self, provenance: JsonObject, owner_id: str | None) -> JsonObject:
        """Return a provenance that names its parents by title, and by id only what is the new owner's or the gallery's.

        Whoever knows the id of a file without an owner may change it: it must not come with a copy.
        """
        if "parents" not in provenance:
            return provenance
        parents = []
        for parent in provenance["parents"]:
            is_open = False
            with contextlib.suppress(NotFound):
                row = await self._context.repository.get_file(parent["file_id"])
                is_open = is_of_gallery(row) or (owner_id is not None and row.owner_id == owner_id)
            parents.append(parent if is_open else {**parent, "file_id": ""})
        return {**provenance, "parents": parents}

    async def end(self, share: ShareRow) -> None:
        """End a link. If it was the last one, the piece expires as any other does."""
        live = await self._repository.list_live(share.file_id)
        if all(other.slug == share.slug for other in live):
            # First: without a link, a piece whose own time is over would be gone.
            await self._restore_expiry(share.file_id)
        await self._repository.end(share.slug)

    async def list_published(self, offset: int, limit: int) -> list[tuple[ShareRow, FileRow]]:
        """Return the newest published shares and their files.

        Parameters
        ----------
        offset : int
            Number of shares to skip.
        limit : int
            Largest number to return; never more than the newest `MAX_PUBLISHED` in all.
        """
        count = min(limit, MAX_PUBLISHED - offset)
        return await self._repository.list_published(offset, count) if count > 0 else []

    async def sweep(self) -> None:
        """Forget the links that ended long ago."""
        await self._repository.delete_ended(time.time() - _ENDED_DAYS * _DAY_S)

    async def _postpone_expiry(self, row: FileRow, expires_at_s: float | None) -> None:
        if row.expires_at_s is None:
            return
        for file_id in recordings.include_transcriptions([row]):
            if expires_at_s is None:
                await self._context.repository.update_file(file_id, expires_at_s=None)
            else:
                await self._context.repository.extend_expiry([file_id], expires_at_s)

    async def _restore_expiry(self, file_id: str) -> None:
        with contextlib.suppress(NotFound):
            row = await self._context.repository.get_file(file_id)
            is_lasting = row.owner_id is not None and await self._context.accounts.is_lasting(row.owner_id)
            if row.starred or is_lasting or is_of_gallery(row):
                return
            expires_at_s = time.time() + self._context.settings.keep_days * _DAY_S
            for each in recordings.include_transcriptions([row]):
                await self._context.repository.update_file(each, expires_at_s=expires_at_s)


def _without_parent_ids(row: FileRow) -> FileRow:
    """Return a piece that names its parents by their titles alone: whoever has the link has no right to them."""
    parents = [parent | {"file_id": ""} for parent in row.parent_files]
    provenance = row.provenance | ({"parents": parents} if parents else {})
    return replace(row, provenance=provenance, notices=[replace(notice, file_id=None) for notice in row.notices])


def method_of(row: FileRow) -> str:
    """Return how Segue created a piece; empty for an upload."""
    return row.method or str(row.provenance.get("method", ""))


def is_of_gallery(row: FileRow) -> bool:
    """Return whether a piece came with Segue."""
    return "gallery" in row.provenance


def may_end(share: ShareRow, row: FileRow, account_id: str | None) -> bool:
    """Return whether a link to a file that exists for a caller is that caller's own.

    Parameters
    ----------
    share : ShareRow
        The link.
    row : FileRow
        The file.
    account_id : str or None
        The caller's account.
    """
    if share.owner_id is not None:
        return share.owner_id == account_id
    # Everybody knows the ids of the gallery's pieces.
    return not is_of_gallery(row)


def _check_publishable(row: FileRow) -> None:
    if is_of_gallery(row):
        raise InvalidInput("This piece is in the gallery already.", field="published")
    if method_of(row) not in PUBLISHED_METHODS:
        raise InvalidInput(
            "The gallery lists only pieces that Segue created. Share this one by its link, unpublished.",
            field="published",
        )


def _ended() -> ShareEnded:
    return ShareEnded("This link has ended: the person who shared the piece ended it, or its time is over.")
