"""Files that libsndfile reads: WAV, FLAC, Ogg Vorbis and Opus, MP3, AIFF, CAF."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import soundfile

from transcriber.audio.audio_reader import AudioBlock, check_layout, damaged

BLOCK_FRAMES = 65_536
FORMATS = frozenset({"WAV", "WAVEX", "RF64", "W64", "FLAC", "OGG", "MP3", "MPEG", "AIFF", "CAF"})
EXACT_FORMATS = frozenset({"WAV", "WAVEX", "FLAC", "AIFF"})
"""An MP3 or Ogg file of unknown length has a huge number in its header."""


class SndfileReader:
    """A file opened by libsndfile.

    Parameters
    ----------
    file : soundfile.SoundFile
        With one of the `FORMATS`.

    Raises
    ------
    AudioUnreadable
        If its rate or its number of channels is not supported.
    """

    def __init__(self, file: soundfile.SoundFile) -> None:
        check_layout(file.samplerate, file.channels)
        self._file = file

    @property
    def header_duration_s(self) -> float:
        """The duration that the header gives."""
        return float(self._file.frames / self._file.samplerate)

    @property
    def is_duration_reliable(self) -> bool:
        """Whether the format's header gives the exact length."""
        return self._file.format in EXACT_FORMATS

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield the samples in order, `BLOCK_FRAMES` at a time."""
        while True:
            try:
                samples = self._file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
            except (soundfile.LibsndfileError, RuntimeError) as error:
                raise damaged() from error
            if not len(samples):
                return
            yield AudioBlock(samples, self._file.samplerate)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_sndfile(path: Path) -> SndfileReader | None:
    """Open a file; None if libsndfile does not read it.

    Raises
    ------
    AudioUnreadable
        If its rate or its number of channels is not supported.
    """
    try:
        file = soundfile.SoundFile(path)
    except soundfile.LibsndfileError:
        return None
    if file.format not in FORMATS:
        file.close()
        return None
    try:
        return SndfileReader(file)
    except BaseException:
        file.close()
        raise
