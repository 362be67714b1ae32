"""Uploads of recordings: a limited number of temporary files, each received in chunks and removed after the call."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from servicekit.faults import AudioUnreadable, InvalidInput, Overloaded, TooLarge

from transcriber.audio.audio_reader import REMEDY

MAX_CHUNK_BYTES = 1024 * 1024


class UploadSlots:
    """A limited number of temporary files for recordings that are received or wait.

    Parameters
    ----------
    n_slots : int
        Number of recordings at the same time; a further one is refused.
    max_bytes : int
        Size of the largest file.
    """

    def __init__(self, n_slots: int, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._n_free = n_slots

    @contextmanager
    def reserve(self) -> Iterator[Path]:
        """Reserve a slot with an empty file, which is removed afterwards.

        Raises
        ------
        Overloaded
            If all slots are in use.
        """
        if not self._n_free:
            raise Overloaded("Too many recordings are waiting already. Try again in a moment.", retry_after_s=10.0)
        self._n_free -= 1
        try:
            with tempfile.NamedTemporaryFile(prefix="segue-transcriber-") as file:
                yield Path(file.name)
        finally:
            self._n_free += 1

    async def receive(self, path: Path, chunks: AsyncIterator[bytes], byte_count: int) -> AsyncIterator[float]:
        """Write a recording into a file.

        Parameters
        ----------
        path : Path
            From `reserve`.
        chunks : async iterator of bytes
            The file's content.
        byte_count : int
            Announced size of the file; 0 if it is unknown.

        Yields
        ------
        float
            The received share, 0 to 1, if the size is known.

        Raises
        ------
        TooLarge
            If the announced or the received size is over the limit.
        AudioUnreadable
            If the received size is 0, or not the announced one.
        InvalidInput
            If a chunk is too large.
        """
        self._check_size(byte_count)
        n_received = 0
        # A chunk is at most 1 MiB: writing it into the page cache takes the event loop a fraction of a millisecond.
        with path.open("wb") as file:
            async for chunk in chunks:
                if len(chunk) > MAX_CHUNK_BYTES:
                    raise InvalidInput(f"A chunk has {len(chunk):,} bytes; at most {MAX_CHUNK_BYTES:,} are allowed.")
                n_received += len(chunk)
                self._check_size(n_received)
                file.write(chunk)
                if byte_count:
                    yield min(1.0, n_received / byte_count)
        _check_complete(n_received, byte_count)

    def _check_size(self, n_bytes: int) -> None:
        if n_bytes > self.max_bytes:
            message = f"The recording has more than {self.max_bytes // 2**20:,} MiB. Send a part of it, or a FLAC file."
            raise TooLarge(message, limit_bytes=self.max_bytes)


def _check_complete(n_received: int, byte_count: int) -> None:
    if not n_received:
        raise AudioUnreadable(f"The recording is empty. {REMEDY}.")
    if byte_count and n_received != byte_count:
        message = f"{byte_count:,} bytes were announced and {n_received:,} arrived: send the whole file."
        raise AudioUnreadable(message, bytes=n_received, promised_bytes=byte_count)
