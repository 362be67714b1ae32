"""Synthesisers kept ready, so that the first sound does not wait for one to be made (35 ms, or 0.4 s the first time).

FluidSynth shares a SoundFont's samples (150 MB) between all synthesisers of a process, and frees them with the last
one: the one on the rack also keeps them loaded. A synthesiser is used for one piece and never again, for what it
played (echoes, controllers, the phase of its chorus) would be heard in the next.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

from renderer.synth import Synthesizer, UnreadableSoundFont

READY_CHANNELS = 32
"""Channels of a synthesiser on the rack; a piece of more parts waits for its own to be made."""

_Key = tuple[Path, int]


class Rack:
    """One fresh synthesiser for each SoundFont and sample rate used last.

    Parameters
    ----------
    capacity : int
        How many are kept.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._ready: OrderedDict[_Key, Synthesizer] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, soundfont: Path, sample_rate_hz: int, channel_count: int) -> Synthesizer:
        """Give a fresh synthesiser; the caller closes it.

        Raises
        ------
        UnreadableSoundFont
            If FluidSynth cannot load the file.
        """
        if channel_count <= READY_CHANNELS:
            with self._lock:
                ready = self._ready.pop((soundfont, sample_rate_hz), None)
            if ready is not None:
                return ready
        return Synthesizer(soundfont, sample_rate_hz, max(channel_count, READY_CHANNELS))

    def refill(self, soundfont: Path, sample_rate_hz: int) -> None:
        """Put a fresh synthesiser on the rack unless there is one; the one unused for longest makes room.

        A file that is gone or spoiled meanwhile is left to the next `take` to tell.
        """
        key = (soundfont, sample_rate_hz)
        if key not in self._ready:
            with suppress(UnreadableSoundFont):
                self._put(key, Synthesizer(soundfont, sample_rate_hz, READY_CHANNELS))

    def close(self) -> None:
        """Close all."""
        with self._lock:
            while self._ready:
                self._ready.popitem()[1].close()

    def _put(self, key: _Key, fresh: Synthesizer) -> None:
        with self._lock:
            surplus = [fresh] if key in self._ready else []
            if not surplus:
                self._ready[key] = fresh
            while len(self._ready) > self.capacity:
                surplus.append(self._ready.popitem(last=False)[1])
        for synthesizer in surplus:
            synthesizer.close()
