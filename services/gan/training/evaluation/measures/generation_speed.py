"""Speed of generation: time of a warm request for 16 bars of four roles, and notes per second."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gan.planning.generation_request import GenerationRequest
from score import midi
from score.roles import ROLES

from ..generation import GeneratedPiece, GenerationSpec

N_PIECES = 20
FIRST_SEED = 1000


@dataclass(frozen=True, slots=True)
class Speed:
    """Times of requests, each computed on one thread.

    Attributes
    ----------
    median_s, median_cpu_s, slowest_s : float
        Wall time, processor time, and the longest wall time of a request.
    notes_per_s : float
        Of all processes together.
    n_processes : int
    """

    median_s: float
    median_cpu_s: float
    slowest_s: float
    notes_per_s: float
    n_processes: int


def build_specs(styles: Sequence[str], count: int = N_PIECES, n_bars: int = 16) -> list[GenerationSpec]:
    """Return specs of pieces of four roles, style after style.

    Parameters
    ----------
    styles : sequence of str
        Style ids.
    count : int
    n_bars : int
    """
    return [
        GenerationSpec(GenerationRequest(FIRST_SEED + index, styles[index % len(styles)], n_bars=n_bars, roles=ROLES))
        for index in range(count)
    ]


def measure(
    generate: Callable[[Sequence[GenerationSpec]], list[GeneratedPiece]],
    specs: Sequence[GenerationSpec],
    n_processes: int,
) -> Speed:
    """Time the generation of pieces, after one piece in each process to warm up.

    Parameters
    ----------
    generate : callable
        Generates pieces in all processes.
    specs : sequence of GenerationSpec
    n_processes : int
    """
    generate(specs[:n_processes])
    generated = generate(specs)
    elapsed_s = [one.elapsed_s for one in generated]
    n_notes = sum(midi.parse(one.midi).n_notes for one in generated)
    cpu_s = statistics.median(one.cpu_s for one in generated)
    notes_per_s = n_notes / sum(elapsed_s) * n_processes
    return Speed(statistics.median(elapsed_s), cpu_s, max(elapsed_s), notes_per_s, n_processes)
