"""Encodes the windows with the MusicVAE models' encoders.

    python -m training.encode --data DIR --models DIR

in this folder's parent. ``--models`` holds ``vae-lead`` and its kin. Writes ``latents.npy`` (windows, roles, 256),
the posterior means, and ``encoder.json`` with the digest of each model, which the generator's manifest repeats: a
generator is of no use with other decoders than those it learnt.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from gan.shapes import LATENT_SIZE, METERS, POSITIONS, ROLE_COUNT
from safetensors.torch import load
from score.encoding import N_DRUM_MASKS, N_PITCHED_CLASSES, N_VOICES
from score.roles import ROLES, Role
from score.windows import steps_per_window
from torch import Tensor, nn
from torch.nn import functional

from . import dataset

UNITS = 256
ROWS = 512


class Encoder(nn.Module):
    """The encoder of one role's MusicVAE: windows to the mean of their posterior.

    Parameters
    ----------
    role : Role
    weights : mapping of str to Tensor
        The model's file; only the encoder's tensors are read.
    """

    def __init__(self, role: Role, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.classes = N_DRUM_MASKS if role is Role.DRUMS else N_PITCHED_CLASSES
        depth = self.classes * (N_VOICES if role is Role.HARMONY else 1)
        self.encoder = nn.LSTM(depth, UNITS, bidirectional=True, batch_first=True)
        self.mu = nn.Linear(2 * UNITS, LATENT_SIZE)
        self.load_state_dict({name: weights[name].float() for name in self.state_dict()})

    @torch.inference_mode()
    def encode(self, events: npt.NDArray[np.int16]) -> npt.NDArray[np.float16]:
        """Encode windows of one length, (n, steps[, voices]) to (n, LATENT_SIZE)."""
        rows = []
        for start in range(0, len(events), ROWS):
            tokens = torch.from_numpy(events[start : start + ROWS].astype(np.int64))
            # Half the digits, a third of the time: the error is a five-hundredth of a latent's size.
            with torch.autocast("cpu", torch.bfloat16):
                _, (hidden, _) = self.encoder(functional.one_hot(tokens, self.classes).flatten(2).float())
                mean = self.mu(torch.cat([hidden[0], hidden[1]], dim=-1))
            rows.append(mean.float().numpy().astype(np.float16))
        return np.concatenate(rows) if rows else np.zeros((0, LATENT_SIZE), np.float16)


def encode_corpus(corpus: dataset.Corpus, encoders: Mapping[Role, Encoder]) -> npt.NDArray[np.float16]:
    """Encode every sounding window that a chunk holds; the others stay zero."""
    meter = np.repeat(corpus.pieces["meter"], corpus.pieces["count"])
    sounding = corpus.windows["sounding"] & _needed(corpus)[:, None]
    latents = np.zeros((len(meter), ROLE_COUNT, LATENT_SIZE), np.float16)
    for column, role in enumerate(ROLES):
        for index, name in enumerate(METERS):
            chosen = (meter == index) & sounding[:, column]
            events = corpus.windows[role.value][chosen][:, : steps_per_window(name)]
            latents[chosen, column] = encoders[role].encode(events)
    return latents


def _needed(corpus: dataset.Corpus) -> npt.NDArray[np.bool_]:
    """Mark the windows that are in a chunk."""
    needed = np.zeros(len(corpus.windows["letter"]), np.bool_)
    chunks = dataset.cut(corpus)
    needed[(chunks.start[:, None] + np.arange(POSITIONS)).ravel()] = True
    return needed


def main() -> None:
    """Parse the command line and encode."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    options = parser.parse_args()
    files = {role: (options.models / f"vae-{role.value}" / "weights.safetensors").read_bytes() for role in ROLES}
    encoders = {role: Encoder(role, load(data)) for role, data in files.items()}
    np.save(options.data / "latents.npy", encode_corpus(dataset.load_corpus(options.data), encoders))
    digests = {f"vae-{role.value}": hashlib.sha256(data).hexdigest() for role, data in files.items()}
    (options.data / "encoder.json").write_text(json.dumps(digests, indent=1))


if __name__ == "__main__":
    main()
