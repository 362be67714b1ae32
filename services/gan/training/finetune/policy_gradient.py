"""Trains the generator on against what can be counted of whole pieces, where the critic hears eight bars.

    python -m training.finetune --data DIR --run DIR --minutes 40

in `services/gan`. Goes on with a run of `training.generator.train` in its folder, and writes it back there; minutes are
of processor time on a CPU. A JSON line every ten steps goes to ``RUN/metrics.jsonl``. It resumes by itself; its judges
then learn from pieces that are drawn anew.

Sixteen bars are drawn as the service draws them, several of each plan. Of each role there is a judge, gradient boosting
and logistic regression on standard features of pieces, that learns all the while to tell training music from what was
drawn lately. What the judge of a role takes for real more than its siblings becomes likelier, note by note, and what it
does not, less likely: the discriminator of a GAN whose eyes are a musicologist's table (Ho and Ermon, *Generative
Adversarial Imitation Learning*, NeurIPS 2016; relative to siblings as in `training.generator.train`). The likelihood of
real music goes on being learnt beside it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from gan.composer import TEMPERATURES
from gan.network.batch import MusicBatch, playing_channels
from gan.network.channels import to_role_events
from gan.network.dims import (
    BASS_CHANNEL,
    CHANNEL_ROLES,
    DRUM_CHANNEL,
    METERS,
    N_CHANNELS,
    N_ROLES,
    N_TRAINING_WINDOWS,
    NetworkSizes,
)
from gan.planning.styles import Style
from gan.sampling.sampler import SamplingInputs
from score.arrays import F32
from score.encoding import OFF, STEPS_PER_BAR
from score.roles import ROLES
from torch import Tensor

from ..data import dataset
from ..evaluation import reference_sets as music_of
from ..evaluation.pieces import UNKNOWN_GROUP, Piece
from ..generator import training_run
from ..generator.train import cost, descend, made_like, prepare, sampler_of, set_rate
from ..generator.training_run import Run, add_options, read_plan, write_plan
from .discriminators import Ears
from .rollouts import BARS, Plan, Plans, Stage, table_of_styles

NO_SOURCE = -1


def draw(run: Run, plans: Plans, seed: int) -> dataset.Batch:
    """Draw a piece of each plan, as the service does."""
    random = np.random.default_rng((run.plan.seed, 33, seed))
    temperatures = np.array([TEMPERATURES[role] for role in CHANNEL_ROLES], np.float32)
    drawn = sampler_of(run).sample(plans.drawing, plans.asked, temperatures, random)
    events, states = (torch.from_numpy(part.copy()) for part in drawn)
    nothing = torch.zeros_like(events)
    music = MusicBatch(
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        plans.origin >= 0,
        nothing,
        torch.from_numpy(plans.drawing.positions),
    )
    empty = torch.zeros(len(events), 0)
    made: dataset.Batch = made_like(
        dataset.Batch(music, events, plans.asked, empty, plans.origin, empty), events, states
    )
    return made.to(run.device)


def pieces_of(made: dataset.Batch, plans: Plans) -> list[Piece]:
    """Take the bars that are judged out of a batch."""
    meter = METERS[int(plans.asked.meter[0])]
    laid = made.events.cpu().numpy()[:, : BARS * STEPS_PER_BAR[meter]]
    return [
        Piece(
            style=one.style.style_id,
            is_minor=one.is_minor,
            meter=meter,
            synthetic=False,
            group=UNKNOWN_GROUP,
            events=to_role_events(events, one.roles),
        )
        for one, events in zip(plans.briefs, laid, strict=True)
    ]


def merits(scores: F32, plan: Plan) -> F32:
    """Say how much realer than its siblings each part of each piece is: (pieces, judges) to (pieces, N_ROLES).

    Of about unit spread; a role's own judge counts once, the band's `Plan.band_weight`.
    """
    grouped = scores.reshape(-1, plan.siblings, scores.shape[1])
    better = (grouped - grouped.mean(1, keepdims=True)).reshape(scores.shape)
    unit = better / np.maximum(np.sqrt((better**2).mean(0)), 1e-3)
    merit: F32 = (unit[:, :N_ROLES] + plan.band_weight * unit[:, N_ROLES:]).astype(np.float32)
    return merit


def chances_as_drawn(logits: list[Tensor], made: dataset.Batch, drawing: SamplingInputs) -> Tensor:
    """Log chances of the events that were drawn, at the temperatures of the service: (batch, steps, N_CHANNELS).

    0 for what was not drawn: roles that do not play, what the form repeats, whether a note begins where it tells, and
    which one where it tells the bass its chord.
    """
    assert drawing.note_sources is not None
    assert drawing.rhythm_sources is not None
    assert drawing.chords is not None
    source, rhythm = (
        torch.from_numpy(part).to(made.events.device) for part in (drawing.note_sources, drawing.rhythm_sources)
    )
    is_free = (source == NO_SOURCE) & (playing_channels(made.asked.roles)[:, None] > 0)
    is_told = torch.from_numpy(drawing.chords != NO_SOURCE).to(made.events.device)
    is_led = rhythm != NO_SOURCE
    is_led[..., DRUM_CHANNEL] = False
    found = []
    for channel, (own, role) in enumerate(zip(logits, CHANNEL_ROLES, strict=True)):
        event = made.events[:, :, channel, None]
        cooled = torch.cat([own[..., : OFF + 1], own[..., OFF + 1 :] / TEMPERATURES[role]], dim=-1)
        kinds = torch.stack([part.logsumexp(-1) for part in (own[..., : OFF + 1], own[..., OFF + 1 :])], dim=-1)
        within = torch.stack([cooled[..., : OFF + 1].logsumexp(-1), cooled[..., OFF + 1 :].logsumexp(-1)], dim=-1)
        kind = (event > OFF).long()
        chance = (cooled.gather(-1, event) - within.gather(-1, kind))[..., 0]
        begun = (kinds.log_softmax(-1)).gather(-1, kind)[..., 0]
        if channel == BASS_CHANNEL:
            chance = chance * ~(is_told & (kind[..., 0] > 0))
        found.append(chance + begun * ~is_led[..., channel])
    return torch.stack(found, dim=-1) * is_free


def take_step(
    run: Run, plan: Plan, plans: Plans, made: dataset.Batch, merit: F32, local: F32, real: dataset.Batch
) -> dict[str, float]:
    """Take one step of the generator."""
    length = BARS * STEPS_PER_BAR[METERS[int(plans.asked.meter[0])]]
    chances = chances_as_drawn(run.generator.eval()(made.music, made.asked), made, plans.drawing)[:, :length]
    both = torch.from_numpy(merit[:, None] + plan.local_weight * local).to(run.device)
    drawn = (chances != 0).sum()
    reward = (chances * both[..., [ROLES.index(role) for role in CHANNEL_ROLES]]).sum() / drawn * N_CHANNELS
    likelihood = cost(run.generator.train(), real)
    descend(run.generator, run.generator_steps, likelihood - plan.weight * reward)
    run.step += 1
    run.follow()
    return {"cost": float(likelihood.detach()), "surprise": float(-chances.detach().sum() / drawn)}


class Calm:
    """Sees to it that a rehearsal does not fall apart: where every sibling is bad, merit is noise, and so is each step.

    What shows it first is that the generator is surprised by its own notes.

    Parameters
    ----------
    uproar : float
        How many times as surprised as in the first steps it may be.
    """

    FIRST = 20
    """Steps whose surprise is taken for usual."""

    def __init__(self, uproar: float) -> None:
        self._uproar, self._usual = uproar, list[float]()

    def keep(self, run: Run, surprise: float) -> bool:
        """Send a run that is too surprised back to its average, and tell whether it was."""
        if len(self._usual) < self.FIRST:
            self._usual.append(surprise)
            return False
        is_uproar = surprise > self._uproar * float(np.mean(self._usual))
        if is_uproar:
            run.generator.load_state_dict(run.average.state_dict())
            run.generator_steps.state.clear()
        return is_uproar


def rehearse(run: Run, data: Path, styles: Sequence[Style], plan: Plan, minutes: float) -> None:
    """Rehearse so many minutes of processor time."""
    stage = Stage(music_of.load(data), styles, plan)
    print(f"{len(stage.pieces)} real pieces, {len(stage.names)} features", flush=True)
    library, _ = prepare(data, N_TRAINING_WINDOWS)
    batches = library.batches(plan.real_batch, np.random.default_rng((plan.seed, 34, run.step)))
    ears, calm = Ears(stage, plan), Calm(plan.uproar)
    sums: dict[str, list[float]] = {}
    step, end_s = 0, 60 * minutes
    clock = time.process_time if run.device.type == "cpu" else time.monotonic
    while run.rehearsed_s < end_s:
        began_s = clock()
        set_rate(run.generator_steps, plan.rate * min(1.0, 2 - 2 * run.rehearsed_s / end_s))
        plans = stage.plans(run.step)
        made = draw(run, plans, run.step)
        scores, local, facts = ears.hear(pieces_of(made, plans), learn=step % plan.refit_every == 0)
        if ears.have_heard_enough:
            facts |= take_step(run, plan, plans, made, merits(scores, plan), local, next(batches).to(run.device))
            facts["went_back"] = float(calm.keep(run, facts["surprise"]))
            step += 1
        else:
            run.step += 1
        run.rehearsal_step += 1
        run.rehearsed_s += clock() - began_s
        for name, value in facts.items():
            sums.setdefault(name, []).append(value)
        if facts and step % 10 == 0:
            run.log(
                rehearsed_s=round(run.rehearsed_s, 1), **{name: float(np.mean(values)) for name, values in sums.items()}
            )
            sums = {}
        if facts and step % 50 == 0:
            run.save()
    run.save()


def main() -> None:
    """Parse the command line and rehearse."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that prepare wrote")
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_options(parser, Plan())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    plan = Plan(**{name: getattr(options, name) for name in Plan.__slots__})
    styles = table_of_styles(options.data)
    shape = NetworkSizes(len(json.loads((options.data / "styles.json").read_text())))
    run = Run(training_run.Plan(seed=plan.seed, average=plan.average), shape, options.run, torch.device(options.device))
    if not run.resume():
        parser.error(f"{options.run} holds no checkpoint.pt; training.generator.train writes one")
    planned = {"minutes": options.minutes, **asdict(plan)}
    before = read_plan(options.run).get("rehearsals", [])
    write_plan(options.run, {"rehearsals": [*(each for each in before if each != planned), planned]})
    rehearse(run, options.data, styles, plan, options.minutes)


if __name__ == "__main__":
    main()
