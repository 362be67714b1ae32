"""Time the renderer against ``fluidsynth -F``, side by side: ``python services/renderer/bench/render.py``.

Prints a Markdown table for a piece of three minutes and four tracks made here: time to the first audio, whole time by
the clock and of the processor, and the ratio of the latter, which a busy machine disturbs less. Each figure is the
median of ``--repeats``; the renderer and the command take turns. ``fluidsynth`` is a new process each time, so what it
takes for an all but empty piece (loading the SoundFont) is taken off; without the command, its row says nan. Four
renders at once tell the memory that they share.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from renderer.encoder import Format
from renderer.settings import Settings
from renderer.soundfonts import SoundFonts
from renderer.studio import Sound, Studio
from score import midi
from score.model import Note, Score, Tempo, Track
from servicekit import logs

QUARTER = 480
BARS = 90
BPM = 120
PIECE_S = BARS * 4 * 60 / BPM


class Take(NamedTuple):
    """What one render took."""

    first_s: float
    clock_s: float
    processor_s: float


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Time the renderer against fluidsynth -F.")
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    logs.configure("bench", "WARNING")
    defaults = Settings()
    soundfonts = SoundFonts(defaults.soundfonts, defaults.soundfont, defaults.soundfonts_kept)
    soundfonts.load_default(Sound().sample_rate_hz)
    studio, data = Studio(soundfonts), three_minutes()
    loaded_bytes = resident_bytes()
    print_speed(studio, data, soundfonts.find(""), repeats)
    print_memory(studio, data, loaded_bytes)
    soundfonts.close()


def print_speed(studio: Studio, data: bytes, soundfont: Path, repeats: int) -> None:
    """Print the table of times."""
    takes: dict[str, list[Take]] = {name: [] for name in ("fluidsynth -F", *Format)}
    for _ in range(repeats):
        whole, loading = command(data, soundfont), command(nearly_nothing(), soundfont)
        takes["fluidsynth -F"].append(Take(0, whole.clock_s - loading.clock_s, whole.processor_s - loading.processor_s))
        for file_format in Format:
            takes[file_format].append(rendered(studio, data, file_format))
    print("| | first audio, ms | whole, s | processor, s | times real time | times `fluidsynth -F` by processor |")
    print("|---|---|---|---|---|---|")
    median = {name: Take(*map(statistics.median, zip(*found, strict=True))) for name, found in takes.items()}
    for name, take in median.items():
        ratio = median["fluidsynth -F"].processor_s / take.processor_s
        times = f"{take.clock_s:.2f} | {take.processor_s:.2f} | {PIECE_S / take.clock_s:.0f} | {ratio:.2f}"
        print(f"| {name} | {1000 * take.first_s:.0f} | {times} |")


def print_memory(studio: Studio, data: bytes, loaded_bytes: int) -> None:
    """Render four pieces at once and print what that takes."""
    started_s = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(rendered, studio, data, Format.WAV) for _ in range(4)]
        most_bytes = peak_while(lambda: not all(task.done() for task in tasks))
    took_s = time.perf_counter() - started_s
    print(f"\nFour at once: {4 * PIECE_S / took_s:.0f} times real time together; resident {loaded_bytes / 1e6:.0f} MB")
    print(f"with the SoundFont loaded, {most_bytes / 1e6:.0f} MB at most while they ran.")


def rendered(studio: Studio, data: bytes, file_format: Format) -> Take:
    """Time one render."""
    clock_s, processor_s = time.perf_counter(), time.process_time()
    parts = studio.render(threading.Event(), data, file_format, Sound())
    next(parts)
    next(parts)
    first_s = time.perf_counter() - clock_s
    for _ in parts:
        pass
    return Take(first_s, time.perf_counter() - clock_s, time.process_time() - processor_s)


def command(data: bytes, soundfont: Path) -> Take:
    """Time ``fluidsynth -F``; nan without the command."""
    program = shutil.which("fluidsynth")
    if program is None:
        return Take(0, float("nan"), float("nan"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "piece.mid")
        path.write_bytes(data)
        options = ["-ni", "-g", "0.5", "-r", "44100", "-T", "wav", "-F", f"{folder}/piece.wav"]
        clock_s, processor_s = time.perf_counter(), children_s()
        subprocess.run([program, *options, str(soundfont), str(path)], check=True, capture_output=True)
        return Take(0, time.perf_counter() - clock_s, children_s() - processor_s)


def children_s() -> float:
    """Give the processor time of the processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak_while(goes_on: Callable[[], bool]) -> int:
    """Watch the resident memory."""
    most_bytes = 0
    while goes_on():
        most_bytes = max(most_bytes, resident_bytes())
        time.sleep(0.02)
    return most_bytes


def resident_bytes() -> int:
    """Give this process's resident memory."""
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) * 1024


def three_minutes() -> bytes:
    """Make a piece: flute, strings in four voices, bass, drums."""
    chords = [(57, 60, 64, 69), (53, 57, 60, 65), (48, 55, 60, 64), (55, 59, 62, 67)]
    lead, harmony, bass, drums = [], [], [], []
    for bar in range(BARS):
        chord, start = chords[bar % 4], bar * 4 * QUARTER
        harmony += [Note(start, 4 * QUARTER, pitch, 70) for pitch in chord]
        for eighth in range(8):
            onset = start + eighth * QUARTER // 2
            lead.append(Note(onset, QUARTER // 2, chord[(eighth * 3 + bar) % 4] + 12, 90))
            bass.append(Note(onset, QUARTER // 2, chord[0] - 24, 95))
            drums += [Note(onset, QUARTER // 4, pitch, 85) for pitch in (42, (36, 38)[eighth // 2 % 2])]
    return written(
        Track("", 73, 0, tuple(lead)),
        Track("", 48, 1, tuple(harmony)),
        Track("", 33, 2, tuple(bass)),
        Track("", 0, 9, tuple(drums)),
    )


def nearly_nothing() -> bytes:
    """Make the shortest note."""
    return written(Track(notes=(Note(0, 1, 60, 1),)))


def written(*tracks: Track) -> bytes:
    """Write a MIDI file."""
    ordered: Sequence[Track] = [Track(t.name, t.program, t.channel, tuple(sorted(t.notes))) for t in tracks]
    return midi.write(Score(QUARTER, (Tempo(0, 60_000_000 // BPM),), tracks=tuple(ordered)))


if __name__ == "__main__":
    main()
