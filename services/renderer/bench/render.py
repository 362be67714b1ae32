"""What the renderer must show, beside ``fluidsynth -F``: ``python services/renderer/bench/render.py [--corpus DIR]``.

Prints Markdown tables:

- speed, for a piece of three minutes and four tracks made here: time to the first audio, whole time by the clock and of
  the processor, and both as ratios to ``fluidsynth -F`` (Debian: the package ``fluidsynth``; without it, nan). The two
  take turns, and each figure is the median of ``--repeats``. The command is a new process each time, so what it takes
  for an all but empty piece (loading the SoundFont) is taken off.
- memory, with four renders at once.
- stems: what their sum differs from the mix by.
- loudness and peaks, judged by pyloudnorm, of ``--pieces`` of a corpus spread over its styles (a folder with an
  ``index.csv`` that has the columns path and style), or of the gallery's pieces. Every eighth is also rendered by the
  measured method, and as MP3, Ogg Vorbis and Opus, whose decoded peaks count too.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import resource
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray
from renderer.encoding.encoder import OPUS_RATE_HZ, Format
from renderer.pipeline import Studio
from renderer.render_settings import DEFAULT_SAMPLE_RATE_HZ, DEFAULT_TARGET_LUFS, Loudness, Method, Sound
from renderer.settings import Settings
from renderer.soundfonts import SoundFonts
from renderer.stems import Stem
from renderer.synthesis.performance import perform
from score import midi
from score.model import Note, Score, Tempo, Track
from score.roles import Role
from servicekit import logs
from servicekit.faults import Fault

QUARTER = 480
BARS = 90
BPM = 120
PIECE_S = BARS * 4 * 60 / BPM
GALLERY = Path(__file__).parents[3] / "gateway/src/gateway/gallery"
MAX_PIECE_S = 300.0
CLOSE_LOOK = 8


class Take(NamedTuple):
    """What one render took."""

    first_s: float
    clock_s: float
    processor_s: float


class Verdict(NamedTuple):
    """What the judge says of a piece's audio: integrated loudness, and the highest sample and true peak in dBFS."""

    lufs: float
    peak_db: float
    true_peak_db: float


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Measure the renderer beside fluidsynth -F.")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--corpus", type=Path, help="a folder of MIDI files with an index.csv; the gallery by default")
    parser.add_argument("--pieces", type=int, default=200)
    asked = parser.parse_args()
    logs.configure("bench", "ERROR")
    defaults = Settings()
    soundfonts = SoundFonts(defaults.soundfonts, defaults.soundfont)
    soundfonts.load_default()
    studio, data = Studio(soundfonts), three_minutes()
    loaded_bytes = resident_bytes()
    print_speed(studio, data, soundfonts.find(""), asked.repeats)
    print_memory(studio, data, loaded_bytes, soundfonts.find("").stat().st_size)
    print_stems(studio, data)
    print_loudness(studio, list(pieces(asked.corpus, asked.pieces)))


def print_speed(studio: Studio, data: bytes, soundfont: Path, repeats: int) -> None:
    """Print the table of times."""
    takes: dict[str, list[Take]] = {name: [] for name in ("fluidsynth -F", *Format)}
    rendered(studio, data, Format.WAV)
    for _ in range(repeats):
        whole, loading = command(data, soundfont), command(nearly_nothing(), soundfont)
        takes["fluidsynth -F"].append(Take(0, whole.clock_s - loading.clock_s, whole.processor_s - loading.processor_s))
        for file_format in Format:
            takes[file_format].append(rendered(studio, data, file_format))
    print(
        "| | first audio, ms | whole, s | processor, s | times real time | times `fluidsynth -F`: clock | processor |"
    )
    print("|---|---|---|---|---|---|---|")
    median = {name: Take(*map(statistics.median, zip(*found, strict=True))) for name, found in takes.items()}
    peer = median["fluidsynth -F"]
    for name, take in median.items():
        ratios = f"{peer.clock_s / take.clock_s:.2f} | {peer.processor_s / take.processor_s:.2f}"
        times = f"{take.clock_s:.2f} | {take.processor_s:.2f} | {PIECE_S / take.clock_s:.0f} | {ratios}"
        print(f"| {name} | {1000 * take.first_s:.0f} | {times} |")


def print_memory(studio: Studio, data: bytes, loaded_bytes: int, soundfont_bytes: int) -> None:
    """Render four pieces at once and print what that takes."""
    started_s = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(rendered, studio, data, Format.WAV) for _ in range(4)]
        most_bytes = peak_while(lambda: not all(task.done() for task in tasks))
    took_s = time.perf_counter() - started_s
    beyond = (most_bytes - soundfont_bytes) / 1e6
    print(f"\nFour at once: {4 * PIECE_S / took_s:.0f} times real time together; resident {loaded_bytes / 1e6:.0f} MB")
    print(f"before, {most_bytes / 1e6:.0f} MB at most while they ran: the SoundFont's file and {beyond:.0f} MB.")


def print_stems(studio: Studio, data: bytes) -> None:
    """Print how far the sum of a piece's stems is from its mix."""
    gain = 0.3
    mix = decoded(studio, data, Format.WAV, Sound(gain=gain))
    stems = [decoded(studio, data, Format.WAV, Sound(gain=gain), Stem(frozenset((role,)))) for role in Role]
    difference = np.sum(stems, axis=0) - mix
    rms_db = decibels(float(np.sqrt(np.mean(difference**2) / np.mean(mix**2))))
    print(
        f"\nSum of four stems against the mix: {rms_db:.1f} dB (root mean square), {abs(difference).max():.5f} at most."
    )


def print_loudness(studio: Studio, chosen: Sequence[Path]) -> None:
    """Print the loudness's error, and the highest peaks."""
    verdicts: dict[str, list[Verdict]] = defaultdict(list)
    for index, path in enumerate(chosen):
        data = path.read_bytes()
        verdicts["predicted, wav"].append(judged(studio, data, Format.WAV, Method.PREDICTED))
        if index % CLOSE_LOOK == 0:
            verdicts["measured, wav"].append(judged(studio, data, Format.WAV, Method.MEASURED))
            for lossy in (Format.MP3, Format.OGG, Format.OPUS):
                verdicts[f"predicted, {lossy}"].append(judged(studio, data, lossy, Method.PREDICTED))
    print(
        "\n| | pieces | mean error, LU | median of its size | 95 % within | worst | over 0 dBFS |"
        " highest sample, dBFS | true peak |\n|---|---|---|---|---|---|---|---|---|"
    )
    for name, found in verdicts.items():
        print(f"| {name} | {summary(found)} |")


def summary(found: Sequence[Verdict]) -> str:
    """Give a row of the table of loudness."""
    errors = np.array([verdict.lufs for verdict in found]) - DEFAULT_TARGET_LUFS
    sizes = np.percentile(np.abs(errors), [50, 95, 100])
    over = sum(verdict.peak_db > 0 for verdict in found)
    highest = (max(verdict.peak_db for verdict in found), max(verdict.true_peak_db for verdict in found))
    figures = (errors.mean(), *sizes, over, *highest)
    return f"{len(found)} | " + " | ".join(
        f"{figure:.2f}" if isinstance(figure, float) else str(figure) for figure in figures
    )


def judged(studio: Studio, data: bytes, file_format: Format, method: Method) -> Verdict:
    """Render a piece and let pyloudnorm judge it."""
    import pyloudnorm
    from scipy.signal import resample_poly

    rate_hz = OPUS_RATE_HZ if file_format is Format.OPUS else DEFAULT_SAMPLE_RATE_HZ
    frames = decoded(studio, data, file_format, Sound(rate_hz, loudness=Loudness(method=method)))
    lufs = float(pyloudnorm.Meter(rate_hz).integrated_loudness(frames))
    # Four times the rate, as ITU-R BS.1770-4, annex 2; only around the highest samples, where the peak must be.
    loudest = np.argsort(np.abs(frames).max(axis=1))[-64:]
    windows = (frames[max(0, at - 64) : at + 64] for at in loudest)
    true_peak = max(float(np.abs(resample_poly(window, 4, 1)).max()) for window in windows)
    return Verdict(lufs, decibels(float(np.abs(frames).max())), decibels(true_peak))


def decibels(ratio: float) -> float:
    """Give a ratio of amplitudes in decibels."""
    return 20 * float(np.log10(max(ratio, 1e-9)))


def decoded(
    studio: Studio, data: bytes, file_format: Format, sound: Sound, stem: Stem | None = None
) -> NDArray[np.float64]:
    """Render a piece and decode what came."""
    parts = studio.render(threading.Event(), data, file_format, sound, stem)
    file = io.BytesIO(b"".join(part for part in parts if isinstance(part, bytes)))
    frames, _ = soundfile.read(file, dtype="float64", always_2d=True)
    return np.asarray(frames)


def pieces(corpus: Path | None, count: int) -> Iterator[Path]:
    """Yield a corpus's pieces, a style at a time, in an order that only their names decide; or the gallery's."""
    if corpus is None:
        yield from sorted(GALLERY.glob("*.mid"))
        return
    styles: dict[str, list[str]] = defaultdict(list)
    for row in csv.DictReader((corpus / "index.csv").open(encoding="utf-8")):
        styles[row["style"]].append(row["path"])
    shuffled = [sorted(paths, key=lambda path: hashlib.sha256(path.encode()).digest()) for paths in styles.values()]
    turns = (path for turn in zip_longest(*shuffled) for path in turn if path)
    usable = (corpus / path for path in turns if is_usable(corpus / path))
    yield from (path for path, _ in zip(usable, range(count), strict=False))


def is_usable(path: Path) -> bool:
    """Whether a piece can be read and is not too long for a bench."""
    try:
        return perform(midi.parse(path.read_bytes()), 1000).frame_count / 1000 <= MAX_PIECE_S
    except Fault:
        return False


def rendered(studio: Studio, data: bytes, file_format: Format) -> Take:
    """Time one render."""
    rate_hz = OPUS_RATE_HZ if file_format is Format.OPUS else DEFAULT_SAMPLE_RATE_HZ
    clock_s, processor_s = time.perf_counter(), time.process_time()
    parts: Iterator[Any] = studio.render(threading.Event(), data, file_format, Sound(rate_hz))
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
