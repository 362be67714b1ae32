"""FluidSynth, in the one module that knows of it.

A `Synthesizer` takes MIDI messages and gives frames; it knows nothing of scores and of time. Its reverb and chorus are
fixed, it renders in floating point (FluidSynth's 16-bit output adds dither and clips), and it draws no random numbers,
so the same messages between the same frames give the same sound, bit for bit.

Source of names and limits: the FluidSynth 2.3 API reference and its list of settings.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import fluidsynth
import numpy as np
from numpy.typing import NDArray

BLOCK_FRAMES = 64
"""FluidSynth computes in blocks of this many frames; a message takes effect at the next block's start."""

CHANNEL_STEP = 16
MAX_CHANNELS = 256
"""FluidSynth has channels in multiples of `CHANNEL_STEP`, up to this."""

_DRUM_CHANNEL_TYPE = 1
_MELODIC_CHANNEL_TYPE = 0
_FAILED = -1
_FLOAT_BYTES = 4

_SETTINGS: dict[str, int | float] = {
    # FluidSynth 2.3's own defaults, stated so that another build's sound the same.
    "synth.reverb.active": 1,
    "synth.reverb.room-size": 0.2,
    "synth.reverb.damp": 0.0,
    "synth.reverb.width": 0.5,
    "synth.reverb.level": 0.9,
    "synth.chorus.active": 1,
    "synth.chorus.nr": 3,
    "synth.chorus.level": 2.0,
    "synth.chorus.speed": 0.3,
    "synth.chorus.depth": 8.0,
    "synth.polyphony": 256,
    # One thread at a time uses a synthesiser here, and a second core does not help one.
    "synth.threadsafe-api": 0,
    "synth.cpu-cores": 1,
    # Locking 150 MB into memory needs a privilege.
    "synth.lock-memory": 0,
}


def _function(name: str, result: Any, *kinds: Any) -> Any:
    """Declare a function of the library that pyfluidsynth does not."""
    return fluidsynth.cfunc(name, result, *((f"a{index}", kind, 1) for index, kind in enumerate(kinds)))


_INT, _FLOAT, _POINTER = ctypes.c_int, ctypes.c_float, ctypes.c_void_p
_write_float = _function("fluid_synth_write_float", _INT, _POINTER, _INT, _POINTER, _INT, _INT, _POINTER, _INT, _INT)
_set_channel_type = _function("fluid_synth_set_channel_type", _INT, _POINTER, _INT, _INT)
_channel_pressure = _function("fluid_synth_channel_pressure", _INT, _POINTER, _INT, _INT)
_key_pressure = _function("fluid_synth_key_pressure", _INT, _POINTER, _INT, _INT, _INT)
_set_gain = _function("fluid_synth_set_gain", None, _POINTER, _FLOAT)
_set_log_function = _function("fluid_set_log_function", _POINTER, _INT, _POINTER, _POINTER)

# Its messages go to standard error as they are: "instrument not found, substituted" for every drum kit it lacks.
for _level in range(5):
    _set_log_function(_level, None, None)


class UnreadableSoundFont(Exception):
    """FluidSynth cannot load the file."""


class Synthesizer:
    """One synthesiser with one SoundFont; used by one thread at a time, and closed.

    Parameters
    ----------
    soundfont : Path
        An sf2 file. Its samples are shared by all synthesisers of the process that loaded the same file.
    sample_rate_hz : int
        8000 to 96000.
    channel_count : int
        Rounded up to a multiple of `CHANNEL_STEP`; at most `MAX_CHANNELS`.

    Raises
    ------
    UnreadableSoundFont
        If the file is none.
    """

    def __init__(
        self,
        soundfont: Path,
        sample_rate_hz: int,
        channel_count: int,
    ) -> None:
        self.channel_count = -(-channel_count // CHANNEL_STEP) * CHANNEL_STEP
        self._synth = fluidsynth.Synth(samplerate=float(sample_rate_hz), channels=self.channel_count, **_SETTINGS)
        self._pointer = self._synth.synth
        if self._synth.sfload(str(soundfont), 1) == _FAILED:
            self.close()
            raise UnreadableSoundFont(str(soundfont))
        # FluidSynth makes the tenth channel drums; here the sequence says which are.
        self.set_drums(9, False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free it; shared samples are freed with the last synthesiser that uses them."""
        self._synth.delete()

    def set_gain(self, gain: float) -> None:
        """Set the gain, 0 to 10; FluidSynth's default is 0.2."""
        _set_gain(self._pointer, gain)

    def set_drums(self, channel: int, is_drums: bool) -> None:
        """Make a channel choose its programs among the drum kits, or among the instruments."""
        kind = _DRUM_CHANNEL_TYPE if is_drums else _MELODIC_CHANNEL_TYPE
        _set_channel_type(self._pointer, channel, kind)
        self._synth.program_change(channel, 0)

    def send(self, channel: int, message: bytes) -> None:
        """Do what a MIDI channel message says, at the start of the next block.

        Parameters
        ----------
        channel : int
            The synthesiser's channel; the one in the message is not looked at.
        message : bytes
            Status byte and data bytes. Messages that are no channel messages are ignored.
        """
        kind, data = message[0] & 0xF0, message[1:]
        if kind == 0x90:
            self._synth.noteon(channel, data[0], data[1])
        elif kind == 0x80:
            self._synth.noteoff(channel, data[0])
        elif kind == 0xB0:
            self._synth.cc(channel, data[0], data[1])
        elif kind == 0xC0:
            self._synth.program_change(channel, data[0])
        elif kind == 0xE0:
            self._synth.pitch_bend(channel, (data[0] | data[1] << 7) - 8192)
        elif kind == 0xD0:
            _channel_pressure(self._pointer, channel, data[0])
        elif kind == 0xA0:
            _key_pressure(self._pointer, channel, data[0], data[1])

    def read_into(self, frames: NDArray[np.float32]) -> None:
        """Compute the next frames.

        Parameters
        ----------
        frames : ndarray, shape (n, 2), float32, C-contiguous
            Filled with left and right; full scale is 1 and may be exceeded. Takes the interpreter's lock only to start.
        """
        address = frames.ctypes.data
        _write_float(self._pointer, len(frames), address, 0, 2, address + _FLOAT_BYTES, 0, 2)
