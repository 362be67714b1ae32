"""Receiving a recording: as many bytes as were promised, within the limit, into a file that ends with the call."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from servicekit.faults import AudioUnreadable, InvalidInput, Overloaded, TooLarge

MAX_CHUNK_BYTES = 1024 * 1024


class Uploads:
    """Room for recordings that are received or wait.

    Parameters
    ----------
    places : int
        How many recordings are held at once; one more is refused.
    max_bytes : int
        The largest file.
    """

    def __init__(self, places: int, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._free = places

    @contextmanager
    def place(self) -> Iterator[Path]:
        """Give an empty file; it is gone afterwards.

        Raises
        ------
        Overloaded
            If there is no room.
        """
        if not self._free:
            raise Overloaded("Too many recordings are waiting already. Try again in a moment.", retry_after_s=10.0)
        self._free -= 1
        try:
            with tempfile.NamedTemporaryFile(prefix="segue-transcriber-") as file:
                yield Path(file.name)
        finally:
            self._free += 1

    async def receive(self, path: Path, chunks: AsyncIterator[bytes], byte_count: int) -> AsyncIterator[float]:
        """Write a recording into a file.

        Parameters
        ----------
        path : Path
            Of `place`.
        chunks : async iterator of bytes
        byte_count : int
            What was promised; 0 if nothing was.

        Yields
        ------
        float
            The share that has come, 0 to 1, where the whole is known.

        Raises
        ------
        TooLarge
            If more than the limit is promised or comes.
        AudioUnreadable
            If another number of bytes comes than was promised, or none.
        InvalidInput
            If a chunk is too long.
        """
        self._check_size(byte_count)
        received = 0
        # A chunk is at most 1 MiB: writing it into the page cache takes the event loop a fraction of a millisecond.
        with path.open("wb") as file:
            async for chunk in chunks:
                if len(chunk) > MAX_CHUNK_BYTES:
                    raise InvalidInput(
                        f"A chunk has {len(chunk):,} bytes; at most {MAX_CHUNK_BYTES:,} are read at once."
                    )
                received += len(chunk)
                self._check_size(received)
                file.write(chunk)
                if byte_count:
                    yield min(1.0, received / byte_count)
        _check_complete(received, byte_count)

    def _check_size(self, byte_count: int) -> None:
        if byte_count > self.max_bytes:
            message = f"The recording has more than {self.max_bytes // 2**20:,} MiB. Send a part of it, or a FLAC file."
            raise TooLarge(message, limit_bytes=self.max_bytes)


def _check_complete(received: int, byte_count: int) -> None:
    if not received:
        raise AudioUnreadable("The recording is empty: send a WAV, FLAC, Ogg Vorbis or MP3 file.")
    if byte_count and received != byte_count:
        message = f"{byte_count:,} bytes were promised and {received:,} came: send the whole file."
        raise AudioUnreadable(message, bytes=received, promised_bytes=byte_count)
