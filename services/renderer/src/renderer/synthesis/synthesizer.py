"""Binding to FluidSynth; no other module imports it.

A `Synthesizer` takes MIDI messages and computes frames; it knows nothing of scores and of time. It renders in floating
point (FluidSynth's 16-bit output adds dither and clips), and it uses no random numbers, so the same messages between
the same frames give the same audio, bit for bit.

Source of names and limits: the FluidSynth 2.3 API reference and its list of settings.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import fluidsynth
import numpy as np
from score.arrays import F32, F64

from renderer.synthesis.effects import Chorus, Effects, Reverb

REFERENCE_GAIN = 0.5
"""The gain of every synthesis; the requested gain is applied later, when it is known."""

BLOCK_FRAMES = 64
"""FluidSynth computes in blocks of this many frames; a message takes effect at the next block's start."""

CHANNEL_STEP = 16
MAX_CHANNELS = 256
"""FluidSynth creates channels in multiples of `CHANNEL_STEP`, up to this number."""

_DRUM_CHANNEL_TYPE = 1
_MELODIC_CHANNEL_TYPE = 0
_DRUM_BANK = 128
_MIDDLE_KEY = 60
_FAILED = -1
_FLOAT_BYTES = 4

ALL_SOUND_OFF = b"\xb0\x78\x00"
"""A MIDI message that ends all sound of a channel at once."""

MAX_VOICES = 256
"""Polyphony of a synthesizer; a note takes one or more voices."""

_ALL_GROUPS = -1
_ANY_NOTE = -1
_SINE = 0
_CHORUS_SEND, _FULL_SEND = 15, 1000.0
"""A generator of the SoundFont, in tenths of a percent."""

_SETTINGS: dict[str, int | float] = {
    "synth.gain": REFERENCE_GAIN,
    "synth.polyphony": MAX_VOICES,
    # Only one thread at a time uses a synthesizer, and a second core does not make it faster.
    "synth.threadsafe-api": 0,
    "synth.cpu-cores": 1,
    # Locking 150 MB into memory needs a privilege.
    "synth.lock-memory": 0,
}


def _declare(name: str, result: Any, *kinds: Any) -> Any:
    """Declare a function of the library that pyfluidsynth does not declare."""
    return fluidsynth.cfunc(name, result, *((f"a{index}", kind, 1) for index, kind in enumerate(kinds)))


def _declare_with_gil(name: str, result: Any, *kinds: Any) -> Any:
    """Declare a function that keeps the interpreter's lock: releasing and taking it would take longer than the call."""
    return ctypes.PYFUNCTYPE(result, *kinds)((name, fluidsynth._fl))


_INT, _POINTER = ctypes.c_int, ctypes.c_void_p
_write_float = _declare("fluid_synth_write_float", _INT, _POINTER, _INT, _POINTER, _INT, _INT, _POINTER, _INT, _INT)
_set_channel_type = _declare("fluid_synth_set_channel_type", _INT, _POINTER, _INT, _INT)
_note_on = _declare_with_gil("fluid_synth_noteon", _INT, _POINTER, _INT, _INT, _INT)
_note_off = _declare_with_gil("fluid_synth_noteoff", _INT, _POINTER, _INT, _INT)
_control = _declare_with_gil("fluid_synth_cc", _INT, _POINTER, _INT, _INT, _INT)
_program_change = _declare_with_gil("fluid_synth_program_change", _INT, _POINTER, _INT, _INT)
_pitch_bend = _declare_with_gil("fluid_synth_pitch_bend", _INT, _POINTER, _INT, _INT)
_channel_pressure = _declare_with_gil("fluid_synth_channel_pressure", _INT, _POINTER, _INT, _INT)
_key_pressure = _declare_with_gil("fluid_synth_key_pressure", _INT, _POINTER, _INT, _INT, _INT)
_reverb_on = _declare("fluid_synth_reverb_on", _INT, _POINTER, _INT, _INT)
_chorus_on = _declare("fluid_synth_chorus_on", _INT, _POINTER, _INT, _INT)
_get_soundfont = _declare("fluid_synth_get_sfont_by_id", _POINTER, _POINTER, _INT)
_add_soundfont = _declare("fluid_synth_add_sfont", _INT, _POINTER, _POINTER)
_remove_soundfont = _declare("fluid_synth_remove_sfont", _INT, _POINTER, _POINTER)
_write_channels = _declare("fluid_synth_nwrite_float", _INT, _POINTER, _INT, _POINTER, _POINTER, _POINTER, _POINTER)
_list_voices = _declare("fluid_synth_get_voicelist", None, _POINTER, _POINTER, _INT, _INT)
_voice_channel = _declare("fluid_voice_get_channel", _INT, _POINTER)
_voice_generator = _declare("fluid_voice_gen_get", ctypes.c_float, _POINTER, _INT)
_set_log_function = _declare("fluid_set_log_function", _POINTER, _INT, _POINTER, _POINTER)

# Silence its log, which writes to standard error: "instrument not found, substituted" for every missing drum kit.
for _level in range(5):
    _set_log_function(_level, None, None)


class UnreadableSoundFont(Exception):
    """FluidSynth cannot load the file."""


class LoadedSoundFont:
    """A SoundFont in memory, shared by all synthesizers that play it.

    FluidSynth would parse the file again for each synthesizer (70 ms and 12 MB, besides the samples, which it shares by
    itself). A synthesizer that borrows it takes 1 ms and 1 MB. FluidSynth counts the uses of a sample without a lock,
    so a shared SoundFont can never be known to be unused: it stays in memory until the process ends.

    Parameters
    ----------
    path : Path
        An sf2 file.

    Raises
    ------
    UnreadableSoundFont
        If the file is not a SoundFont.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._owner = fluidsynth.Synth(**_SETTINGS)
        number = self._owner.sfload(str(path), 1)
        if number == _FAILED:
            self._owner.delete()
            raise UnreadableSoundFont(str(path))
        self.pointer: int = _get_soundfont(self._owner.synth, number)


class Synthesizer:
    """A synthesizer with one SoundFont; used as a context, by one thread at a time.

    Its effects are the default `Effects` until `set_effects` is called.

    Parameters
    ----------
    soundfont : LoadedSoundFont
        Its instruments.
    sample_rate_hz : int
        8000 to 96000.
    n_channels : int
        Rounded up to a multiple of `CHANNEL_STEP`; at most `MAX_CHANNELS`.
    """

    _EXTRA: ClassVar[dict[str, int | float]] = {}

    def __init__(self, soundfont: LoadedSoundFont, sample_rate_hz: int, n_channels: int) -> None:
        self.n_channels = -(-n_channels // CHANNEL_STEP) * CHANNEL_STEP
        settings = _SETTINGS | self._EXTRA
        self._synth = fluidsynth.Synth(samplerate=float(sample_rate_hz), channels=self.n_channels, **settings)
        self._pointer = self._synth.synth
        self._soundfont = soundfont
        _add_soundfont(self._pointer, soundfont.pointer)
        # FluidSynth makes the tenth channel drums; here the performance decides which channels are.
        self.set_drums(9, False)
        self._effects: Effects | None = None
        self.set_effects(Effects(Reverb(level=0.0), Chorus(level=0.0)))
        self._prepare()

    def _prepare(self) -> None:
        self._warm_up_voices()
        self.set_effects(Effects())

    def _warm_up_voices(self) -> None:
        """Use every voice once and discard the output: the first note of a new voice begins softer than all later ones.

        Which note gets which voice depends on the other notes: without this, a stem would differ more from its part
        in the mix.
        """
        for channel in range(CHANNEL_STEP):
            for key in range(MAX_VOICES // CHANNEL_STEP):
                _note_on(self._pointer, channel, _MIDDLE_KEY + key, 64)
        self.read_into(np.empty((BLOCK_FRAMES, 2), dtype=np.float32))
        for channel in range(CHANNEL_STEP):
            self.send(channel, ALL_SOUND_OFF)
        self.read_into(np.empty((BLOCK_FRAMES, 2), dtype=np.float32))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the synthesizer, not its SoundFont."""
        _remove_soundfont(self._pointer, self._soundfont.pointer)
        self._synth.delete()

    def set_effects(self, effects: Effects) -> None:
        """Set reverb and chorus, before the first frame; an effect whose level is 0 is switched off."""
        if effects == self._effects:
            return
        reverb, chorus = effects.reverb, effects.chorus
        self._synth.set_reverb(reverb.room_size, reverb.damping, reverb.width, reverb.level)
        self._synth.set_chorus(chorus.n_voices, chorus.level, chorus.speed_hz, chorus.depth_ms, _SINE)
        _reverb_on(self._pointer, _ALL_GROUPS, reverb.level > 0)
        _chorus_on(self._pointer, _ALL_GROUPS, chorus.level > 0)
        self._effects = effects

    def set_drums(self, channel: int, is_drums: bool) -> None:
        """Make a channel take its programs from the drum kits, or from the melodic instruments."""
        kind = _DRUM_CHANNEL_TYPE if is_drums else _MELODIC_CHANNEL_TYPE
        _set_channel_type(self._pointer, channel, kind)
        # The tenth channel keeps the drums' bank when its type changes.
        self._synth.bank_select(channel, _DRUM_BANK if is_drums else 0)
        self._synth.program_change(channel, 0)

    def send(self, channel: int, message: bytes) -> None:
        """Apply a MIDI channel message at the start of the next block.

        Parameters
        ----------
        channel : int
            The synthesizer channel; the channel in the message is ignored.
        message : bytes
            Status byte and data bytes. Messages other than channel messages are ignored.
        """
        kind, data = message[0] & 0xF0, message[1:]
        if kind == 0x90:
            _note_on(self._pointer, channel, data[0], data[1])
        elif kind == 0x80:
            _note_off(self._pointer, channel, data[0])
        elif kind == 0xB0:
            _control(self._pointer, channel, data[0], data[1])
        elif kind == 0xC0:
            _program_change(self._pointer, channel, data[0])
        elif kind == 0xE0:
            _pitch_bend(self._pointer, channel, data[0] | data[1] << 7)
        elif kind == 0xD0:
            _channel_pressure(self._pointer, channel, data[0])
        elif kind == 0xA0:
            _key_pressure(self._pointer, channel, data[0], data[1])

    def read_into(self, frames: F32) -> None:
        """Compute the next frames.

        Parameters
        ----------
        frames : ndarray, shape (n, 2), float32, C-contiguous
            Filled with left and right; full scale is 1 and may be exceeded. Runs without the interpreter's lock.
        """
        address = frames.ctypes.data
        _write_float(self._pointer, len(frames), address, 0, 2, address + _FLOAT_BYTES, 0, 2)


class SeparateOutputSynthesizer(Synthesizer):
    """A synthesizer that outputs each of its `CHANNEL_STEP` channels separately, without effects.

    Parameters
    ----------
    soundfont, sample_rate_hz
        As `Synthesizer`.
    """

    _EXTRA: ClassVar[dict[str, int | float]] = {
        "synth.audio-groups": CHANNEL_STEP,
        "synth.audio-channels": CHANNEL_STEP,
    }

    def __init__(self, soundfont: LoadedSoundFont, sample_rate_hz: int) -> None:
        super().__init__(soundfont, sample_rate_hz, CHANNEL_STEP)

    def _prepare(self) -> None:
        """Leave all voices new: then a note's sound does not depend on the voice that it gets."""

    def read_channels(self, n_frames: int) -> F32:
        """Compute the next frames of each channel.

        Parameters
        ----------
        n_frames : int
            A multiple of `BLOCK_FRAMES`.

        Returns
        -------
        ndarray, shape (CHANNEL_STEP, 2, n_frames), float32
            Left and right of each channel.
        """
        frames = np.empty((CHANNEL_STEP, 2, n_frames), dtype=np.float32)
        addresses = [[side.ctypes.data for side in channel] for channel in frames]
        left, right = ((_POINTER * CHANNEL_STEP)(*side) for side in zip(*addresses, strict=True))
        _write_channels(self._pointer, n_frames, ctypes.addressof(left), ctypes.addressof(right), None, None)
        return frames

    def chorus_sends(self) -> F64:
        """Return each channel's send to the chorus, the maximum over its sounding notes, 0 to 1, shape (16,)."""
        voices = (_POINTER * MAX_VOICES)()
        _list_voices(self._pointer, ctypes.addressof(voices), MAX_VOICES, _ANY_NOTE)
        sends = np.zeros(CHANNEL_STEP)
        for voice in filter(None, voices):
            channel = _voice_channel(voice)
            sends[channel] = max(sends[channel], _voice_generator(voice, _CHORUS_SEND) / _FULL_SEND)
        return sends.clip(0.0, 1.0)
