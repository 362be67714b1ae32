"""How long a request takes, warm: 16 bars of four roles to MIDI, and notes a second."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gan.planning.generation_request import GenerationRequest
from score import midi
from score.roles import ROLES

from ..generation import Made, Order

PIECES = 20


@dataclass(frozen=True, slots=True)
class Speed:
    """Median seconds of a request by clock and processor, the slowest, and notes a second of so many at once.

    One request is computed on one thread.
    """

    median_s: float
    median_cpu_s: float
    slowest_s: float
    notes_a_second: float
    processes: int


def orders(styles: Sequence[str], count: int = PIECES, bars: int = 16) -> list[Order]:
    """Ask for pieces of four roles, style after style."""
    return [
        Order(GenerationRequest(1000 + index, styles[index % len(styles)], n_bars=bars, roles=ROLES))
        for index in range(count)
    ]


def measure(make: Callable[[Sequence[Order]], list[Made]], ordered: Sequence[Order], processes: int) -> Speed:
    """Time all that is ordered, after one piece of each process to warm up."""
    make(ordered[:processes])
    made = make(ordered)
    seconds = [one.seconds for one in made]
    notes = sum(midi.parse(one.midi).n_notes for one in made)
    cpu_s = statistics.median(one.cpu_s for one in made)
    return Speed(statistics.median(seconds), cpu_s, max(seconds), notes / sum(seconds) * processes, processes)
