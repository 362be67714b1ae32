"""What a rehearsal plays: pieces planned like training music, and the real ones that they are held against."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gan.measures import features
from gan.measures.ngrams import extract_ngrams
from gan.model import SKIPPED_INTRO_BARS
from gan.network.batch import Conditions
from gan.network.channels import copy_sources, repeat_sources, step_chords, step_positions
from gan.network.dims import METERS, N_CHANNELS
from gan.planning import structure
from gan.planning.generation_request import ResolvedRequest, resolve
from gan.planning.styles import Style, parse_style
from gan.sampling import pitch_range
from gan.sampling.sampler import SamplingInputs
from score.arrays import F32
from score.roles import ROLES
from torch import Tensor

from ..data import dataset
from ..evaluation import reference_sets as music_of
from ..evaluation.generation import orders
from ..evaluation.pieces import Piece
from ..export.model_folder import served_styles

BARS = 16
BEYOND = 2
"""Bars drawn after those that are judged, in which a piece ends."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rehearsal is."""

    seed: int = 1
    plans: int = 8
    siblings: int = 4
    rate: float = 2e-4
    weight: float = 1.0
    band_weight: float = 0.5
    local_weight: float = 0.3
    sight: float = 0.9
    reread: int = 640
    real: int = 1600
    lately: int = 1600
    first: int = 640
    refit_every: int = 4
    real_batch: int = 16
    average: float = 0.98
    uproar: float = 1.4


def table_of_styles(data: Path) -> list[Style]:
    """Describe the styles as an exported model would, by what the run learns from."""
    facts = json.loads((data / "styles.json").read_text())
    return [parse_style(fact) for fact in served_styles(dataset.load_corpus(data), facts, set())]


@dataclass(frozen=True, slots=True)
class Plans:
    """Several plans of pieces of one meter: what to draw by, once for each sibling."""

    drawing: SamplingInputs
    asked: Conditions
    briefs: Sequence[ResolvedRequest]
    origin: Tensor


class Stage:
    """Plans pieces like training music, and makes tables of them.

    Parameters
    ----------
    music : training.evaluation.reference_sets.Corpus
    styles : sequence of Style
    plan : Plan
    """

    def __init__(self, music: music_of.Corpus, styles: Sequence[Style], plan: Plan) -> None:
        self._plan, self._styles = plan, styles
        self._random = np.random.default_rng((plan.seed, 31))
        offered = {(style.style_id, meter) for style in styles for meter in style.meters}
        found = music_of.chunks(music, BARS, held_out=False)
        pieces: list[Piece] = []
        for index in self._random.permutation(len(found)):
            piece = music_of.cut(music, found[index], BARS)
            if (piece.style, piece.meter) in offered and music_of.is_clean(piece):
                pieces.append(piece)
            if len(pieces) == plan.real:
                break
        self.pieces = pieces
        self.names, self.real = features.table(pieces)
        self.texts = [extract_ngrams(piece) for piece in pieces]

    def plans(self, step: int) -> Plans:
        """Draw plans like real pieces, all of one meter."""
        random = np.random.default_rng((self._plan.seed, 32, step))
        meter = self.pieces[int(random.integers(len(self.pieces)))].meter
        fitting = [piece for piece in self.pieces if piece.meter == meter]
        like = [fitting[int(index)] for index in random.integers(len(fitting), size=self._plan.plans)]
        briefs = [
            resolve(order.wish, self._styles) for order in orders(like, int(random.integers(1 << 31)), beyond=BEYOND)
        ]
        return lay_out([brief for brief in briefs for _ in range(self._plan.siblings)], meter)

    def table(self, made: Sequence[Piece]) -> F32:
        """Make the table of pieces, in the columns of the real ones."""
        rows = [features.measure(piece) for piece in made]
        return np.array([[row.get(name, np.nan) for name in self.names] for row in rows], np.float32)


def lay_out(briefs: Sequence[ResolvedRequest], meter: str) -> Plans:
    """Lay out forms and compasses as the composer does."""
    bars = BARS + BEYOND
    planned = [
        structure.sample_structure(
            one.style.structures, -(-bars // 2), np.random.default_rng((one.seed, 10)), is_minor=one.is_minor
        )
        for one in briefs
    ]
    spans = [
        pitch_range.sample_spans(one.style.spans, bars, np.random.default_rng((one.seed, 20))) or (0, 0, 0)
        for one in briefs
    ]
    silence = np.zeros((len(briefs), N_CHANNELS), np.int64)
    origin = np.stack([repeat_sources(form.labels, meter) for form in planned])
    drawing = SamplingInputs(
        positions=np.stack([step_positions(meter, SKIPPED_INTRO_BARS, bars, SKIPPED_INTRO_BARS + bars)] * len(briefs)),
        repeat_steps=origin,
        initial_states=silence,
        initial_notes=silence,
        note_sources=np.stack([copy_sources(form.note_sources, meter) for form in planned]),
        rhythm_sources=np.stack([copy_sources(form.rhythm_sources, meter) for form in planned]),
        chords=np.stack([step_chords(form.chords, meter) for form in planned]),
        spans=np.array(spans),
    )
    asked = Conditions(
        style=torch.tensor([one.style.index for one in briefs]),
        mode=torch.tensor([int(one.is_minor) for one in briefs]),
        meter=torch.tensor([METERS.index(meter)] * len(briefs)),
        features=torch.tensor([one.features for one in briefs]).float(),
        roles=torch.tensor([[role in one.roles for role in ROLES] for one in briefs]).float(),
    )
    return Plans(drawing, asked, briefs, torch.from_numpy(origin))
