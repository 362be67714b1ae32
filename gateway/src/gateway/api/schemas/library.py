"""Requests and responses of the library, and their conversion."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.api.schemas.fields import FileId, RequestModel
from gateway.api.schemas.responses import Job, ResponseModel
from gateway.domain.jobs import ACTIVE_STATES, JobMethod, JobState
from gateway.library.library_service import LibraryEntry, LibraryPage
from gateway.storage.library import LibraryFilter, LibraryRow, Relative
from gateway.storage.rows import title_of

_MAX_WORDS = 8

Kind = Literal["midi", "audio", "result"]
StateFilter = Literal["active", "queued", "running", "succeeded", "failed", "cancelled"]
CursorText = Annotated[str, Field(max_length=120, description="`cursor` of the page before.")]


class LibraryParams(BaseModel):
    """The query of ``GET /library``."""

    model_config = ConfigDict(extra="forbid")

    cursor: CursorText | None = None
    q: str | None = Field(
        None,
        max_length=200,
        description="Words that name, styles and parents' titles must all contain.",
        examples=["funk"],
    )
    kind: Kind | None = Field(None, description="Uploaded MIDI, uploaded recordings, or what Segue wrote.")
    starred: bool | None = Field(None, description="Only what is starred, or only what is not.")
    method: JobMethod | None = Field(
        None,
        description="How Segue wrote it. If absent, the pieces of `/generate/steps` are left out unless starred, and "
        "transcriptions, in whose place the recording is listed.",
    )
    parent: FileId | None = Field(None, description="Id of a file that it was made from.")

    def to_filter(self) -> LibraryFilter:
        """Return the files that are asked for."""
        words = (self.q or "").casefold().split()[:_MAX_WORDS]
        return LibraryFilter(
            words=tuple(words), kind=self.kind, is_starred=self.starred, method=self.method, parent_id=self.parent
        )


class JobListParams(BaseModel):
    """The query of ``GET /jobs``."""

    model_config = ConfigDict(extra="forbid")

    cursor: CursorText | None = None
    state: StateFilter | None = Field(None, description="`active` stands for queued and running.")

    @property
    def states(self) -> list[str]:
        """The states that are asked for."""
        if self.state == "active":
            return [str(state) for state in ACTIVE_STATES]
        return [str(state) for state in JobState] if self.state is None else [self.state]


class Claim(RequestModel):
    """The body of ``POST /library``."""

    file_ids: Annotated[list[FileId], Field(min_length=1, max_length=100)] = Field(
        description="Files that belong to nobody, or to the caller already."
    )


class LibrarySummary(ResponseModel):
    """Of a piece, what a list shows."""

    bars: int
    seconds: float
    tempo_bpm: float = Field(description="Quarter notes per minute.")
    meter: str = Field(examples=["4/4"])
    key: str | None = Field(examples=["F# minor"])


class LibraryParent(ResponseModel):
    """A piece that another was made from."""

    file_id: str = Field(description="Empty if it no longer exists, or belongs to somebody else.")
    title: str
    weight: float | None = Field(description="Its share; null if that changes along the piece.")


class LibraryItem(ResponseModel):
    """A file of a library."""

    file_id: str
    name: str
    title: str
    kind: Kind
    method: JobMethod | None = Field(description="How Segue wrote it; null for an upload.")
    starred: bool
    created_at: datetime
    expires_at: datetime | None = Field(description="Null for a file that never expires.")
    summary: LibrarySummary | None = Field(description="Null for a recording without a transcription.")
    parents: list[LibraryParent]
    weight: float | None = Field(description="Of a blend of two pieces: the share of the second.")
    curve: list[tuple[float, float]] | None = Field(
        description="Of a blend whose weight changes: pairs of position and weight."
    )
    job_id: str | None = Field(description="The job that wrote it; null for an upload, and where the job has expired.")
    batch_id: str | None
    n_children: int = Field(description="Number of files that were made from it.")


class Library(ResponseModel):
    """A page of a library, the newest first."""

    items: list[LibraryItem]
    cursor: str | None = Field(description="Where the next page begins; null on the last page.")
    total: int = Field(description="Number of entries on all pages.")


class Claimed(ResponseModel):
    """What belongs to the caller now."""

    file_ids: list[str]


class Deleted(ResponseModel):
    """How much was deleted; `POST /library/restore` brings it back for a while."""

    n_deleted: int


class Restored(ResponseModel):
    """How much was restored."""

    n_restored: int


class JobList(ResponseModel):
    """A page of jobs, the newest first."""

    items: list[Job]
    cursor: str | None = Field(description="Where the next page begins; null on the last page.")


class RelatedFile(ResponseModel):
    """A file that another was made from, or that was made from it."""

    file_id: str = Field(description="Empty if it no longer exists, or belongs to somebody else.")
    title: str
    kind: Kind | None = Field(description="Null if it no longer exists, or belongs to somebody else.")
    method: JobMethod | None


class Family(ResponseModel):
    """What a file was made from, and what was made from it: one step each way."""

    parents: list[RelatedFile]
    children: list[RelatedFile] = Field(description="Those that belong to the caller, the newest first.")


CanRead = Callable[[Relative], bool]
"""Whether the caller may read a related file."""


def to_library(page: LibraryPage, can_read: CanRead) -> Library:
    """Convert a page of a library."""
    return Library(items=[_to_item(entry, can_read) for entry in page.entries], cursor=page.cursor, total=page.total)


def to_family(parents: list[Relative], children: list[Relative], can_read: CanRead) -> Family:
    """Convert the parents and children of a file.

    Parameters
    ----------
    parents, children : list of Relative
        One step each way.
    can_read : callable
        Whether the caller may read one of them.
    """
    return Family(
        parents=[_to_related(relative, can_read) for relative in parents],
        children=[_to_related(relative, can_read) for relative in children],
    )


def _to_item(entry: LibraryEntry, can_read: CanRead) -> LibraryItem:
    row = entry.row
    curve = (row.settings or {}).get("curve")
    weight = _weight(row, len(entry.parents))
    return LibraryItem(
        file_id=row.file_id,
        name=row.name,
        title=title_of(row.name, row.title),
        kind=row.kind,
        method=row.method,
        starred=row.starred,
        created_at=_to_datetime(row.created_at_s),
        expires_at=None if row.expires_at_s is None else _to_datetime(row.expires_at_s),
        summary=_to_summary(entry.summary),
        parents=[
            LibraryParent(file_id=parent.file_id if can_read(parent) else "", title=parent.title, weight=share)
            for parent, share in zip(entry.parents, _shares(row, weight, len(entry.parents)), strict=True)
        ],
        weight=weight,
        curve=curve,
        job_id=row.job_id if row.has_job else None,
        batch_id=row.batch_id,
        n_children=entry.n_children,
    )


def _weight(row: LibraryRow, n_parents: int) -> float | None:
    """Return the share of the second of two parents; None where it changes, and for other pieces."""
    settings = row.settings or {}
    if n_parents != 2 or settings.get("curve") is not None:
        return None
    if settings.get("shares"):
        return float(settings["shares"][1])
    weight = settings.get("weight", row.weight)
    return None if weight is None else float(weight)


def _shares(row: LibraryRow, weight: float | None, n_parents: int) -> list[float | None]:
    shares = (row.settings or {}).get("shares")
    if shares is not None and len(shares) == n_parents:
        return [float(share) for share in shares]
    return [None] * n_parents if weight is None else [round(1 - weight, 6), weight]


def _to_summary(summary: dict[str, Any] | None) -> LibrarySummary | None:
    if summary is None:
        return None
    shown = {name: summary[name] for name in ("bars", "seconds", "tempo_bpm", "meter")}
    return LibrarySummary(**shown, key=None if summary.get("key") is None else summary["key"]["name"])


def _to_related(relative: Relative, can_read: CanRead) -> RelatedFile:
    if not can_read(relative):
        return RelatedFile(file_id="", title=relative.title, kind=None, method=None)
    return RelatedFile(file_id=relative.file_id, title=relative.title, kind=relative.kind, method=relative.method)


def _to_datetime(time_s: float) -> datetime:
    return datetime.fromtimestamp(time_s, UTC)
