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
from gan.shapes import BEATS, LATENT_SIZE, METERS, POSITIONS, ROLE_COUNT, STEPS_PER_BEAT
from safetensors.torch import load
from score.chords import N_CHORDS, triads
from score.encoding import N_VOICES
from score.roles import ROLES, Role
from score.windows import steps_per_window
from torch import Tensor, nn
from torch.nn import functional

from . import dataset

ROWS = 2048

CHORD_ROLES = (Role.HARMONY, Role.BASS)


class Encoder(nn.Module):
    """The encoder of one role's MusicVAE: windows and their chords to the mean of their posterior.

    A code of each beat by one small network, and a residual network over the codes of a window.

    Parameters
    ----------
    role : Role
    weights : mapping of str to Tensor
        The model's file; only the encoder's tensors are read.
    """

    def __init__(self, role: Role, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.voices = N_VOICES if role is Role.HARMONY else 1
        width, embedding = weights["mu.weight"].shape[1], weights["embedding.weight"].shape[0]
        self.embedding = nn.Linear(weights["embedding.weight"].shape[1], embedding, bias=False)
        code, units = weights["beat_code.weight"].shape
        self.beat_first = nn.Linear(STEPS_PER_BEAT * self.voices * embedding, units)
        self.beat_second = nn.Linear(units, units)
        self.beat_code = nn.Linear(units, code)
        self.place = nn.Linear(BEATS * code, width)
        self.chord = nn.Linear(BEATS * N_CHORDS, width, bias=False) if "chord.weight" in weights else None
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.mu = nn.Linear(width, LATENT_SIZE)
        self.load_state_dict({name: weights[name].float() for name in self.state_dict()})

    @torch.inference_mode()
    def encode(self, events: npt.NDArray[np.int16], chords: npt.NDArray[np.int8]) -> npt.NDArray[np.float16]:
        """Encode windows of one length.

        Parameters
        ----------
        events : ndarray, shape (n, steps) or (n, steps, voices), int16
        chords : ndarray, shape (n, BEATS), int8

        Returns
        -------
        ndarray, shape (n, LATENT_SIZE), float16
        """
        rows = [np.zeros((0, LATENT_SIZE), np.float16)]
        for start in range(0, len(events), ROWS):
            tokens = torch.from_numpy(events[start : start + ROWS].astype(np.int64))
            told = torch.from_numpy(chords[start : start + ROWS].astype(np.int64))
            rows.append(self._mean(tokens, told).numpy().astype(np.float16))
        return np.concatenate(rows)

    def _mean(self, tokens: Tensor, chords: Tensor) -> Tensor:
        embedded = functional.embedding(tokens, self.embedding.weight.T).flatten(1)
        whole = functional.pad(embedded, (0, BEATS * self.beat_first.in_features - embedded.shape[1]))
        beat = self.beat_first(whole.unflatten(1, (BEATS, -1)))
        beat = beat + self.beat_second(functional.relu(beat))
        hidden = self.place(self.beat_code(functional.relu(beat)).flatten(1))
        if self.chord is not None:
            beats = tokens.shape[1] // STEPS_PER_BEAT
            heard = functional.one_hot(chords[:, :beats], N_CHORDS).float().flatten(1)
            hidden = hidden + self.chord(functional.pad(heard, (0, self.chord.in_features - heard.shape[1])))
        for layer in (self.first, self.second):
            hidden = hidden + layer(functional.relu(hidden))
        mean: Tensor = self.mu(hidden)
        return mean


def encode_corpus(corpus: dataset.Corpus, encoders: Mapping[Role, Encoder]) -> npt.NDArray[np.float16]:
    """Encode every sounding window that a chunk holds; the others stay zero."""
    meter = np.repeat(corpus.pieces["meter"], corpus.pieces["count"])
    sounding = corpus.windows["sounding"] & _needed(corpus)[:, None]
    chords = name_chords(corpus)
    latents = np.zeros((len(meter), ROLE_COUNT, LATENT_SIZE), np.float16)
    for column, role in enumerate(ROLES):
        for index, name in enumerate(METERS):
            chosen = (meter == index) & sounding[:, column]
            events = corpus.windows[role.value][chosen][:, : steps_per_window(name)]
            latents[chosen, column] = encoders[role].encode(events, chords[chosen])
    return latents


def name_chords(corpus: dataset.Corpus) -> npt.NDArray[np.int8]:
    """Name the triads of each window as the VAE models were told them.

    Those of harmony and bass together, and none in a piece without harmony.

    Returns
    -------
    ndarray, shape (windows, BEATS), int8
    """
    chords = np.zeros((len(corpus.windows["letter"]), BEATS), np.int8)
    for piece, (start, count) in enumerate(zip(corpus.pieces["start"], corpus.pieces["count"], strict=True)):
        known = dict(zip(ROLES, corpus.pieces["roles"][piece], strict=True))
        if not known[Role.HARMONY]:
            continue
        steps = steps_per_window(METERS[corpus.pieces["meter"][piece]])
        cut = [corpus.windows[role.value][start : start + count, :steps] for role in CHORD_ROLES if known[role]]
        named = triads([windows.reshape(count * steps, *windows.shape[2:]) for windows in cut])
        chords[start : start + count, : steps // STEPS_PER_BEAT] = named.reshape(count, -1)
    return chords


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
