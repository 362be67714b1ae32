"""A baseline after MuseGAN, trained on the same windows: the peer that the generator is compared with.

    python -m training.baseline train --data DIR --out DIR --minutes 20 [--styles funk,jazz]
    python -m training.baseline sample --run DIR --data DIR --count 300 --seed 1 --out FILE.npz

in `services/gan`. Written from Dong, Hsiao, Yang and Yang, *MuseGAN*, AAAI 2018 (the hybrid model: noise shared
by the roles and noise of each role, each once a phrase and once a bar), with the critic's streams of chroma and onsets
of Dong and Yang, *Convolutional Generative Adversarial Networks with Binary Neurons for Polyphonic Music Generation*,
ISMIR 2018 (BinaryMuseGAN). Binary piano rolls of the four roles, eight bars of 4/4 on the grid of sixteenths; WGAN-GP,
Adam, five steps of the critic to one of the generator; cut at a hard threshold when sampled. A roll does not know a
repeated note from a held one, as theirs do not.

Unlike theirs, both networks are told the style (the critic by projection: Miyato and Koyama, ICLR 2018), so that the
comparison can be by style; a role that a piece lacks is empty. ``--minutes`` is processor time. A run resumes from
``--out`` by itself; one JSON line of metrics every 50 steps goes to ``OUT/metrics.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from score.arrays import I16
from score.encoding import N_DRUM_CLASSES
from score.roles import ROLES, Role
from torch import Tensor, nn
from torch.nn import functional

from ..evaluation import pieces, reference_sets
from ..evaluation.pieces import Piece
from .piano_rolls import BARS, METER, OCTAVES, PITCHED, Phrases, Rolls, events_of_roll, styles_in_meter

NOISE = 32
"""Numbers in each of the four kinds of noise, as in the paper."""

THRESHOLD = 0.5
"""Above which a step sounds, once training is over."""

LOG_EVERY = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is: every number that shapes the result."""

    seed: int = 1
    batch: int = 16
    rate: float = 1e-3
    critic_steps: int = 5
    penalty: float = 10.0
    width: int = 64


class TemporalGenerator(nn.Module):
    """Noise of a phrase, (n, NOISE), to noise of each of its bars, (n, BARS, NOISE)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ConvTranspose1d(NOISE, width, 2),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.ConvTranspose1d(width, width, 2, 2),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.ConvTranspose1d(width, NOISE, 2, 2),
            nn.BatchNorm1d(NOISE),
            nn.ReLU(),
        )

    def forward(self, noise: Tensor) -> Tensor:
        """Unfold a phrase's noise over its bars."""
        bars: Tensor = self.layers(noise[..., None])
        return bars.transpose(1, 2)


class Up(nn.Module):
    """A transposed convolution whose kernel is its stride, so a matrix product: (n, steps, pitches, channels)."""

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int], *, is_last: bool = False) -> None:
        super().__init__()
        self.kernel = kernel
        self.linear = nn.Linear(inputs, kernel[0] * kernel[1] * outputs)
        self.norm = None if is_last else nn.BatchNorm1d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Multiply steps and pitches by the kernel's."""
        cells = self.linear(x).unflatten(3, (*self.kernel, -1)).transpose(2, 3)
        out: Tensor = cells.flatten(1, 2).flatten(2, 3)
        if self.norm is None:
            return out
        normed: Tensor = self.norm(out.flatten(0, 2)).relu().view(out.shape)
        return normed


class Down(nn.Module):
    """A convolution whose kernel is its stride, so a matrix product: (n, steps, pitches, channels)."""

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        self.kernel = kernel
        self.linear = nn.Linear(kernel[0] * kernel[1] * inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Divide steps and pitches by the kernel's."""
        cells = x.unflatten(2, (-1, self.kernel[1])).unflatten(1, (-1, self.kernel[0])).transpose(2, 3)
        out: Tensor = functional.leaky_relu(self.linear(cells.flatten(3)), 0.2)
        return out


def bar_generator(inputs: int, width: int, *, is_drum: bool) -> nn.Sequential:
    """Build one role's network of a bar: (n, 1, 1, inputs) to (n, 16, pitches, 1), before the sigmoid."""
    few = width // 4
    layers = [Up(inputs, 2 * width, (2, 1)), Up(2 * width, width, (2, 1)), Up(width, width, (4, 1))]
    if is_drum:
        return nn.Sequential(*layers, Up(width, 1, (1, N_DRUM_CLASSES), is_last=True))
    return nn.Sequential(*layers, Up(width, few, (1, OCTAVES)), Up(few, 1, (1, 12), is_last=True))


class Generator(nn.Module):
    """The hybrid model: each bar of each role from noise shared and private, constant and of the bar, and the style."""

    def __init__(self, styles: int, width: int) -> None:
        super().__init__()
        self.style = nn.Embedding(styles, NOISE)
        self.shared = TemporalGenerator(width)
        self.private = nn.ModuleList(TemporalGenerator(width) for _ in ROLES)
        self.bars = nn.ModuleList(bar_generator(5 * NOISE, width, is_drum=role is Role.DRUMS) for role in ROLES)

    def forward(self, noise: Tensor, style: Tensor) -> Rolls:
        """Generate phrases.

        Parameters
        ----------
        noise : Tensor, shape (n, 2 + 2 * 4, NOISE)
            Shared noise, constant and temporal; then the constant and the temporal noise of each role.
        style : Tensor, shape (n,), int64
        """
        constant = torch.cat([noise[:, 0], self.style(style)], 1)
        by_bar = self.shared(noise[:, 1])
        rolls = [self._role(column, constant, by_bar, noise) for column in range(len(ROLES))]
        return Rolls(torch.cat(rolls[:PITCHED], 3).float().sigmoid(), rolls[PITCHED].float().sigmoid())

    def _role(self, column: int, constant: Tensor, by_bar: Tensor, noise: Tensor) -> Tensor:
        own = self.private[column](noise[:, 3 + 2 * column])
        same = torch.cat([constant, noise[:, 2 + 2 * column]], 1)[:, None].expand(-1, BARS, -1)
        told = torch.cat([same, by_bar, own], 2).flatten(0, 1)
        bars = self.bars[column](told[:, None, None])
        phrases: Tensor = bars.unflatten(0, (-1, BARS)).flatten(1, 2)
        return phrases


def draw_noise(count: int, random: torch.Generator) -> Tensor:
    """Draw the noise of so many phrases: (count, 10, NOISE)."""
    return torch.randn(count, 2 + 2 * len(ROLES), NOISE, generator=random)


class Critic(nn.Module):
    """How real phrases are: streams of rolls, drums, chroma and onsets meet beat by beat, then over bars."""

    def __init__(self, styles: int, width: int) -> None:
        super().__init__()
        half, few = width // 2, width // 4
        self.pitched = nn.Sequential(
            Down(PITCHED, few, (1, 12)), Down(few, width, (4, 1)), Down(width, 2 * width, (1, OCTAVES))
        )
        self.drums = nn.Sequential(Down(1, few, (1, N_DRUM_CLASSES)), Down(few, half, (4, 1)))
        self.chroma = Down(PITCHED, width, (1, 12))
        self.onsets = Down(len(ROLES), half, (4, 1))
        self.bars = nn.Sequential(Down(4 * width, 2 * width, (4, 1)), Down(2 * width, 2 * width, (2, 1)))
        self.phrase = nn.Linear(BARS * width, 4 * width)
        self.score = nn.Linear(4 * width, 1)
        self.style = nn.Embedding(styles, 4 * width)

    def forward(self, rolls: Rolls, style: Tensor) -> Tensor:
        """Score phrases, higher for more real: shape (n,)."""
        streams = [
            self.pitched(rolls.pitched),
            self.drums(rolls.drums),
            self.chroma(_chroma(rolls.pitched)),
            self.onsets(_onsets(rolls)),
        ]
        bars = self.bars(torch.cat(streams, 3)).flatten(1)
        phrase = functional.leaky_relu(self.phrase(bars), 0.2)
        fitting = (phrase * self.style(style)).sum(1) * self.style.embedding_dim**-0.5
        score: Tensor = self.score(phrase)[:, 0] + fitting
        return score


def _chroma(pitched: Tensor) -> Tensor:
    """Sum each beat's pitch classes, as a share of its steps: (n, beats, 12, 3)."""
    chroma: Tensor = pitched.unflatten(2, (OCTAVES, 12)).sum(2).unflatten(1, (-1, 4)).mean(2)
    return chroma


def _onsets(rolls: Rolls) -> Tensor:
    """Count what begins at each step in each role: (n, steps, 1, 4)."""
    before = functional.pad(rolls.pitched, (0, 0, 0, 0, 1, 0))[:, :-1]
    begins = (rolls.pitched - before).clamp_min(0).sum(2, keepdim=True)
    return torch.cat([begins, rolls.drums.sum(2, keepdim=True)], 3)


class Run:
    """A training run in a folder: networks, optimisers, chance and counters.

    Parameters
    ----------
    plan : Plan
    styles : sequence of str
        Ids, in the order of the networks' embeddings.
    folder : Path
    """

    def __init__(self, plan: Plan, styles: Sequence[str], folder: Path) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.styles, self.folder = plan, list(styles), folder
        self.generator = Generator(len(self.styles), plan.width)
        self.critic = Critic(len(self.styles), plan.width)
        self.generator_steps = torch.optim.Adam(self.generator.parameters(), plan.rate, (0.5, 0.9))
        self.critic_steps = torch.optim.Adam(self.critic.parameters(), plan.rate, (0.5, 0.9))
        self.random = torch.Generator().manual_seed(plan.seed)
        self.step, self.elapsed_s = 0, 0.0

    def parts(self) -> dict[str, Any]:
        """Everything with a state."""
        names = ("generator", "critic", "generator_steps", "critic_steps")
        return {name: getattr(self, name) for name in names}

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state: dict[str, Any] = {name: part.state_dict() for name, part in self.parts().items()}
        state |= {"random": self.random.get_state(), "step": self.step, "elapsed_s": self.elapsed_s}
        draft = self.folder / "checkpoint.draft"
        torch.save(state | {"plan": asdict(self.plan), "styles": self.styles}, draft)
        draft.replace(self.folder / "checkpoint.pt")

    def log(self, facts: dict[str, float]) -> None:
        """Append a line of metrics."""
        line = {"step": self.step, "elapsed_s": round(self.elapsed_s, 1), **facts}
        with (self.folder / "metrics.jsonl").open("a") as out:
            out.write(json.dumps(line) + "\n")
        print(line, flush=True)


def load_run(folder: Path) -> Run:
    """Read a run's checkpoint: as it was when it was saved."""
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    run = Run(Plan(**state["plan"]), state["styles"], folder)
    for name, part in run.parts().items():
        part.load_state_dict(state[name])
    run.random.set_state(state["random"])
    run.step, run.elapsed_s = state["step"], state["elapsed_s"]
    return run


def critic_loss(run: Run, phrases: Phrases) -> tuple[Tensor, Tensor]:
    """Return how far fresh phrases stand above real ones (Wasserstein), and the penalty on the slope between."""
    real, style = phrases.draw(run.plan.batch, run.random)
    with torch.no_grad():
        fake = run.generator(draw_noise(run.plan.batch, run.random), style)
    both = Rolls(*(torch.cat(pair) for pair in zip(real, fake, strict=True)))
    above_real, above_fake = run.critic(both, style.repeat(2)).chunk(2)
    share = torch.rand(run.plan.batch, 1, 1, 1, generator=run.random)
    between = Rolls(*(torch.lerp(a, b, share).requires_grad_(True) for a, b in zip(real, fake, strict=True)))
    slopes = torch.autograd.grad(run.critic(between, style).sum(), list(between), create_graph=True)
    norm = torch.cat([slope.flatten(1) for slope in slopes], 1).norm(dim=1)
    return above_fake.mean() - above_real.mean(), run.plan.penalty * (norm - 1).square().mean()


def step(run: Run, phrases: Phrases) -> dict[str, float]:
    """Take the steps of the critic and one of the generator."""
    gap, penalty = torch.zeros(()), torch.zeros(())
    for _ in range(run.plan.critic_steps):
        gap, penalty = critic_loss(run, phrases)
        _descend(run.critic_steps, gap + penalty)
    _, style = phrases.draw(run.plan.batch, run.random)
    run.critic.requires_grad_(False)
    loss = -run.critic(run.generator(draw_noise(run.plan.batch, run.random), style), style).mean()
    _descend(run.generator_steps, loss)
    run.critic.requires_grad_(True)
    run.step += 1
    return {"gap": float(gap.detach()), "penalty": float(penalty.detach()), "generator": float(loss.detach())}


def _descend(steps: torch.optim.Optimizer, loss: Tensor) -> None:
    steps.zero_grad(set_to_none=True)
    loss.backward()
    steps.step()


def train(run: Run, phrases: Phrases, minutes: float) -> None:
    """Train until the run has used so much processor time, logging and saving on the way; the rate falls at the end."""
    sums: dict[str, float] = {}
    while run.elapsed_s < 60 * minutes:
        began_s = time.process_time()
        _set_rate(run, 1 - run.elapsed_s / (60 * minutes))
        for name, value in step(run, phrases).items():
            sums[name] = sums.get(name, 0.0) + value
        run.elapsed_s += time.process_time() - began_s
        if run.step % LOG_EVERY == 0:
            run.log({name: round(value / LOG_EVERY, 4) for name, value in sums.items()})
            run.save()
            sums = {}
    run.save()


def _set_rate(run: Run, left: float) -> None:
    """Hold the rate for the first half of a run, then let it fall in a straight line."""
    for steps in (run.generator_steps, run.critic_steps):
        for group in steps.param_groups:
            group["lr"] = run.plan.rate * min(1.0, 2 * left + 0.01)


@torch.inference_mode()
def sample(run: Run, like: Sequence[Piece], random: torch.Generator) -> list[Piece]:
    """Generate a piece for each of these: its style, its length in whole phrases, one after another, and its roles.

    The mode is theirs by name only: all training music is in C major or A minor, and the baseline is not told which.
    """
    run.generator.eval()
    return [replace(piece, events=_sample_events(run, piece, random)) for piece in like]


def _sample_events(run: Run, like: Piece, random: torch.Generator) -> dict[Role, I16]:
    count = -(-like.n_bars // BARS)
    style = torch.tensor([run.styles.index(like.style)] * count)
    rolls = run.generator(draw_noise(count, random), style)
    pitched, drums = ((roll > THRESHOLD).flatten(0, 1)[: like.n_steps].numpy() for roll in rolls)
    made = events_of_roll(pitched, drums[..., 0])
    return {role: made[role] for role in like.roles}


def main() -> None:
    """Parse the command line; train, or sample."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    trains = commands.add_parser("train", help="train, or go on training")
    trains.add_argument("--out", type=Path, required=True, help="folder of the run")
    trains.add_argument("--minutes", type=float, default=20.0, help="processor time")
    trains.add_argument("--styles", help="ids between commas; all that are in 4/4, if left out")
    trains.set_defaults(command=_train)
    samples = commands.add_parser("sample", help="make a piece like each of so many held-out ones")
    samples.add_argument("--run", type=Path, required=True)
    samples.add_argument("--count", type=int, default=300)
    samples.add_argument("--bars", type=int, default=8)
    samples.add_argument("--out", type=Path, required=True, help="npz, see `training.evaluation.pieces`")
    samples.set_defaults(command=_sample)
    for command in (trains, samples):
        command.add_argument("--data", type=Path, required=True, help="folder that prepare wrote")
        command.add_argument("--seed", type=int, default=Plan().seed)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.command(options)


def _train(options: argparse.Namespace) -> None:
    music = reference_sets.load(options.data)
    styles = options.styles.split(",") if options.styles else styles_in_meter(music)
    options.out.mkdir(parents=True, exist_ok=True)
    is_begun = (options.out / "checkpoint.pt").exists()
    run = load_run(options.out) if is_begun else Run(Plan(options.seed), styles, options.out)
    train(run, Phrases(music, run.styles), options.minutes)


def _sample(options: argparse.Namespace) -> None:
    run, music = load_run(options.run), reference_sets.load(options.data)
    offered = frozenset((style, METER) for style in run.styles)
    like = reference_sets.references(music, options.count, options.seed, bars=options.bars, fitting=offered)
    pieces.save(options.out, sample(run, like, torch.Generator().manual_seed(options.seed)))


if __name__ == "__main__":
    main()
