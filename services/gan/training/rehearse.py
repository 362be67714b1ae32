"""Trains the generator on against what can be counted of whole pieces, where the critic hears eight bars.

    python -m training.rehearse --data DIR --run DIR --minutes 40

in this folder's parent. Goes on with a run of `training.train` in its folder, and writes it back there; minutes are of
processor time on a CPU. A JSON line every ten steps goes to ``RUN/metrics.jsonl``. It resumes by itself; its judges
then learn from pieces that are drawn anew.

Sixteen bars are drawn as the service draws them, several of each plan. Of each role there is a judge, gradient boosting
and logistic regression on standard features of pieces, that learns all the while to tell training music from what was
drawn lately. What the judge of a role takes for real more than its siblings becomes likelier, note by note, and what it
does not, less likely: the discriminator of a GAN whose eyes are a musicologist's table (Ho and Ermon, *Generative
Adversarial Imitation Learning*, NeurIPS 2016; relative to siblings as in `training.train`). The likelihood of real
music goes on being learnt beside it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from gan import compass
from gan import form as forms
from gan.channels import echo_steps, place_steps, source_steps, to_grid
from gan.composer import TEMPERATURES
from gan.models import OPENING
from gan.network import Conditions, Shape, Stretch, playing
from gan.shapes import CHANNEL_COUNT, CHANNELS, DRUM_CHANNEL, METERS, ROLE_COUNT, WINDOWS
from gan.speaking import Plan as Drawing
from gan.style import Style, from_facts
from gan.wish import Brief, settle
from score.encoding import OFF, STEPS_PER_BAR
from score.roles import ROLES
from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from torch import Tensor

from . import dataset, train
from .assess import corpus as music_of
from .assess import features
from .assess.made import orders
from .assess.pieces import Piece
from .export import served_styles
from .train import Run, add_options, cost, descend, made_like, prepare, set_rate, speaker_of

FloatArray = npt.NDArray[np.float32]

BARS = 16
BEYOND = 2
"""Bars drawn after those that are judged, in which a piece ends."""

NO_SOURCE = -1


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rehearsal is."""

    seed: int = 1
    plans: int = 8
    siblings: int = 4
    rate: float = 2e-4
    weight: float = 1.0
    band_weight: float = 0.5
    real: int = 1600
    lately: int = 1600
    first: int = 640
    refit_every: int = 4
    real_batch: int = 16
    average: float = 0.98


class Judge:
    """Tells real from made by some features; higher is more real.

    Parameters
    ----------
    columns : ndarray of int
        Of the table of features.
    """

    MOST = 4.0

    def __init__(self, columns: npt.NDArray[np.int64]) -> None:
        self.columns = columns
        self._mean = self._spread = np.zeros(len(columns))
        self._trees = HistGradientBoostingClassifier(
            learning_rate=0.1, max_iter=60, max_leaf_nodes=8, max_bins=64, l2_regularization=1.0, random_state=1
        )
        self._line = LogisticRegression(C=0.05, max_iter=200)

    def learn(self, real: FloatArray, made: FloatArray) -> None:
        """Learn anew from tables of both."""
        told = np.concatenate([real, made])[:, self.columns]
        truth = np.repeat([1, 0], [len(real), len(made)])
        self._mean, self._spread = np.nanmean(told, axis=0), np.maximum(np.nanstd(told, axis=0), 1e-3)
        self._trees.fit(told, truth)
        self._line.fit(self._scaled(told), truth)

    def score(self, made: FloatArray) -> FloatArray:
        """Say how real pieces are: log odds, the mean of both ways: (pieces,)."""
        own = made[:, self.columns]
        both = self._trees.decision_function(own), self._line.decision_function(self._scaled(own))
        return np.asarray(np.mean([np.clip(one, -self.MOST, self.MOST) for one in both], axis=0), np.float32)

    def _scaled(self, values: FloatArray) -> FloatArray:
        return np.clip(np.nan_to_num((values - self._mean) / self._spread), -4, 4)


def table_of_styles(data: Path) -> list[Style]:
    """Describe the styles as an exported model would, by what the run learns from."""
    facts = json.loads((data / "styles.json").read_text())
    return [from_facts(fact) for fact in served_styles(dataset.load_corpus(data), facts, set())]


def judges_of(names: Sequence[str]) -> list[Judge]:
    """Make a judge of each role, by its own features and those it has with others, and one of the band, by all."""
    subjects = [name.split(".")[0].split("-") for name in names]
    by_role = [[role.value in subject for subject in subjects] for role in ROLES]
    return [Judge(np.flatnonzero(known)) for known in [*by_role, [True] * len(names)]]


@dataclass(frozen=True, slots=True)
class Plans:
    """Several plans of pieces of one meter: what to draw by, once for each sibling."""

    drawing: Drawing
    asked: Conditions
    briefs: Sequence[Brief]
    origin: Tensor


class Stage:
    """Plans pieces like training music, and makes tables of them.

    Parameters
    ----------
    music : training.assess.corpus.Corpus
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

    def plans(self, step: int) -> Plans:
        """Draw plans like real pieces, all of one meter."""
        random = np.random.default_rng((self._plan.seed, 32, step))
        meter = self.pieces[int(random.integers(len(self.pieces)))].meter
        fitting = [piece for piece in self.pieces if piece.meter == meter]
        like = [fitting[int(index)] for index in random.integers(len(fitting), size=self._plan.plans)]
        briefs = [
            settle(order.wish, self._styles) for order in orders(like, int(random.integers(1 << 31)), beyond=BEYOND)
        ]
        return lay_out([brief for brief in briefs for _ in range(self._plan.siblings)], meter)

    def table(self, made: Sequence[Piece]) -> FloatArray:
        """Make the table of pieces, in the columns of the real ones."""
        rows = [features.measure(piece) for piece in made]
        return np.array([[row.get(name, np.nan) for name in self.names] for row in rows], np.float32)


def lay_out(briefs: Sequence[Brief], meter: str) -> Plans:
    """Lay out forms and compasses as the composer does."""
    bars = BARS + BEYOND
    planned = [forms.plan(one.style.forms, -(-bars // 2), np.random.default_rng((one.seed, 10))) for one in briefs]
    spans = [compass.plan(one.style.spans, bars, np.random.default_rng((one.seed, 20))) or (0, 0, 0) for one in briefs]
    silence = np.zeros((len(briefs), CHANNEL_COUNT), np.int64)
    origin = np.stack([echo_steps(form.letters, meter) for form in planned])
    drawing = Drawing(
        places=np.stack([place_steps(meter, OPENING, bars, OPENING + bars)] * len(briefs)),
        echoes=origin,
        before=silence,
        last=silence,
        source=np.stack([source_steps(form.source, meter) for form in planned]),
        rhythm=np.stack([source_steps(form.rhythm, meter) for form in planned]),
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


def draw(run: Run, plans: Plans, seed: int) -> dataset.Batch:
    """Draw a piece of each plan, as the service does."""
    random = np.random.default_rng((run.plan.seed, 33, seed))
    temperatures = np.array([TEMPERATURES[role] for role in CHANNELS], np.float32)
    drawn = speaker_of(run).draw(plans.drawing, plans.asked, temperatures, random)
    events, states = (torch.from_numpy(part.copy()) for part in drawn)
    nothing = torch.zeros_like(events)
    music = Stretch(
        nothing, nothing, nothing, nothing, nothing, plans.origin >= 0, nothing, torch.from_numpy(plans.drawing.places)
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
        Piece(one.style.style_id, one.is_minor, meter, False, -1, to_grid(events, one.roles))
        for one, events in zip(plans.briefs, laid, strict=True)
    ]


def merits(scores: FloatArray, plan: Plan) -> FloatArray:
    """Say how much realer than its siblings each part of each piece is: (pieces, judges) to (pieces, ROLE_COUNT).

    Of about unit spread; a role's own judge counts once, the band's `Plan.band_weight`.
    """
    grouped = scores.reshape(-1, plan.siblings, scores.shape[1])
    better = (grouped - grouped.mean(1, keepdims=True)).reshape(scores.shape)
    unit = better / np.maximum(np.sqrt((better**2).mean(0)), 1e-3)
    merit: FloatArray = (unit[:, :ROLE_COUNT] + plan.band_weight * unit[:, ROLE_COUNT:]).astype(np.float32)
    return merit


def chances_as_drawn(logits: list[Tensor], made: dataset.Batch, drawing: Drawing) -> Tensor:
    """Log chances of the events that were drawn, at the temperatures of the service: (batch, steps, CHANNEL_COUNT).

    0 for what was not drawn: roles that do not play, what the form repeats, and whether a note begins where it tells.
    """
    assert drawing.source is not None
    assert drawing.rhythm is not None
    source, rhythm = (torch.from_numpy(part).to(made.events.device) for part in (drawing.source, drawing.rhythm))
    is_free = (source == NO_SOURCE) & (playing(made.asked.roles)[:, None] > 0)
    is_led = rhythm != NO_SOURCE
    is_led[..., DRUM_CHANNEL] = False
    found = []
    for channel, (own, role) in enumerate(zip(logits, CHANNELS, strict=True)):
        event = made.events[:, :, channel, None]
        cooled = torch.cat([own[..., : OFF + 1], own[..., OFF + 1 :] / TEMPERATURES[role]], dim=-1)
        kinds = torch.stack([part.logsumexp(-1) for part in (own[..., : OFF + 1], own[..., OFF + 1 :])], dim=-1)
        within = torch.stack([cooled[..., : OFF + 1].logsumexp(-1), cooled[..., OFF + 1 :].logsumexp(-1)], dim=-1)
        kind = (event > OFF).long()
        chance = (cooled.gather(-1, event) - within.gather(-1, kind))[..., 0]
        begun = (kinds.log_softmax(-1)).gather(-1, kind)[..., 0]
        found.append(chance + begun * ~is_led[..., channel])
    return torch.stack(found, dim=-1) * is_free


def take_step(
    run: Run, plan: Plan, plans: Plans, made: dataset.Batch, merit: FloatArray, real: dataset.Batch
) -> dict[str, float]:
    """Take one step of the generator."""
    length = BARS * STEPS_PER_BAR[METERS[int(plans.asked.meter[0])]]
    chances = chances_as_drawn(run.generator.eval()(made.music, made.asked), made, plans.drawing)[:, :length]
    by_channel = torch.from_numpy(merit).to(run.device)[:, [ROLES.index(role) for role in CHANNELS]]
    drawn = (chances != 0).sum()
    reward = (chances * by_channel[:, None]).sum() / drawn * CHANNEL_COUNT
    likelihood = cost(run.generator.train(), real)
    descend(run.generator, run.generator_steps, likelihood - plan.weight * reward)
    run.step += 1
    run.follow()
    return {"cost": float(likelihood.detach()), "surprise": float(-chances.detach().sum() / drawn)}


def rehearse(run: Run, data: Path, styles: Sequence[Style], plan: Plan, minutes: float) -> None:
    """Rehearse so many minutes of processor time."""
    stage = Stage(music_of.load(data), styles, plan)
    print(f"{len(stage.pieces)} real pieces, {len(stage.names)} features", flush=True)
    library, _ = prepare(data, WINDOWS)
    batches = library.batches(plan.real_batch, np.random.default_rng((plan.seed, 34, run.step)))
    judges = judges_of(stage.names)
    lately: deque[FloatArray] = deque(maxlen=plan.lately)
    sums: dict[str, list[float]] = {}
    step, end_s = 0, 60 * minutes
    clock = time.process_time if run.device.type == "cpu" else time.monotonic
    while run.rehearsed_s < end_s:
        began_s = clock()
        set_rate(run.generator_steps, plan.rate * min(1.0, 2 - 2 * run.rehearsed_s / end_s))
        plans = stage.plans(run.step)
        made = draw(run, plans, run.step)
        table = stage.table(pieces_of(made, plans))
        lately.extend(table)
        if len(lately) < plan.first:
            run.step += 1
            run.rehearsed_s += clock() - began_s
            continue
        if step % plan.refit_every == 0:
            for judge in judges:
                judge.learn(stage.real, np.stack(lately))
        scores = np.stack([judge.score(table) for judge in judges], axis=1)
        facts = take_step(run, plan, plans, made, merits(scores, plan), next(batches).to(run.device))
        names = [*(role.value for role in ROLES), "band"]
        facts |= {f"real_{name}": float(score) for name, score in zip(names, scores.mean(0), strict=True)}
        for name, value in facts.items():
            sums.setdefault(name, []).append(value)
        run.rehearsed_s += clock() - began_s
        step += 1
        if step % 10 == 0:
            run.log(
                rehearsed_s=round(run.rehearsed_s, 1), **{name: float(np.mean(values)) for name, values in sums.items()}
            )
            sums = {}
        if step % 50 == 0:
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
    shape = Shape(len(json.loads((options.data / "styles.json").read_text())))
    run = Run(train.Plan(seed=plan.seed, average=plan.average), shape, options.run, torch.device(options.device))
    if not run.resume():
        parser.error(f"{options.run} holds no checkpoint.pt; training.train writes one")
    rehearse(run, options.data, styles, plan, options.minutes)


if __name__ == "__main__":
    main()
