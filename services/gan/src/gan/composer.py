"""From a brief to a piece, in six steps: plan, sketch, choose by the critic, decode, choose by ear, write.

1. Lay out the form: which windows are new, which come back, who rests when.
2. Draw many sketches, latent sequences from the generator, and put the form's repeats into them.
3. Keep those that the critic likes best.
4. Decode them: the harmony, the bass to its chords, the lead to the chords of both, and the drums.
5. End each, count what a musician would object to, and take the best; its roles rest as the style's do.
6. Move it to its key, shape its dynamics, and write it with its provenance.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from score.encoding import HOLD, STEPS_PER_BAR
from score.roles import ROLES, Role
from score.windows import join, steps_per_window
from servicekit.faults import Cancelled

from gan import form as forms
from gan import harmony, rests
from gan.choice import Judgement, judge
from gan.ending import end
from gan.hearing import Events
from gan.models import FloatArray, Models, Prompt
from gan.repair import fill
from gan.shapes import BEATS
from gan.wish import Brief

Number = TypeVar("Number", bound=np.generic)

SKETCHES = 48
"""Latent sequences drawn for one piece: they cost milliseconds."""

FINALISTS = 8
"""Of these, how many are decoded and heard."""

TEMPERATURES: Mapping[Role, float] = {Role.LEAD: 0.6, Role.HARMONY: 0.3, Role.BASS: 0.4, Role.DRUMS: 0.4}

RANGES: Mapping[Role, tuple[int, int]] = {Role.LEAD: (55, 86), Role.HARMONY: (43, 81), Role.BASS: (31, 57)}
"""Pitches that a role may play before it is moved to its key."""

HOLD_PENALTY: Mapping[Role, float] = {Role.LEAD: 2.3, Role.HARMONY: 0.3, Role.BASS: 0.7}
"""Nats against holding on: between the latents of real music decoders are in doubt, and hold. Without it leads have
a quarter fewer pitch classes a bar than held-out music."""

CHORD_PULL: Mapping[Role, tuple[float, float]] = {
    Role.LEAD: (2.0, 0.5),
    Role.HARMONY: (0.0, 0.0),
    Role.BASS: (3.0, 1.0),
}
"""Nats against notes that are not of the chord, on beats and between them."""


@dataclass(frozen=True, slots=True)
class Step:
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
        Letters of its phrases.
    critic_score : float
    judgement : Judgement
    """

    events: dict[Role, Events]
    form: str
    critic_score: float
    judgement: Judgement


def compose(brief: Brief, models: Models, cancelled: threading.Event) -> Iterator[Step | Composition]:
    """Compose a piece; yields steps and at last the composition.

    Raises
    ------
    Cancelled
        If the event is set; looked at between steps.
    """
    yield Step(0.05, "plan")
    n_windows = -(-brief.bars // 2)
    form = forms.plan(n_windows, np.random.default_rng((brief.seed, 10)))
    playing = rests.plan(brief.style.rests, form, brief.bars, np.random.default_rng((brief.seed, 11)))
    prompt = _prompt(brief)
    yield Step(0.1, "sketch")
    sketches = repeat(models.sketch(prompt, form.letters, SKETCHES, brief.seed), form)
    scores = models.score(sketches, prompt, _by_window(playing))
    kept = np.argsort(-scores, kind="stable")[:FINALISTS]
    finalists: dict[Role, npt.NDArray[np.int16]] = {}
    for role in _order(brief):
        _stop_if(cancelled)
        yield Step(0.2 + 0.15 * len(finalists), f"decode {role.value}")
        finalists[role] = _decode(role, sketches[kept], form, brief, models, finalists)
    yield Step(0.85, "choose")
    _stop_if(cancelled)
    candidates = [_finish({role: windows[i] for role, windows in finalists.items()}, brief) for i in range(len(kept))]
    judgements = [judge(events, STEPS_PER_BAR[brief.meter], is_minor=brief.is_minor) for events in candidates]
    spread = max(float(scores.std()), 1e-6)
    best = max(range(len(kept)), key=lambda i: float(scores[kept[i]]) / spread - judgements[i].objection)
    wanted = {role: events for role, events in candidates[best].items() if role in brief.roles}
    chosen = rests.rest(wanted, playing, STEPS_PER_BAR[brief.meter])
    yield Composition(chosen, form.name, float(scores[kept[best]]), judgements[best])


def _prompt(brief: Brief) -> Prompt:
    return Prompt(
        style=brief.style.index,
        is_minor=brief.is_minor,
        meter=brief.meter,
        features=brief.features,
        roles=tuple(role in brief.style.roles for role in ROLES),
    )


def _order(brief: Brief) -> list[Role]:
    """The style's roles, each after those whose chords it is told."""
    return [role for role in (Role.HARMONY, Role.BASS, Role.LEAD, Role.DRUMS) if role in brief.style.roles]


def _by_window(playing: rests.Playing) -> npt.NDArray[np.bool_]:
    """Tell who plays in each window: (bars, roles) to (windows, roles)."""
    padded = np.pad(playing, ((0, len(playing) % 2), (0, 0)))
    return np.asarray(padded.reshape(-1, 2, padded.shape[1]).any(1))


def _stop_if(cancelled: threading.Event) -> None:
    if cancelled.is_set():
        raise Cancelled("The generation was cancelled.")


def repeat(sketches: FloatArray, form: forms.Form) -> FloatArray:
    """Put the form's repeats into sketches: a window that comes back is its source, wholly or for the most part."""
    points = sketches.copy()
    for window in np.flatnonzero(form.source != forms.NO_SOURCE):
        keep = form.keep[window]
        points[:, window] = keep * points[:, form.source[window]] + (1 - keep) * points[:, window]
    return points


def _decode(
    role: Role,
    points: npt.NDArray[np.float32],
    form: forms.Form,
    brief: Brief,
    models: Models,
    decoded_before: Mapping[Role, npt.NDArray[np.int16]],
) -> npt.NDArray[np.int16]:
    """Decode one role of all finalists, each new window once: shape (finalists, windows, steps[, voices])."""
    finalists, windows = points.shape[:2]
    fresh = np.flatnonzero(form.keep < forms.EXACT)
    chords = _chords(role, (finalists, windows), decoded_before)
    bias = None if role is Role.DRUMS else _bias(role, brief, chords)
    decoded = models.decode(
        role,
        _flat(points[:, fresh]),
        steps_per_window(brief.meter),
        TEMPERATURES[role],
        brief.seed ^ (ROLES.index(role) + 1),
        _flat(chords[:, fresh]),
        None if bias is None else _flat(bias[:, fresh]),
    )
    place = np.zeros(windows, np.int64)
    place[fresh] = np.arange(len(fresh))
    exact = form.keep >= forms.EXACT
    place[exact] = place[form.source[exact]]
    return decoded.reshape(finalists, len(fresh), *decoded.shape[1:])[:, place]


def _flat(values: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Put all windows of all finalists in one row, as the decoders take them."""
    return np.ascontiguousarray(values.reshape(-1, *values.shape[2:]))


def _chords(role: Role, shape: tuple[int, int], decoded: Mapping[Role, npt.NDArray[np.int16]]) -> harmony.Chords:
    """Name the chords that a role is told, those of what was decoded before it: (finalists, windows, BEATS)."""
    parts = [decoded[other] for other in (Role.HARMONY, Role.BASS) if other in decoded]
    if role in (Role.HARMONY, Role.DRUMS) or not parts:
        return np.zeros((*shape, BEATS), np.int64)
    return harmony.chords_of(parts)


def _bias(role: Role, brief: Brief, chords: harmony.Chords) -> FloatArray:
    """Weigh the events of a pitched role by key and chord: shape (finalists, windows, steps, classes)."""
    steps = steps_per_window(brief.meter)
    key = harmony.key_bias(brief.style.chromatic_share, is_minor=brief.is_minor)
    by_class = harmony.step_bias(chords, key, steps, *CHORD_PULL[role])
    bias = harmony.event_bias(by_class, *RANGES[role])
    bias[..., HOLD] -= HOLD_PENALTY[role]
    return bias


def _finish(windows: dict[Role, npt.NDArray[np.int16]], brief: Brief) -> dict[Role, Events]:
    """Join a candidate's windows, cut them to the bars asked for, fill its holes, and end it."""
    joined = fill(join(windows, brief.bars), STEPS_PER_BAR[brief.meter])
    return end(joined, STEPS_PER_BAR[brief.meter], is_minor=brief.is_minor)
