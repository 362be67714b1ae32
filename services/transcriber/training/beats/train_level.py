"""Train the network that chooses the level of beats, on freely played scores and multiples and parts of their beats.

::

    python -m training.beats.train_level --rhythms RUNS/beats/rhythms.pickle \
        --weights ../../libs/score/src/score/rhythm/weights

Two minutes on one free core.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from score.arrays import F32
from score.rhythm.beat_level import candidate_levels, level_features
from score.rhythm.played_notes import group_onsets
from torch import nn

from training import corpus
from training.beats.arrangement import PLAIN_SHARE, arrange_plainly
from training.beats.examples import RECORDING_SHARE, cut_excerpt, sampling_weights
from training.beats.performance import Performer
from training.beats.weights import parse_arguments, read_pieces, save_network
from training.beats.written_rhythm import Piece, WrittenRhythm

SEED = 1
N_EXAMPLES, EPOCHS, BATCH_SIZE = 8000, 30, 64
UNITS = 64
RATE, DECAY = 3e-3, 3e-2
MIN_BEATS = 8
IMPOSSIBLE = -30.0


def draw_example(piece: WrittenRhythm, rng: np.random.Generator) -> F32 | None:
    """Play an excerpt and describe the levels of its beats, the true one first; None if it is short."""
    excerpt = cut_excerpt(piece, rng)
    if excerpt is None:
        return None
    if rng.random() < PLAIN_SHARE:
        excerpt = arrange_plainly(excerpt, rng)
    performance = Performer(rng, is_recording=bool(rng.random() < RECORDING_SHARE)).play(excerpt)
    notes, beats_s = performance.notes, performance.beats_s
    beats_s = beats_s[(beats_s > notes.onsets_s[0] - 0.5) & (beats_s < notes.onsets_s[-1] + 0.5)]
    if len(beats_s) < MIN_BEATS:
        return None
    levels = candidate_levels(beats_s, is_compound=performance.is_compound)
    if levels[0].beats_s is not beats_s:
        return None
    groups = group_onsets(notes)
    return np.stack([level_features(level, notes, groups) for level in levels])


def draw_examples(pieces: Sequence[Piece], count: int, seed: int) -> list[F32]:
    """Draw examples; styles with many pieces less often than in proportion."""
    rng, weights = np.random.default_rng(seed), sampling_weights(pieces)
    examples: list[F32] = []
    while len(examples) < count:
        example = draw_example(pieces[int(rng.choice(len(pieces), p=weights))].rhythm, rng)
        if example is not None:
            examples.append(example)
    return examples


def fit(examples: Sequence[F32], validation: Sequence[F32]) -> dict[str, F32]:
    """Train on the cross-entropy of the true level, and return the tensors."""
    stacked = np.concatenate(examples)
    mean, deviation = stacked.mean(axis=0), stacked.std(axis=0) + np.float32(0.05)
    first, last = nn.Linear(len(mean), UNITS), nn.Linear(UNITS, 1)
    network = nn.Sequential(first, nn.ReLU(), nn.Dropout(0.2), last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    features, is_level = _padded([(example - mean) / deviation for example in examples])
    unseen, is_unseen_level = _padded([(example - mean) / deviation for example in validation])
    for epoch in range(EPOCHS):
        network.train()
        for batch in torch.randperm(len(features)).split(BATCH_SIZE):
            loss = -_log_probabilities(network, features[batch], is_level[batch])[:, 0].mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        network.eval()
        with torch.no_grad():
            logs = _log_probabilities(network, unseen, is_unseen_level)
            right = (logs.argmax(dim=1) == 0).float().mean().item()
            print(epoch, f"loss {-logs[:, 0].mean().item():.4f} right {right:.3f}", flush=True)
    return {
        "mean": mean,
        "deviation": deviation,
        "weights0": first.weight.detach().numpy().T,
        "biases0": first.bias.detach().numpy(),
        "weights1": last.weight.detach().numpy().T,
        "biases1": last.bias.detach().numpy(),
    }


def _padded(examples: Sequence[F32]) -> tuple[torch.Tensor, torch.Tensor]:
    """Stack examples with different numbers of levels; and which of the rows are levels."""
    length = max(len(example) for example in examples)
    stacked = [np.pad(example, ((0, length - len(example)), (0, 0))) for example in examples]
    is_level = [np.arange(length) < len(example) for example in examples]
    return torch.tensor(np.stack(stacked)), torch.tensor(np.stack(is_level))


def _log_probabilities(network: nn.Module, features: torch.Tensor, is_level: torch.Tensor) -> torch.Tensor:
    return torch.log_softmax(network(features)[..., 0].masked_fill(~is_level, IMPOSSIBLE), dim=1)


def main() -> None:
    """Train and write the weights."""
    arguments = parse_arguments(__doc__)
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    pieces = read_pieces(arguments.rhythms)
    validation = read_pieces(arguments.rhythms, folds=(corpus.VALIDATION_FOLD,))
    tensors = fit(draw_examples(pieces, N_EXAMPLES, SEED), draw_examples(validation, 400, SEED + 1))
    settings = {"seed": SEED, "examples": N_EXAMPLES, "epochs": EPOCHS}
    save_network(arguments.weights, "level", tensors, settings, pieces)


if __name__ == "__main__":
    main()
