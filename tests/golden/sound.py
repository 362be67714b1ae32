"""Reference levels of songs of `midi_fixtures` in every tenth of a second, rendered by the `fluidsynth` command.

    python tests/golden/sound.py SOUNDFONT.sf2

writes `sound.json`, which the renderer is compared with. It needs the command (Debian: fluidsynth), the tests do not.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from score.arrays import F32, F64

GOLDEN = Path(__file__).with_name("sound.json")
RATE_HZ = 44_100
STEP_FRAMES = RATE_HZ // 10
SILENCE = 1e-4
"""Levels below -80 dBFS count as silence."""


def levels_db(frames: F32) -> F64:
    """Compute the root mean square of every tenth of a second, in decibels of full scale.

    Parameters
    ----------
    frames : ndarray, shape (n, 2), float32
        At `RATE_HZ`; an incomplete last tenth of a second is left out.

    Returns
    -------
    ndarray, shape (n // STEP_FRAMES,), float64
    """
    steps = frames[: len(frames) // STEP_FRAMES * STEP_FRAMES].astype(np.float64).reshape(-1, 2 * STEP_FRAMES)
    return np.asarray(20 * np.log10(np.maximum(np.sqrt(np.mean(steps**2, axis=1)), SILENCE)))


def render_with_command(midi: bytes, soundfont: str) -> F32:
    """Render with the command, in floating point, so that nothing is clipped."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "piece.mid").write_bytes(midi)
        options = ["-ni", "-g", "0.5", "-r", str(RATE_HZ), "-O", "float", "-T", "wav", "-F", f"{folder}/piece.wav"]
        subprocess.run(["fluidsynth", *options, soundfont, f"{folder}/piece.mid"], check=True, capture_output=True)
        frames, _ = soundfile.read(io.BytesIO(Path(folder, "piece.wav").read_bytes()), dtype="float32")
    return np.asarray(frames, dtype=np.float32)


def main() -> None:
    """Write the golden file."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import midi_fixtures

    songs: list[Callable[[], bytes]] = [midi_fixtures.funk, midi_fixtures.waltz, midi_fixtures.seven_eight]
    levels = {song.__name__: levels_db(render_with_command(song(), sys.argv[1])).round(2).tolist() for song in songs}
    lines = [f'  "{name}": {json.dumps(values)}' for name, values in levels.items()]
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
