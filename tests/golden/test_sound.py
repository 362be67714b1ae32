"""The renderer compared with the `fluidsynth` command: the same levels at the same times."""

from __future__ import annotations

import io
import json
import threading

import midi_fixtures
import numpy as np
import pytest
import soundfile
from golden.sound import GOLDEN, RATE_HZ, levels_db
from renderer.encoding.encoder import AudioFormat
from renderer.pipeline import RenderPipeline
from renderer.render_settings import RenderSettings
from renderer.settings import Settings
from renderer.soundfonts import SoundFontLibrary

AUDIBLE_DB = -60.0
TYPICAL_DB = 0.05
"""Tolerance of the median over a song."""
WORST_DB = 2.0
"""Tolerance of a tenth of a second: a note at its edge may begin a block of 64 frames earlier or later."""


@pytest.mark.parametrize("name", ["funk", "waltz", "seven_eight"])
def test_songs_sound_as_the_command_renders_them(name: str) -> None:
    defaults = Settings()
    soundfonts = SoundFontLibrary(defaults.soundfonts, defaults.soundfont)
    parts = RenderPipeline(soundfonts).render(
        threading.Event(), getattr(midi_fixtures, name)(), AudioFormat.WAV, RenderSettings(gain=0.5)
    )
    data = b"".join(part for part in parts if isinstance(part, bytes))
    frames, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    ours = levels_db(frames[: len(frames) - 3 * RATE_HZ])
    golden = np.array(json.loads(GOLDEN.read_text())[name])[: len(ours)]
    audible = golden > AUDIBLE_DB
    difference = (ours - golden)[audible]
    assert audible.mean() > 0.9
    assert abs(float(np.median(difference))) < TYPICAL_DB
    assert float(np.abs(difference).max()) < WORST_DB
