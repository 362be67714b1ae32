"""Generates pieces like references with the service's own code: what its RPC `Generate` does, without gRPC."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from gan.composer import N_CANDIDATES, Composition, compose
from gan.model import STYLES_NAME, GanModel, load_model
from gan.planning.generation_request import GenerationRequest, resolve
from gan.planning.styles import Style, parse_styles
from gan.writing.midi_writer import write_midi

from .pieces import UNKNOWN_GROUP, Piece, silence

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_CHUNK_SIZE = 16
"""Items that a process of the pool takes at a time."""


@dataclass(frozen=True, slots=True)
class GeneratedPiece:
    """A piece as the service generates it.

    Attributes
    ----------
    piece : Piece
        In C major or A minor.
    midi : bytes
        In the requested key.
    tonic : int
        Of that key, 0 to 11.
    elapsed_s, cpu_s : float
        Wall and processor time.
    """

    piece: Piece
    midi: bytes
    tonic: int
    elapsed_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class GenerationSpec:
    """What is to be generated.

    Attributes
    ----------
    request : GenerationRequest
    n_candidates : int, optional
        None for the service's default.
    synthetic, group
        Of the reference, see `Piece`.
    """

    request: GenerationRequest
    n_candidates: int | None = None
    synthetic: bool = False
    group: int = UNKNOWN_GROUP


def supported_styles(styles: Sequence[Style]) -> frozenset[tuple[str, str]]:
    """Return the styles and meters that can be requested."""
    return frozenset((style.style_id, meter) for style in styles for meter in style.meters)


def load_supported_styles(models: Path) -> frozenset[tuple[str, str]]:
    """Return the styles and meters of the model in a models folder."""
    return supported_styles(parse_styles((models / "gan" / STYLES_NAME).read_text()))


def build_specs(
    references: Sequence[Piece], seed: int, n_candidates: int | None = None, *, n_extra_bars: int = 0
) -> list[GenerationSpec]:
    """Return what to generate for references: their style, mode, meter, roles and bars, in random keys.

    Parameters
    ----------
    references : sequence of Piece
    seed : int
    n_candidates : int, optional
        See `GenerationSpec`.
    n_extra_bars : int
        Bars to generate after those of the reference.
    """
    tonics = np.random.default_rng((seed, 2)).integers(12, size=len(references))
    return [
        GenerationSpec(
            GenerationRequest(
                seed=seed * 1_000_000 + index,
                style_id=reference.style,
                tonic=int(tonic),
                is_minor=reference.is_minor,
                meter=reference.meter,
                n_bars=reference.n_bars + n_extra_bars,
                roles=reference.roles,
            ),
            n_candidates,
            reference.synthetic,
            reference.group,
        )
        for index, (reference, tonic) in enumerate(zip(references, tonics, strict=True))
    ]


def generate(model: GanModel, spec: GenerationSpec) -> GeneratedPiece:
    """Generate one piece."""
    started_s, cpu_started_s = time.perf_counter(), time.process_time()
    request = resolve(spec.request, model.styles)
    n_candidates = spec.n_candidates or N_CANDIDATES
    *_, composition = compose(request, model, threading.Event(), n_candidates=n_candidates)
    assert isinstance(composition, Composition)
    midi = write_midi(composition, request, model.digests)
    elapsed_s, cpu_s = time.perf_counter() - started_s, time.process_time() - cpu_started_s
    n_steps = max(len(events) for events in composition.events.values())
    piece = Piece(
        style=request.style.style_id,
        is_minor=request.is_minor,
        meter=request.meter,
        synthetic=spec.synthetic,
        group=spec.group,
        events={role: composition.events.get(role, silence(role, n_steps)) for role in request.roles},
    )
    return GeneratedPiece(piece, midi, request.tonic, elapsed_s, cpu_s)


class WorkerPool:
    """Processes of one thread each, which have the model loaded.

    Parameters
    ----------
    models : Path, optional
        The models folder; None for work that needs no model.
    n_processes : int
    """

    def __init__(self, models: Path | None, n_processes: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = context.Pool(n_processes, _initialize, (models,))
        self.n_processes = n_processes

    def generate(self, specs: Sequence[GenerationSpec]) -> list[GeneratedPiece]:
        """Generate pieces, in the order of their specs."""
        return self.map(_generate, specs)

    def map(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Return the results of a function for items, in order."""
        chunk_size = max(1, min(MAX_CHUNK_SIZE, len(items) // (4 * self.n_processes)))
        return self._pool.map(work, items, chunksize=chunk_size)

    def __enter__(self) -> WorkerPool:
        """Return the pool, whose processes end with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self._pool.terminate()
        self._pool.join()


_model: GanModel | None = None


def _initialize(models: Path | None) -> None:
    global _model  # one in each process of the pool
    torch.set_num_threads(1)
    _model = load_model(models) if models else None


def _generate(spec: GenerationSpec) -> GeneratedPiece:
    assert _model is not None
    return generate(_model, spec)
