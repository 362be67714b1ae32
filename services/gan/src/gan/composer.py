"""From a brief to a piece, in five steps: plan, draw, score by the critic, choose by ear, end.

1. Lay out the form, which windows are new and which come back, on which chords, and how far each part ranges.
2. Draw several candidates from the generator, all at once.
3. Let the critic score them, and the trees say how real they sound.
4. Count what a musician would object to, and take the best. Copies come last; where there are only copies, draw again.
5. End it, where it has not come to an end by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from score.arrays import F32, I16, I64
from score.encoding import STEPS_PER_BAR
from score.roles import Role
from servicekit.faults import Cancelled

from gan.model import GanModel, PieceConditions
from gan.network.channels import to_role_events
from gan.network.dims import CHANNEL_ROLES
from gan.planning import structure
from gan.planning.generation_request import ResolvedRequest
from gan.ranking.rules import RuleScores, check_rules
from gan.sampling import pitch_range
from gan.sampling.sampler import Samples
from gan.writing.cadence import has_final_cadence, write_final_cadence

N_CANDIDATES = 8
"""Pieces drawn of which one is chosen."""

REALISM = 5.0
"""What sounding real weighs, both of it in standard deviations between siblings, beside the critic's score."""

ROUNDS = 3
"""Times that candidates are drawn, at most, until one is no copy."""

COPY_OBJECTION = 100.0
"""Beyond all other objections; a copy that shares less is still the better one."""

TEMPERATURES: Mapping[Role, float] = dict.fromkeys(Role, 0.9)
"""How boldly a note is taken before another: see `gan.sampling.sampler`."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a composition has come: the share done, and what is being done."""

    fraction: float
    stage: str


@dataclass(frozen=True, slots=True)
class Composition:
    """The chosen piece, in C major or A minor.

    Attributes
    ----------
    events : dict of Role to ndarray, int16
        As a grid's; only the roles asked for.
    form : str
        Letters of its windows.
    critic_score : float
    judgement : RuleScores
    copied : int
        Notes by which its longest passage shared with the music learnt from goes beyond what people's does.
    """

    events: dict[Role, I16]
    form: str
    critic_score: float
    judgement: RuleScores
    copied: int


def compose(
    brief: ResolvedRequest, models: GanModel, cancelled: threading.Event, *, candidates: int = N_CANDIDATES
) -> Iterator[Progress | Composition]:
    """Compose a piece; yields steps and at last the composition.

    Parameters
    ----------
    brief : ResolvedRequest
    models : GanModel
    cancelled : threading.Event
        Looked at once a bar.
    candidates : int
        How many are drawn; of one there is no choice.

    Raises
    ------
    Cancelled
        If the event is set.
    """
    yield Progress(0.02, "plan")
    random = np.random.default_rng((brief.seed, 10))
    form = structure.sample_structure(brief.style.forms, -(-brief.bars // 2), random, is_minor=brief.is_minor)
    spans = pitch_range.sample_ranges(brief.style.spans, brief.bars, np.random.default_rng((brief.seed, 20)))
    prompt = PieceConditions(brief.style.index, brief.is_minor, brief.meter, brief.features, brief.roles, spans)
    temperatures = np.array([TEMPERATURES[role] for role in CHANNEL_ROLES], np.float32)
    length = brief.bars * STEPS_PER_BAR[brief.meter]
    composition: Composition | None = None
    for attempt in range(ROUNDS):
        seeds = brief.seed, 11 + attempt
        drawing = models.draw(prompt, form, brief.bars, temperatures, seeds, candidates)
        drafts, states = yield from _told(drawing, cancelled, attempt)
        yield Progress(_share(attempt, 0.95), "choose")
        scores = models.score(states[:, :length], prompt)
        chosen = select_candidate(drafts[:, :length], scores, form, brief, models)
        if composition is None or chosen.copied < composition.copied:
            composition = chosen
        if composition.copied == 0:
            break
    assert composition is not None
    yield composition


def _told(
    drawing: Generator[float, None, Samples], cancelled: threading.Event, attempt: int
) -> Generator[Progress, None, Samples]:
    """Draw, telling how far it has come."""
    while True:
        _stop_if(cancelled)
        try:
            yield Progress(_share(attempt, 0.05 + 0.85 * next(drawing)), "draw")
        except StopIteration as ended:
            drawn: Samples = ended.value
            return drawn


def _share(attempt: int, share: float) -> float:
    """Progress within attempts: each takes half of what is left."""
    return 1 - 0.5**attempt * (1 - share)


def select_candidate(
    drafts: I64, scores: F32, form: structure.Structure, brief: ResolvedRequest, models: GanModel
) -> Composition:
    """Take the candidate that critic and trees like best after what a musician would object to; and end it."""
    steps_per_bar = STEPS_PER_BAR[brief.meter]
    pieces = [to_role_events(draft, brief.roles) for draft in drafts]
    judgements = [check_rules(events, steps_per_bar, is_minor=brief.is_minor, source=form.source) for events in pieces]
    copied = [models.learnt.excess_overlap(events, brief.style.style_id) for events in pieces]
    sounds_real = [models.realism.score(events, brief.meter, is_minor=brief.is_minor) for events in pieces]
    spread = max(float(scores.std()), 1e-6)

    def merit(i: int) -> float:
        copy = COPY_OBJECTION + copied[i] if copied[i] else 0.0
        liked = float(scores[i]) / spread + REALISM * sounds_real[i]
        return liked - judgements[i].penalty - copy

    best = max(range(len(pieces)), key=merit)
    events = pieces[best]
    if not has_final_cadence(events, steps_per_bar, is_minor=brief.is_minor):
        events = write_final_cadence(events, steps_per_bar, is_minor=brief.is_minor)
    return Composition(events, form.name, float(scores[best]), judgements[best], copied[best])


def _stop_if(cancelled: threading.Event) -> None:
    if cancelled.is_set():
        raise Cancelled("The generation was cancelled.")
