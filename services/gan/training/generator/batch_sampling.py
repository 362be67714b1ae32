"""Samples music from a generator in training, as batches that the networks can read again."""

from __future__ import annotations

import copy
from dataclasses import fields, replace

import numpy as np
import torch
from gan.network.batch import Conditions
from gan.network.dims import N_CHANNELS
from gan.sampling.sampler import Sampler, SamplingInputs
from score.encoding import OFF
from torch import Tensor

from ..data import dataset
from .training_run import TrainingRun


def build_sampler(run: TrainingRun) -> Sampler:
    """Return a sampler of the run's generator, as it is now; it runs on the CPU."""
    generator = copy.deepcopy(run.generator).cpu() if run.device.type != "cpu" else run.generator
    return Sampler(generator, torch.get_num_threads())


def sample_like(run: TrainingRun, batch: dataset.Batch, seed: int) -> dataset.Batch:
    """Sample music under the conditions, repeats and positions of a batch of real music.

    Parameters
    ----------
    run : TrainingRun
    batch : Batch
    seed : int
        Differs from step to step; combined with the run's.
    """
    music = batch.music
    parts = (music.positions, batch.repeat_steps, music.previous_states[:, 0], music.last_notes[:, 0])
    inputs = SamplingInputs(*(part.cpu().numpy() for part in parts))
    conditions = Conditions(*(getattr(batch.conditions, field.name).cpu() for field in fields(Conditions)))
    random = np.random.default_rng((run.config.seed, seed))
    samples = build_sampler(run).sample(inputs, conditions, np.ones(N_CHANNELS), random)
    events, states = (torch.from_numpy(part.copy()).to(run.device) for part in samples)
    return with_music(batch, events, states)


def with_music(batch: dataset.Batch, events: Tensor, states: Tensor) -> dataset.Batch:
    """Return a batch with other music, and with what the networks read of it.

    Parameters
    ----------
    batch : Batch
        Its conditions, repeats and positions stay.
    events, states : Tensor, shape (batch, steps, N_CHANNELS), int64
        The sampled music.
    """
    music = batch.music
    note_events = torch.where(events > OFF, events, 0)
    last_notes = [music.last_notes[:, 0]]
    for step in range(events.shape[1] - 1):
        last_notes.append(torch.where(note_events[:, step] > 0, note_events[:, step], last_notes[-1]))
    sampled = replace(
        music,
        previous_states=torch.cat([music.previous_states[:, :1], states[:, :-1]], dim=1),
        states=states,
        last_notes=torch.stack(last_notes, dim=1),
        repeat_states=dataset.gather_repeats(states, batch.repeat_steps),
        repeat_events=dataset.gather_repeats(events, batch.repeat_steps),
        copy_hints=dataset.copy_hints(events, batch.repeat_steps, music.last_notes, batch.conditions.meter),
    )
    return replace(batch, music=sampled, events=events)
