"""What the readers of audio files have in common: blocks of samples with their rate, and the faults of a bad file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from score.arrays import F32
from servicekit.faults import AudioUnreadable

FORMAT_NAMES = "WAV, FLAC, Ogg, MP3, M4A, AAC, WebM or AIFF"
REMEDY = f"Send a {FORMAT_NAMES} file"
MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 384_000
MAX_CHANNELS = 32


class AudioBlock(NamedTuple):
    """Successive samples, shape (samples, channels), float32, and their rate. They need not be finite."""

    samples: F32
    rate_hz: int


class AudioReader(Protocol):
    """An open audio file."""

    @property
    def header_duration_s(self) -> float:
        """The duration that the header gives; anything if it is damaged or unknown."""

    @property
    def is_duration_reliable(self) -> bool:
        """Whether a file whose header gives too long a duration can be refused at once."""

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield the samples in order.

        Raises
        ------
        AudioUnreadable
            If the file is damaged.
        """

    def close(self) -> None:
        """Close the file."""


def check_layout(rate_hz: int, n_channels: int) -> None:
    """Refuse rates and numbers of channels that no recording has.

    Raises
    ------
    AudioUnreadable
        If they are outside of the limits.
    """
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        message = f"The file has {rate_hz} samples per second; {MIN_RATE_HZ} to {MAX_RATE_HZ} are supported."
        raise AudioUnreadable(message, sample_rate_hz=rate_hz)
    if not 1 <= n_channels <= MAX_CHANNELS:
        message = f"The file has {n_channels} channels; 1 to {MAX_CHANNELS} are supported."
        raise AudioUnreadable(message, channels=n_channels)


def damaged() -> AudioUnreadable:
    """Return the fault of a file whose decoding fails."""
    return AudioUnreadable(f"The file is damaged: decoding failed. {REMEDY} that is complete.")


def undecodable() -> AudioUnreadable:
    """Return the fault of a file that is no audio, or of a kind that is not read."""
    return AudioUnreadable(f"The file cannot be decoded as audio. {REMEDY}.")
