"""Bench of the renderer, compared with ``fluidsynth -F``: ``python services/renderer/bench/render.py [--corpus DIR]``.

Prints Markdown tables:

- speed, for a piece of three minutes and four tracks: time to the first audio, total wall-clock and processor time, and
  both as ratios to ``fluidsynth -F`` (Debian: the package ``fluidsynth``; nan without it). The two take turns, and each
  figure is the median of ``--repeats``. The command is a new process each time, so its time for a nearly empty piece
  (loading the SoundFont) is subtracted.
- memory, with four renders at once.
- stems: the difference between their sum and the mix.
- loudness and peaks, measured by pyloudnorm, of ``--pieces`` of a corpus spread over its styles (a folder with an
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
from renderer.encoding.encoder import OPUS_RATE_HZ, AudioFormat
from renderer.pipeline import RenderPipeline
from renderer.render_settings import (
    DEFAULT_SAMPLE_RATE_HZ,
    DEFAULT_TARGET_LUFS,
    LoudnessMethod,
    LoudnessTarget,
    RenderSettings,
)
from renderer.settings import Settings
from renderer.soundfonts import SoundFontLibrary
from renderer.stems import Stem
from renderer.synthesis.performance import perform
from score import midi
from score.arrays import F64
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
LOSSY_EVERY = 8


class RenderTimes(NamedTuple):
    """Times of one render: to the first audio, total wall-clock, total processor."""

    first_s: float
    clock_s: float
    processor_s: float


class LoudnessReading(NamedTuple):
    """Integrated loudness of a piece's audio, and its highest sample and true peak in dBFS."""

    lufs: float
    peak_db: float
    true_peak_db: float


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Measure the renderer and compare it with fluidsynth -F.")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--corpus", type=Path, help="a folder of MIDI files with an index.csv; the gallery by default")
    parser.add_argument("--pieces", type=int, default=200)
    options = parser.parse_args()
    logs.configure("bench", "ERROR")
    defaults = Settings()
    soundfonts = SoundFontLibrary(defaults.soundfonts, defaults.soundfont)
    soundfonts.load_default()
    loaded_bytes = resident_bytes()
    bench = RenderBench(RenderPipeline(soundfonts), three_minutes())
    bench.print_speed(soundfonts.find(""), options.repeats)
    bench.print_memory(loaded_bytes, soundfonts.find("").stat().st_size)
    bench.print_stems()
    bench.print_loudness(list(choose_pieces(options.corpus, options.pieces)))


class RenderBench:
    """Measures a pipeline and prints tables.

    Parameters
    ----------
    pipeline : RenderPipeline
        With its default SoundFont loaded.
    midi_file : bytes
        The piece of three minutes.
    """

    def __init__(self, pipeline: RenderPipeline, midi_file: bytes) -> None:
        self._pipeline = pipeline
        self._midi_file = midi_file

    def print_speed(self, soundfont: Path, repeats: int) -> None:
        """Print the table of times."""
        times: dict[str, list[RenderTimes]] = {name: [] for name in ("fluidsynth -F", *AudioFormat)}
        self._time_render(AudioFormat.WAV)
        for _ in range(repeats):
            whole, loading = time_command(self._midi_file, soundfont), time_command(nearly_empty(), soundfont)
            times["fluidsynth -F"].append(
                RenderTimes(0, whole.clock_s - loading.clock_s, whole.processor_s - loading.processor_s)
            )
            for audio_format in AudioFormat:
                times[audio_format].append(self._time_render(audio_format))
        print(
            "| | first audio, ms | whole, s | processor, s | times real time"
            " | times `fluidsynth -F`: clock | processor |\n|---|---|---|---|---|---|---|"
        )
        median = {name: RenderTimes(*map(statistics.median, zip(*found, strict=True))) for name, found in times.items()}
        peer = median["fluidsynth -F"]
        for name, one in median.items():
            ratios = f"{peer.clock_s / one.clock_s:.2f} | {peer.processor_s / one.processor_s:.2f}"
            columns = f"{one.clock_s:.2f} | {one.processor_s:.2f} | {PIECE_S / one.clock_s:.0f} | {ratios}"
            print(f"| {name} | {1000 * one.first_s:.0f} | {columns} |")

    def print_memory(self, loaded_bytes: int, soundfont_bytes: int) -> None:
        """Render four pieces at once and print the highest resident memory."""
        started_s = time.perf_counter()
        with ThreadPoolExecutor(4) as pool:
            tasks = [pool.submit(self._time_render, AudioFormat.WAV) for _ in range(4)]
            max_bytes = max_resident_bytes(lambda: not all(task.done() for task in tasks))
        took_s = time.perf_counter() - started_s
        beyond = (max_bytes - soundfont_bytes) / 1e6
        print(f"\nFour at once: {4 * PIECE_S / took_s:.0f} times real time together; resident")
        print(f"{loaded_bytes / 1e6:.0f} MB before, {max_bytes / 1e6:.0f} MB at most while they ran: the SoundFont's")
        print(f"file and {beyond:.0f} MB.")

    def print_stems(self) -> None:
        """Print the difference between the sum of a piece's stems and its mix."""
        settings = RenderSettings(gain=0.3)
        mix = self._decode(self._midi_file, AudioFormat.WAV, settings)
        stems = [self._decode(self._midi_file, AudioFormat.WAV, settings, Stem(frozenset((role,)))) for role in Role]
        difference = np.sum(stems, axis=0) - mix
        rms_db = decibels(float(np.sqrt(np.mean(difference**2) / np.mean(mix**2))))
        print(
            f"\nSum of four stems against the mix: {rms_db:.1f} dB (root mean square),"
            f" {abs(difference).max():.5f} at most."
        )

    def print_loudness(self, paths: Sequence[Path]) -> None:
        """Print the error of the loudness, and the highest peaks."""
        readings: dict[str, list[LoudnessReading]] = defaultdict(list)
        predicted, measured = (LoudnessTarget(method=method) for method in LoudnessMethod)
        for index, path in enumerate(paths):
            data = path.read_bytes()
            readings["predicted, wav"].append(self._measure_loudness(data, AudioFormat.WAV, predicted))
            if index % LOSSY_EVERY == 0:
                readings["measured, wav"].append(self._measure_loudness(data, AudioFormat.WAV, measured))
                for lossy in (AudioFormat.MP3, AudioFormat.OGG, AudioFormat.OPUS):
                    readings[f"predicted, {lossy}"].append(self._measure_loudness(data, lossy, predicted))
        print(
            "\n| | pieces | mean error, LU | median of its size | 95 % within | worst | over 0 dBFS |"
            " highest sample, dBFS | true peak |\n|---|---|---|---|---|---|---|---|---|"
        )
        for name, found in readings.items():
            print(f"| {name} | {summary_row(found)} |")

    def _time_render(self, audio_format: AudioFormat) -> RenderTimes:
        settings = RenderSettings(sample_rate_of(audio_format))
        clock_s, processor_s = time.perf_counter(), time.process_time()
        events: Iterator[Any] = self._pipeline.render(threading.Event(), self._midi_file, audio_format, settings)
        next(events)
        next(events)
        first_s = time.perf_counter() - clock_s
        for _ in events:
            pass
        return RenderTimes(first_s, time.perf_counter() - clock_s, time.process_time() - processor_s)

    def _measure_loudness(self, data: bytes, audio_format: AudioFormat, target: LoudnessTarget) -> LoudnessReading:
        """Render a piece and measure it with pyloudnorm."""
        import pyloudnorm
        from scipy.signal import resample_poly

        rate_hz = sample_rate_of(audio_format)
        frames = self._decode(data, audio_format, RenderSettings(rate_hz, loudness=target))
        lufs = float(pyloudnorm.Meter(rate_hz).integrated_loudness(frames))
        # Four times the rate, as ITU-R BS.1770-4, annex 2; only around the highest samples, where the peak must be.
        loudest = np.argsort(np.abs(frames).max(axis=1))[-64:]
        windows = (frames[max(0, at - 64) : at + 64] for at in loudest)
        true_peak = max(float(np.abs(resample_poly(window, 4, 1)).max()) for window in windows)
        return LoudnessReading(lufs, decibels(float(np.abs(frames).max())), decibels(true_peak))

    def _decode(
        self, data: bytes, audio_format: AudioFormat, settings: RenderSettings, stem: Stem | None = None
    ) -> F64:
        """Render a piece and decode the file."""
        events = self._pipeline.render(threading.Event(), data, audio_format, settings, stem)
        file = io.BytesIO(b"".join(event for event in events if isinstance(event, bytes)))
        frames, _ = soundfile.read(file, dtype="float64", always_2d=True)
        return np.asarray(frames)


def sample_rate_of(audio_format: AudioFormat) -> int:
    """Return the default sample rate of a format."""
    return OPUS_RATE_HZ if audio_format is AudioFormat.OPUS else DEFAULT_SAMPLE_RATE_HZ


def summary_row(found: Sequence[LoudnessReading]) -> str:
    """Return a row of the table of loudness."""
    errors = np.array([reading.lufs for reading in found]) - DEFAULT_TARGET_LUFS
    sizes = np.percentile(np.abs(errors), [50, 95, 100])
    n_over = sum(reading.peak_db > 0 for reading in found)
    highest = (max(reading.peak_db for reading in found), max(reading.true_peak_db for reading in found))
    figures = (errors.mean(), *sizes, n_over, *highest)
    return f"{len(found)} | " + " | ".join(
        f"{figure:.2f}" if isinstance(figure, float) else str(figure) for figure in figures
    )


def decibels(ratio: float) -> float:
    """Return a ratio of amplitudes in decibels."""
    return 20 * float(np.log10(max(ratio, 1e-9)))


def choose_pieces(corpus: Path | None, n_pieces: int) -> Iterator[Path]:
    """Yield pieces of a corpus, its styles in turns, in an order by the hash of their names; or the gallery's."""
    if corpus is None:
        yield from sorted(GALLERY.glob("*.mid"))
        return
    styles: dict[str, list[str]] = defaultdict(list)
    for row in csv.DictReader((corpus / "index.csv").open(encoding="utf-8")):
        styles[row["style"]].append(row["path"])
    shuffled = [sorted(paths, key=lambda path: hashlib.sha256(path.encode()).digest()) for paths in styles.values()]
    turns = (path for turn in zip_longest(*shuffled) for path in turn if path)
    usable = (corpus / path for path in turns if is_usable(corpus / path))
    yield from (path for path, _ in zip(usable, range(n_pieces), strict=False))


def is_usable(path: Path) -> bool:
    """Return whether a piece can be read and is not too long for a bench."""
    try:
        return perform(midi.parse(path.read_bytes()), 1000).n_frames / 1000 <= MAX_PIECE_S
    except Fault:
        return False


def time_command(data: bytes, soundfont: Path) -> RenderTimes:
    """Time ``fluidsynth -F``; nan without the command."""
    program = shutil.which("fluidsynth")
    if program is None:
        return RenderTimes(0, float("nan"), float("nan"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "piece.mid")
        path.write_bytes(data)
        options = ["-ni", "-g", "0.5", "-r", "44100", "-T", "wav", "-F", f"{folder}/piece.wav"]
        clock_s, processor_s = time.perf_counter(), processor_s_of_children()
        subprocess.run([program, *options, str(soundfont), str(path)], check=True, capture_output=True)
        return RenderTimes(0, time.perf_counter() - clock_s, processor_s_of_children() - processor_s)


def processor_s_of_children() -> float:
    """Return the processor time of the child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def max_resident_bytes(is_running: Callable[[], bool]) -> int:
    """Return the highest resident memory while something runs."""
    max_bytes = 0
    while is_running():
        max_bytes = max(max_bytes, resident_bytes())
        time.sleep(0.02)
    return max_bytes


def resident_bytes() -> int:
    """Return the resident memory of this process."""
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) * 1024


def three_minutes() -> bytes:
    """Compose a piece for flute, strings in four voices, bass and drums."""
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
    return write_midi(
        Track("", 73, 0, tuple(lead)),
        Track("", 48, 1, tuple(harmony)),
        Track("", 33, 2, tuple(bass)),
        Track("", 0, 9, tuple(drums)),
    )


def nearly_empty() -> bytes:
    """Return a file with one very short note."""
    return write_midi(Track(notes=(Note(0, 1, 60, 1),)))


def write_midi(*tracks: Track) -> bytes:
    """Write a MIDI file."""
    ordered: Sequence[Track] = [Track(t.name, t.program, t.channel, tuple(sorted(t.notes))) for t in tracks]
    return midi.write(Score(QUARTER, (Tempo(0, 60_000_000 // BPM),), tracks=tuple(ordered)))


if __name__ == "__main__":
    main()
