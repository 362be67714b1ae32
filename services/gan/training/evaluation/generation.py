"""Asks the service's own code for pieces like references: what `Generate` does, without the wire."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from gan.composer import Composition, compose
from gan.model import GanModel, load_model
from gan.planning.generation_request import GenerationRequest, resolve
from gan.writing.midi_writer import write_midi

from .pieces import Piece, silence

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Made:
    """A piece as the service makes it: the music, its MIDI in the key asked for, seconds by clock and processor."""

    piece: Piece
    midi: bytes
    tonic: int
    seconds: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Order:
    """What to ask for: a wish, how many candidates (None: as usual), and what the piece is counted as."""

    wish: GenerationRequest
    candidates: int | None = None
    synthetic: bool = False
    group: int = -1


def offered(models: GanModel) -> frozenset[tuple[str, str]]:
    """List the styles and meters that can be asked for."""
    return frozenset((style.style_id, meter) for style in models.styles for meter in style.meters)


def orders(like: Sequence[Piece], seed: int, candidates: int | None = None, beyond: int = 0) -> list[Order]:
    """Ask for the style, mode, meter, roles and bars of each reference, and bars beyond, in a key drawn at random."""
    tonics = np.random.default_rng((seed, 2)).integers(12, size=len(like))
    return [
        Order(
            GenerationRequest(
                seed=seed * 1_000_000 + index,
                style_id=piece.style,
                tonic=int(tonic),
                is_minor=piece.is_minor,
                meter=piece.meter,
                n_bars=piece.n_bars + beyond,
                roles=piece.roles,
            ),
            candidates,
            piece.synthetic,
            piece.group,
        )
        for index, (piece, tonic) in enumerate(zip(like, tonics, strict=True))
    ]


def make(models: GanModel, order: Order) -> Made:
    """Make one piece."""
    began, cpu_began = time.perf_counter(), time.process_time()
    brief = resolve(order.wish, models.styles)
    told: dict[str, Any] = {"n_candidates": order.candidates} if order.candidates else {}
    *_, composition = compose(brief, models, threading.Event(), **told)
    assert isinstance(composition, Composition)
    data = write_midi(composition, brief, models.digests)
    took = time.perf_counter() - began, time.process_time() - cpu_began
    steps = max(len(events) for events in composition.events.values())
    events = {role: composition.events.get(role, silence(role, steps)) for role in brief.roles}
    piece = Piece(
        style=brief.style.style_id,
        is_minor=brief.is_minor,
        meter=brief.meter,
        synthetic=order.synthetic,
        group=order.group,
        events=events,
    )
    return Made(piece, data, brief.tonic, *took)


class Crew:
    """Processes that each have the models, one thread each.

    Parameters
    ----------
    models : Path
        The models folder; None for work that needs no models.
    processes : int
    """

    def __init__(self, models: Path | None, processes: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = context.Pool(processes, _begin, (models,))
        self.processes = processes

    def make(self, ordered: Sequence[Order]) -> list[Made]:
        """Make all that is ordered, in order."""
        return self.map(_make, ordered)

    def map(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Work on items, in order."""
        return self._pool.map(work, items, chunksize=max(1, min(16, len(items) // (4 * self.processes))))

    def __enter__(self) -> Crew:
        """Stop the processes at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the processes."""
        self._pool.terminate()
        self._pool.join()


_models: GanModel | None = None


def _begin(folder: Path | None) -> None:
    global _models  # a process of the crew has one
    torch.set_num_threads(1)
    _models = load_model(folder) if folder else None


def _make(order: Order) -> Made:
    assert _models is not None
    return make(_models, order)
