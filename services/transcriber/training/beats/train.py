"""Train the network of the beat tracker on freely played scores.

::

    python -m training.beats.train --rhythms RUNS/beats/rhythms.pickle --run RUNS/beats \
        --weights ../../libs/score/src/score/rhythm/weights

It is resumed where it stopped if RUNS/beats has a state. All randomness comes from one seed and the number of the step.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from score.arrays import F32, F64
from score.rhythm.network import N_PERIODS
from torch import nn

from training.beats.examples import Example, draw_example, sampling_weights
from training.beats.weights import read_pieces, save_network
from training.beats.written_rhythm import Piece

SEED = 20
INPUT_UNITS, UNITS, N_LAYERS = 96, 64, 2
BATCH_SIZE, STEPS = 32, 2300
STEPS_PER_BATCH = 2
"""Playing and describing pieces takes as long as a step: each batch is used twice."""
RATE, DECAY = 4e-3, 1e-2
WARM_UP, FULL_RATE_UNTIL = 180, 450
"""The rate rises for as many steps, and falls from then on."""
STATE_EVERY, REPORT_EVERY = 50, 50
N_OUTPUTS = 3 + N_PERIODS + 3


class TorchBeatNetwork(nn.Module):
    """The network as `score.rhythm.network.RecurrentNetwork` computes it."""

    def __init__(self, mean: F32, deviation: F32) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.tensor(mean), requires_grad=False)
        self.deviation = nn.Parameter(torch.tensor(deviation), requires_grad=False)
        self.input = nn.Linear(len(mean), INPUT_UNITS)
        self.recurrent = nn.GRU(INPUT_UNITS, UNITS, N_LAYERS, batch_first=True, bidirectional=True, dropout=0.15)
        self.output = nn.Linear(2 * UNITS, N_OUTPUTS)
        self.dropout = nn.Dropout(0.1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Compute the outputs: shape (batch, groups, features) to (batch, groups, outputs)."""
        inputs = ((features - self.mean) / self.deviation).clamp(-5, 5)
        hidden, _ = self.recurrent(self.dropout(torch.relu(self.input(inputs))))
        return self.output(self.dropout(hidden))  # type: ignore[no-any-return]


def draw_batch(pieces: Sequence[Piece], weights: F64, step: int, size: int = BATCH_SIZE) -> list[Example]:
    """Draw the examples of a step, which follow from its number alone."""
    rng = np.random.default_rng((SEED, step))
    batch: list[Example] = []
    while len(batch) < size:
        piece = pieces[int(rng.choice(len(pieces), p=weights))]
        example = draw_example(piece.rhythm, rng)
        if example is not None:
            batch.append(example)
    return batch


def batch_loss(network: nn.Module, batch: Sequence[Example]) -> tuple[torch.Tensor, dict[str, float]]:
    """Return the loss of a batch, and its parts."""
    length = max(len(example.features) for example in batch)

    def padded(arrays: Sequence[F32]) -> torch.Tensor:
        return torch.tensor(np.stack([_pad(array, length) for array in arrays]))

    mask = padded([np.ones(len(example.features), dtype=np.float32) for example in batch])
    outputs = network(padded([example.features for example in batch]))
    count = mask.sum()

    def mean(values: torch.Tensor) -> torch.Tensor:
        return (values * mask).sum() / count

    bce = nn.functional.binary_cross_entropy_with_logits
    beat = mean(bce(outputs[..., 0], padded([e.beat for e in batch]), reduction="none"))
    downbeat = mean(bce(outputs[..., 1], padded([e.downbeat for e in batch]), reduction="none"))
    compound = torch.tensor([[e.compound] for e in batch]).expand(-1, length)
    kind = mean(bce(outputs[..., 2], compound, reduction="none"))
    periods = -(torch.log_softmax(outputs[..., 3 : 3 + N_PERIODS], -1) * padded([e.periods for e in batch])).sum(-1)
    bars = torch.tensor([[e.bar] for e in batch]).expand(-1, length)
    bar = mean(nn.functional.cross_entropy(outputs[..., 3 + N_PERIODS :].transpose(1, 2), bars, reduction="none"))
    period = mean(periods)
    loss = beat + 1.5 * downbeat + 0.25 * period + 0.25 * kind + 0.25 * bar
    parts = {"beat": beat, "down": downbeat, "period": period, "kind": kind, "bar": bar}
    return loss, {name: float(value.detach()) for name, value in parts.items()}


def _pad(array: F32, length: int) -> F32:
    return np.pad(array, [(0, length - len(array))] + [(0, 0)] * (array.ndim - 1))


def rate_of_step(step: int, n_steps: int) -> float:
    """Return the learning rate of a step: it rises in a line, stays, and falls as a cosine."""
    if step < WARM_UP:
        return RATE * (step + 1) / WARM_UP
    falling = np.clip((step - FULL_RATE_UNTIL) / max(n_steps - FULL_RATE_UNTIL, 1), 0, 1)
    return float(RATE * (0.5 + 0.5 * np.cos(np.pi * falling)) + 1e-5)


def fit(pieces: Sequence[Piece], run: Path, n_steps: int) -> TorchBeatNetwork:
    """Train, or go on from the run's state."""
    torch.manual_seed(SEED)
    weights = sampling_weights(pieces)
    first = np.concatenate([example.features for example in draw_batch(pieces, weights, -1 & 0xFFFF, 128)])
    network = TorchBeatNetwork(first.mean(axis=0), first.std(axis=0) + np.float32(0.05))
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=DECAY)
    state_path, start = run / "state.pt", 0
    if state_path.exists():
        state = torch.load(state_path, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        start = state["step"]
    began, sums = time.monotonic(), Counter[str]()
    batch: list[Example] = []
    for step in range(start, n_steps):
        torch.manual_seed(SEED * 1_000_000 + step)
        for group in optimizer.param_groups:
            group["lr"] = rate_of_step(step, n_steps)
        if step % STEPS_PER_BATCH == 0 or not batch:
            batch = draw_batch(pieces, weights, step // STEPS_PER_BATCH)
        loss, parts = batch_loss(network, batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        sums.update(parts)
        if (step + 1) % REPORT_EVERY == 0:
            means = " ".join(f"{name} {value / REPORT_EVERY:.3f}" for name, value in sums.items())
            print(step + 1, f"{time.monotonic() - began:.0f} s", means, flush=True)
            sums.clear()
        if (step + 1) % STATE_EVERY == 0 or step + 1 == n_steps:
            state = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save({**state, "step": step + 1}, state_path)
    return network.eval()


def main() -> None:
    """Train and write the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rhythms", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    pieces = read_pieces(arguments.rhythms)
    arguments.run.mkdir(parents=True, exist_ok=True)
    network = fit(pieces, arguments.run, arguments.steps)
    tensors = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    settings = {"seed": SEED, "steps": arguments.steps, "batch": BATCH_SIZE}
    save_network(arguments.weights, "beats", tensors, settings, pieces)


if __name__ == "__main__":
    main()
