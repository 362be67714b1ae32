"""Names of the tensors in weight files and checkpoints, where they differ from the attributes of the networks.

The released weights, and the checkpoints of training runs, were written under older attribute names. The networks
translate between the two whenever a state dict is taken or loaded, so that files of either age stay readable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

CONDITION_EMBEDDING: Mapping[str, str] = {"categories": "names", "scalars": "numbers"}

GENERATOR: Mapping[str, str] = {
    "conditions": "asked",
    "state_embedding": "heard",
    "repeat_embeddings": "echoes",
    "repeat_bias": "can_echo",
    "context_embedding": "recalls",
    "position_embedding": "places",
    "lstm": "body",
    "channel_projection": "voices",
    "channel_embeddings": "said",
    "channel_mix": "mix",
    "event_heads": "choose",
    "interval_weights": "near",
    "copy_weights": "again",
}

CRITIC: Mapping[str, str] = {
    "conditions": "asked",
    "state_embedding": "heard",
    "position_embedding": "places",
    "interval_projection": "chords",
    "step_conv": "steps",
    "beat_conv": "beats",
    "bar_projection": "bars",
    "context_convs": "around",
    "passage_score": "whole_score",
    "similarity_head": "form",
}


def use_stored_names(module: nn.Module, stored: Mapping[str, str]) -> None:
    """Make a module read and write its state dict under stored names.

    Parameters
    ----------
    module : Module
    stored : mapping of str to str
        Attribute of the module to its name in files. Attributes that are not in it keep their names.
    """
    attributes = {name: attribute for attribute, name in stored.items()}

    def to_stored(_: nn.Module, state: dict[str, Any], prefix: str, __: object) -> None:
        _rename(state, prefix, stored)

    def to_attributes(_: nn.Module, state: dict[str, Any], prefix: str, *__: object) -> None:
        _rename(state, prefix, attributes)

    module.register_state_dict_post_hook(to_stored)
    module.register_load_state_dict_pre_hook(to_attributes)


def _rename(state: dict[str, Any], prefix: str, names: Mapping[str, str]) -> None:
    """Rename the first part of each key after the prefix, in place and without changing the order."""
    items = list(state.items())
    state.clear()
    for key, value in items:
        first, *rest = key.removeprefix(prefix).split(".")
        is_own = key.startswith(prefix)
        state[prefix + ".".join([names.get(first, first), *rest]) if is_own else key] = value
