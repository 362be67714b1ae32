"""Audio that is sent in parts: a rendering, which may still grow, or a recording."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from gateway.audio.rendered_audio import RenderedAudio
from gateway.context import AppContext
from gateway.files import recordings
from gateway.storage.rows import FileRow


class AudioSource(Protocol):
    """Audio that can be sent in parts: a rendering, or a recording."""

    @property
    def etag(self) -> str: ...
    @property
    def media_type(self) -> str: ...

    @property
    def known_size(self) -> int | None:
        """Size in bytes; None while it is not known."""

    async def size(self) -> int:
        """Wait until the size is known and sending can begin, and return it in bytes."""

    def read(self, start: int, end: int | None) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` to before `end`, or to the last."""


@dataclass(frozen=True)
class RenderedSource:
    """A rendering, which may still grow."""

    audio: RenderedAudio

    @property
    def etag(self) -> str:
        """Quoted key of the audio."""
        return f'"{self.audio.key}"'

    @property
    def media_type(self) -> str:
        """Media type of the audio format."""
        return self.audio.spec.media_type

    @property
    def known_size(self) -> int | None:
        """Size in bytes; None for a compressed format that still grows."""
        return self.audio.n_bytes

    async def size(self) -> int:
        """Wait for the first bytes, or for all if the size is not known before, and return the size."""
        await self.audio.wait_started()
        if self.audio.n_bytes is None:
            await self.audio.wait_complete()
        assert self.audio.n_bytes is not None, "known once the rendering is complete"
        return self.audio.n_bytes

    def read(self, start: int, end: int | None) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` to before `end`, or to the last."""
        return self.audio.read(start, end)


@dataclass(frozen=True)
class RecordingSource:
    """A recording as it was uploaded."""

    context: AppContext
    row: FileRow

    @property
    def etag(self) -> str:
        """Quoted hash of the file."""
        return f'"{self.row.sha256[:40]}"'

    @property
    def media_type(self) -> str:
        """Media type that was recognized at the upload."""
        return recordings.provenance_of(self.row).media_type

    @property
    def known_size(self) -> int:
        """Size in bytes."""
        return self.row.byte_count

    async def size(self) -> int:
        """Return the size."""
        return self.row.byte_count

    def read(self, start: int, end: int | None) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` to before `end`, or to the last."""
        return self.context.store.read(self.row.key, start, self.row.byte_count if end is None else end)
