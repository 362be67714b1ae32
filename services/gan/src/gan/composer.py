"""The composer: generates a piece from a resolved request.

1. Plan the structure (new and repeated windows, chords) and the pitch spans.
2. Sample several candidates from the generator, all at once.
3. Score them by the critic and by the reranker.
4. Subtract rule-based penalties and select the best. Memorized candidates come last; if all are, sample again.
5. Write a final cadence, unless the piece has one.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from score.arrays import F32, I16, I64
from score.encoding import BARS_PER_WINDOW, STEPS_PER_BAR
from score.roles import Role
from servicekit.faults import Cancelled

from gan.model import GanModel, PieceConditions
from gan.network.channels import to_role_events
from gan.network.dims import CHANNEL_ROLES
from gan.planning.generation_request import ResolvedRequest
from gan.planning.structure import Structure, sample_structure
from gan.ranking.rules import RuleScores, check_rules
from gan.sampling.pitch_range import sample_spans
from gan.sampling.sampler import Samples
from gan.writing.cadence import has_final_cadence, write_final_cadence

N_CANDIDATES = 8
"""Pieces sampled, of which one is selected."""

RERANKER_WEIGHT = 5.0
"""Weight of the reranker's score beside the critic's, both in standard deviations between candidates."""

MAX_ROUNDS = 3
"""How often candidates are sampled at most, until one is not memorized."""

MEMORIZATION_PENALTY = 100.0
"""More than all other penalties together; of memorized candidates the one that shares least is still the best."""

TEMPERATURES: Mapping[Role, float] = dict.fromkeys(Role, 0.9)
"""Sampling temperatures, see `gan.sampling.event_sampling`."""

MIN_STD = 1e-6


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a composition has come.

    Attributes
    ----------
    fraction : float
        0 to 1.
    stage : str
        ``"plan"``, ``"draw"`` (sampling) or ``"choose"`` (ranking), as the contract has them.
    """

    fraction: float
    stage: str


@dataclass(frozen=True, slots=True)
class Composition:
    """The selected piece, in C major or A minor.

    Attributes
    ----------
    events : dict of Role to ndarray, int16
        As a grid's; only the roles asked for.
    label_text : str
        Labels of its windows.
    critic_score : float
    rule_scores : RuleScores
    n_memorized : int
        Notes by which its longest passage shared with the training music exceeds what held-out music shares.
    """

    events: dict[Role, I16]
    label_text: str
    critic_score: float
    rule_scores: RuleScores
    n_memorized: int


def compose(
    request: ResolvedRequest, model: GanModel, cancelled: threading.Event, *, n_candidates: int = N_CANDIDATES
) -> Iterator[Progress | Composition]:
    """Compose a piece: yield progress, and at last the composition.

    Parameters
    ----------
    request : ResolvedRequest
    model : GanModel
    cancelled : threading.Event
        Checked once a bar.
    n_candidates : int
        How many are sampled. With one there is no selection.

    Raises
    ------
    Cancelled
        If the event is set.
    """
    yield Progress(0.02, "plan")
    n_windows = -(-request.n_bars // BARS_PER_WINDOW)
    structure_random, span_random = (np.random.default_rng((request.seed, stream)) for stream in (10, 20))
    structure = sample_structure(request.style.structures, n_windows, structure_random, is_minor=request.is_minor)
    spans = sample_spans(request.style.spans, request.n_bars, span_random)
    style = request.style.index
    conditions = PieceConditions(style, request.is_minor, request.meter, request.features, request.roles, spans)
    temperatures = np.array([TEMPERATURES[role] for role in CHANNEL_ROLES], np.float32)
    n_steps = request.n_bars * STEPS_PER_BAR[request.meter]
    best: Composition | None = None
    for attempt in range(MAX_ROUNDS):
        seeds = request.seed, 11 + attempt
        sampling = model.sample(conditions, structure, request.n_bars, temperatures, seeds, n_candidates)
        events, states = yield from _report_progress(sampling, cancelled, attempt)
        yield Progress(_fraction(attempt, 0.95), "choose")
        critic_scores = model.score(states[:, :n_steps], conditions)
        selected = select_candidate(events[:, :n_steps], critic_scores, structure, request, model)
        if best is None or selected.n_memorized < best.n_memorized:
            best = selected
        if best.n_memorized == 0:
            break
    assert best is not None
    yield best


def _report_progress(
    sampling: Generator[float, None, Samples], cancelled: threading.Event, attempt: int
) -> Generator[Progress, None, Samples]:
    """Run a sampler to its end, yielding progress."""
    while True:
        if cancelled.is_set():
            raise Cancelled("The generation was cancelled.")
        try:
            yield Progress(_fraction(attempt, 0.05 + 0.85 * next(sampling)), "draw")
        except StopIteration as ended:
            samples: Samples = ended.value
            return samples


def _fraction(attempt: int, fraction: float) -> float:
    """Return the progress of all attempts: each takes half of what is left."""
    return 1 - 0.5**attempt * (1 - fraction)


def select_candidate(
    candidates: I64, critic_scores: F32, structure: Structure, request: ResolvedRequest, model: GanModel
) -> Composition:
    """Select the candidate with the best score, and write its final cadence.

    Parameters
    ----------
    candidates : ndarray, shape (candidates, steps, N_CHANNELS), int64
        Events.
    critic_scores : ndarray, shape (candidates,), float32
    structure : Structure
    request : ResolvedRequest
    model : GanModel
    """
    bar_steps = STEPS_PER_BAR[request.meter]
    is_minor, style_id = request.is_minor, request.style.style_id
    pieces = [to_role_events(candidate, request.roles) for candidate in candidates]
    rule_scores = [
        check_rules(events, bar_steps, is_minor=is_minor, note_sources=structure.note_sources) for events in pieces
    ]
    n_memorized = [model.training_index.excess_overlap(events, style_id) for events in pieces]
    reranker_scores = [model.reranker.score(events, request.meter, is_minor=is_minor) for events in pieces]
    critic_std = max(float(critic_scores.std()), MIN_STD)

    def score(i: int) -> float:
        memorization_penalty = MEMORIZATION_PENALTY + n_memorized[i] if n_memorized[i] else 0.0
        learned = float(critic_scores[i]) / critic_std + RERANKER_WEIGHT * reranker_scores[i]
        return learned - rule_scores[i].penalty - memorization_penalty

    best = max(range(len(pieces)), key=score)
    events = pieces[best]
    if not has_final_cadence(events, bar_steps, is_minor=is_minor):
        events = write_final_cadence(events, bar_steps, is_minor=is_minor)
    return Composition(events, structure.label_text, float(critic_scores[best]), rule_scores[best], n_memorized[best])
