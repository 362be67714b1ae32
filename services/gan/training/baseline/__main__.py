"""A MuseGAN-like baseline, trained on the same windows: the peer that the generator is compared with.

    python -m training.baseline train --data DIR --out DIR --minutes 20 [--styles funk,jazz]
    python -m training.baseline sample --run DIR --data DIR --count 300 --seed 1 --out FILE.npz

in `services/gan`. The networks follow Dong, Hsiao, Yang and Yang, *MuseGAN*, AAAI 2018: the hybrid model, with noise
shared by the roles and private to each, constant and temporal. The critic's streams of chroma and onsets follow Dong
and Yang, *Convolutional Generative Adversarial Networks with Binary Neurons for Polyphonic Music Generation*, ISMIR
2018 (BinaryMuseGAN). Binary piano rolls of four roles, eight bars of 4/4 in sixteenths; WGAN-GP, Adam, five steps of
the critic for one of the generator; a hard threshold in samples. As in theirs, a roll does not distinguish a repeated
note from a held one.

Unlike in theirs, both networks are given the style (the critic by projection: Miyato and Koyama, ICLR 2018), so that
styles can be compared; a role that a piece lacks is empty. ``--minutes`` is processor time. A run resumes from
``--out``; a JSON line of metrics is appended to ``OUT/metrics.jsonl`` every 50 steps.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from ..data.corpus import load_corpus
from ..evaluation import pieces, reference_sets
from .piano_rolls import METER, PhraseDataset, styles_in_meter
from .wgan import CHECKPOINT, BaselineConfig, BaselineRun, load_run, sample, train


def main() -> None:
    """Parse the command line, and train or sample."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    of_train = commands.add_parser("train", help="train, or continue a run")
    of_train.add_argument("--out", type=Path, required=True, help="folder of the run")
    of_train.add_argument("--minutes", type=float, default=20.0, help="processor time")
    of_train.add_argument("--styles", help="ids between commas; by default all that have 4/4")
    of_train.set_defaults(command=_train)
    of_sample = commands.add_parser("sample", help="generate a piece like each of some held-out ones")
    of_sample.add_argument("--run", type=Path, required=True)
    of_sample.add_argument("--count", type=int, default=300)
    of_sample.add_argument("--bars", type=int, default=8)
    of_sample.add_argument("--out", type=Path, required=True, help="npz, see `training.evaluation.pieces`")
    of_sample.set_defaults(command=_sample)
    for command in (of_train, of_sample):
        command.add_argument("--data", type=Path, required=True, help="folder that training.data.prepare wrote")
        command.add_argument("--seed", type=int, default=BaselineConfig().seed)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.command(options)


def _train(options: argparse.Namespace) -> None:
    corpus = load_corpus(options.data, with_features=False)
    styles = options.styles.split(",") if options.styles else styles_in_meter(corpus)
    options.out.mkdir(parents=True, exist_ok=True)
    is_begun = (options.out / CHECKPOINT).exists()
    run = load_run(options.out) if is_begun else BaselineRun(BaselineConfig(options.seed), styles, options.out)
    train(run, PhraseDataset(corpus, run.styles), options.minutes)


def _sample(options: argparse.Namespace) -> None:
    run, corpus = load_run(options.run), load_corpus(options.data, with_features=False)
    supported = frozenset((style, METER) for style in run.styles)
    references = reference_sets.sample_references(
        corpus, options.count, options.seed, n_bars=options.bars, supported=supported
    )
    pieces.save(options.out, sample(run, references, torch.Generator().manual_seed(options.seed)))


if __name__ == "__main__":
    main()
