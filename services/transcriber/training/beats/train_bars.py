"""Train the network that finds bars among beats, on the true beats of freely played scores.

::

    python -m training.beats.train_bars --rhythms RUNS/beats/rhythms.pickle \
        --weights ../../libs/score/src/score/rhythm/weights

A quarter of an hour on one free core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from score.arrays import F32, I64
from score.rhythm.bar_features import bar_features
from score.rhythm.network import BARS
from torch import nn

from training import corpus
from training.beats.arrangement import PLAIN_SHARE, arrange_plainly
from training.beats.examples import RECORDING_SHARE, cut_excerpt, sampling_weights
from training.beats.performance import Performer
from training.beats.weights import parse_arguments, read_pieces, save_network
from training.beats.written_rhythm import Piece, WrittenRhythm

SEED = 11
N_EXAMPLES, EPOCHS, BATCH_SIZE = 5000, 7, 32
INPUT_UNITS, UNITS = 48, 40
RATE, DECAY = 5e-3, 1e-2
BEAT_ERROR_S = 0.012
"""Standard deviation of the errors that are added to the true beats."""
MIN_BEATS = 8
BAR_WEIGHT = 0.3


class BarExample(NamedTuple):
    """An excerpt: features of shape (beats, features), which beats are downbeats, and the index of the bar's length."""

    features: F32
    is_downbeat: F32
    bar: int


class TorchBarNetwork(nn.Module):
    """The network as `score.rhythm.network.RecurrentNetwork` computes it."""

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.input = nn.Linear(n_features, INPUT_UNITS)
        self.recurrent = nn.GRU(INPUT_UNITS, UNITS, 1, batch_first=True, bidirectional=True)
        self.output = nn.Linear(2 * UNITS, 1 + len(BARS))
        self.dropout = nn.Dropout(0.2)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Compute the outputs: shape (batch, beats, features) to (batch, beats, 1 + bars)."""
        hidden, _ = self.recurrent(self.dropout(torch.relu(self.input(features))))
        return self.output(self.dropout(hidden))  # type: ignore[no-any-return]


def draw_example(piece: WrittenRhythm, rng: np.random.Generator) -> BarExample | None:
    """Play an excerpt and describe its beats; None if it is short or its bars have another length."""
    excerpt = cut_excerpt(piece, rng)
    if excerpt is None or piece.beats_per_bar not in BARS:
        return None
    if rng.random() < PLAIN_SHARE:
        excerpt = arrange_plainly(excerpt, rng)
    performance = Performer(rng, is_recording=bool(rng.random() < RECORDING_SHARE)).play(excerpt)
    onsets_s, beats_s = performance.notes.onsets_s, performance.beats_s
    inside = (beats_s > onsets_s[0] - 0.5) & (beats_s < onsets_s[-1] + 0.5)
    if inside.sum() < MIN_BEATS:
        return None
    found_s = beats_s[inside] + rng.normal(0, BEAT_ERROR_S, int(inside.sum()))
    found_s = np.maximum.accumulate(found_s + 1e-6 * np.arange(len(found_s)))
    features = bar_features(performance.notes, found_s, is_compound=performance.is_compound)
    return BarExample(features, performance.is_downbeat[inside].astype(np.float32), BARS.index(piece.beats_per_bar))


def draw_examples(pieces: Sequence[Piece], count: int, seed: int) -> list[BarExample]:
    """Draw examples; styles with many pieces less often than in proportion."""
    rng, weights = np.random.default_rng(seed), sampling_weights(pieces)
    examples: list[BarExample] = []
    while len(examples) < count:
        example = draw_example(pieces[int(rng.choice(len(pieces), p=weights))].rhythm, rng)
        if example is not None:
            examples.append(example)
    return examples


def fit(examples: Sequence[BarExample], validation: Sequence[BarExample]) -> dict[str, F32]:
    """Train, and return the tensors."""
    stacked = np.concatenate([example.features for example in examples])
    mean, deviation = stacked.mean(axis=0), stacked.std(axis=0) + np.float32(0.05)
    network = TorchBarNetwork(stacked.shape[1])
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    # Excerpts of about the same length are in one batch.
    order = np.argsort([len(example.features) for example in examples], kind="stable")
    batches = [order[at : at + BATCH_SIZE] for at in range(0, len(order), BATCH_SIZE)]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * len(batches))
    rng = np.random.default_rng(SEED)
    for epoch in range(EPOCHS):
        network.train()
        for index in rng.permutation(len(batches)):
            loss = batch_loss(network, [examples[at] for at in batches[index]], mean, deviation)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        network.eval()
        with torch.no_grad():
            print(epoch, f"loss {batch_loss(network, validation, mean, deviation).item():.4f}", flush=True)
    tensors = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    return {**tensors, "mean": mean, "deviation": deviation}


def batch_loss(network: nn.Module, batch: Sequence[BarExample], mean: F32, deviation: F32) -> torch.Tensor:
    """Return the cross-entropy of downbeats and bar lengths over the beats of a batch."""
    length = max(len(example.features) for example in batch)
    features = np.zeros((len(batch), length, len(mean)), dtype=np.float32)
    labels, mask = np.zeros((2, len(batch), length), dtype=np.float32)
    for row, example in enumerate(batch):
        n = len(example.features)
        features[row, :n] = np.clip((example.features - mean) / deviation, -5, 5)
        labels[row, :n], mask[row, :n] = example.is_downbeat, 1
    outputs, counted = network(torch.tensor(features)), torch.tensor(mask)
    bars: I64 = np.array([example.bar for example in batch])
    targets = torch.tensor(bars)[:, None].expand(-1, length)
    downbeat = nn.functional.binary_cross_entropy_with_logits(outputs[..., 0], torch.tensor(labels), reduction="none")
    bar = nn.functional.cross_entropy(outputs[..., 1:].transpose(1, 2), targets, reduction="none")
    loss: torch.Tensor = ((downbeat + BAR_WEIGHT * bar) * counted).sum() / counted.sum()
    return loss


def main() -> None:
    """Train and write the weights."""
    arguments = parse_arguments(__doc__)
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    pieces = read_pieces(arguments.rhythms)
    validation = read_pieces(arguments.rhythms, folds=(corpus.VALIDATION_FOLD,))
    tensors = fit(draw_examples(pieces, N_EXAMPLES, SEED), draw_examples(validation, 200, SEED + 1))
    settings = {"seed": SEED, "examples": N_EXAMPLES, "epochs": EPOCHS}
    save_network(arguments.weights, "bars", tensors, settings, pieces)


if __name__ == "__main__":
    main()
