"""Rows of the database: files, jobs and idempotency keys."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.domain.jobs import ACTIVE_STATES, TRANSCRIBE, JobMethod, JobPiece, JobState
from gateway.domain.json_codec import JsonObject, from_json, to_json, to_json_list
from gateway.domain.pieces import GridName, Notice, PieceSummary
from gateway.domain.problem import Problem

FileKind = Literal["midi", "audio", "result"]

_EXTENSIONS = {
    *("mid", "midi", "kar", "smf", "rmi"),
    *("wav", "flac", "ogg", "oga", "opus", "mp3", "m4a", "mp4", "aac", "webm", "aif", "aiff", "caf", "3gp"),
}
"""Extensions that are no part of a title."""

_MAX_SEARCH_CHARACTERS = 500


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """A file that a client knows; its bytes are in the artifact store under `key`.

    A piece is MIDI and has a summary. A recording (`kind` "audio") has none: its transcription has.

    Attributes
    ----------
    roles : dict of str to str
        The roles that a user has set, by track number.
    grid : "file", "found" or None
        Where a user wants beats, bars and tempo to come from; None lets the notes decide.
    provenance : dict
        JSON of one of the classes in `gateway.domain.provenance`; empty for an uploaded piece.
    expires_at_s : float or None
        None for a file that never expires.
    owner_id : str or None
        The account that it belongs to; None for a file that belongs to whoever knows its id.
    starred : bool
        Whether its owner has marked it to be kept.
    title : str or None
        What people call it; None where that is its name without the extension.
    method : str or None
        How Segue wrote it; None for an upload.
    job_id : str or None
        The job that wrote it; None for an upload.
    deleted_at_s : float or None
        When it was deleted; its bytes are purged a little later. None for a file that exists.
    """

    file_id: str
    name: str
    kind: FileKind
    sha256: str
    byte_count: int
    summary: PieceSummary | None
    notices: list[Notice]
    roles: dict[str, str] = field(default_factory=dict)
    grid: GridName | None = None
    provenance: JsonObject = field(default_factory=dict)
    created_at_s: float = field(default_factory=time.time)
    expires_at_s: float | None = None
    owner_id: str | None = None
    starred: bool = False
    title: str | None = None
    method: JobMethod | None = None
    job_id: str | None = None
    deleted_at_s: float | None = None

    @property
    def search_text(self) -> str:
        """What a search of the library reads: name, title, styles and the titles of its parents, case folded."""
        settings = self.provenance.get("settings") or {}
        styles = [self.provenance.get("style"), settings.get("style"), *(settings.get("styles") or [])]
        titles = [parent["title"] for parent in self.parent_files]
        words = dict.fromkeys(word for word in (self.name, self.title, *styles, *titles) if word)
        return "\n".join(words).casefold()[:_MAX_SEARCH_CHARACTERS]

    @property
    def parent_files(self) -> list[JsonObject]:
        """Id and title of each file that it was made from."""
        return list(self.provenance.get("parents") or [])

    @property
    def key(self) -> str:
        """The key of its bytes in the artifact store."""
        return f"files/{self.file_id}.{'audio' if self.is_recording else 'mid'}"

    @property
    def gridded_key(self) -> str:
        """The key of the piece on the beats that were found; nothing is stored there unless they were."""
        return f"{self.key}.grid"

    @property
    def music_key(self) -> str:
        """The key of the bytes that a blend, a key, sections and notes are read from."""
        is_found = self.summary is not None and self.summary.grid == "found"
        return self.gridded_key if is_found else self.key

    @property
    def is_recording(self) -> bool:
        """Whether it is audio that a client uploaded."""
        return self.kind == "audio"

    @property
    def is_generated(self) -> bool:
        """Whether Segue wrote its notes: blended or generated, not uploaded or transcribed."""
        return self.kind == "result" and self.provenance.get("method") != TRANSCRIBE

    @property
    def stem(self) -> str:
        """Its name without the extension: the name of its downloads."""
        return title_of(self.name, None)

    @property
    def shown_title(self) -> str:
        """What people call it."""
        return title_of(self.name, self.title)


@dataclass(frozen=True, kw_only=True)
class JobRow:
    """A job in its current state.

    Attributes
    ----------
    request : dict
        What the client requested, as JSON, with the values that were sampled or defaulted.
    version : int
        Number of changes: the id of the event that reports the latest.
    owner_id : str or None
        The account that it and its results belong to; None for a job that belongs to whoever knows its id.
    batch_id : str or None
        The batch that it is part of.
    """

    job_id: str
    method: JobMethod
    request: JsonObject
    state: JobState = JobState.QUEUED
    progress: float = 0.0
    stage: str = "queued"
    results: list[JobPiece] = field(default_factory=list)
    parents: list[JobPiece] = field(default_factory=list)
    error: Problem | None = None
    created_at_s: float = field(default_factory=time.time)
    updated_at_s: float = field(default_factory=time.time)
    version: int = 1
    owner_id: str | None = None
    batch_id: str | None = None

    @property
    def is_finished(self) -> bool:
        """Whether it will not change any more."""
        return self.state not in ACTIVE_STATES


@dataclass(frozen=True)
class IdempotencyRecord:
    """An idempotency key, and the response that it was given.

    Attributes
    ----------
    key : str
        Hash of the call's path and the client's key.
    fingerprint : str
        Hash of the request's body.
    response : dict
        Ids of what the call created: ``job_id`` or ``file_ids``.
    """

    key: str
    fingerprint: str
    response: JsonObject


def title_of(name: str, title: str | None) -> str:
    """Return what people call a file: its title, or else its name without the extension."""
    if title is not None:
        return title
    stem, dot, extension = name.rpartition(".")
    return stem if dot and stem and extension.lower() in _EXTENSIONS else name


def to_columns(values: Mapping[str, object]) -> dict[str, object]:
    """Convert the values of a row, or of some of its fields, to what their columns store."""
    return {name: _column(value) for name, value in values.items()}


def to_file_row(columns: Mapping[str, Any]) -> FileRow:
    """Convert the columns of a file."""
    summary = columns["summary"]
    return FileRow(
        **{
            **{name: value for name, value in columns.items() if name != "search"},
            "summary": None if summary is None else from_json(PieceSummary, summary),
            "notices": [from_json(Notice, notice) for notice in columns["notices"]],
        }
    )


def to_job_row(columns: Mapping[str, Any]) -> JobRow:
    """Convert the columns of a job."""
    error = columns["error"]
    return JobRow(
        **{
            **columns,
            "state": JobState(columns["state"]),
            "results": [from_json(JobPiece, piece) for piece in columns["results"]],
            "parents": [from_json(JobPiece, piece) for piece in columns["parents"]],
            "error": None if error is None else from_json(Problem, error),
        }
    )


def _column(value: object) -> object:
    if isinstance(value, PieceSummary | Problem):
        return to_json(value)
    if isinstance(value, list):
        return to_json_list(value)
    return value
