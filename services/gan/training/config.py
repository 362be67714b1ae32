"""Hyperparameters of training runs: their command-line options and the keys under which they are stored.

The stored keys are part of a format: ``plan.json`` and checkpoints of runs, and manifests of models, which have them.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import field, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from dataclasses import Field

STORED_KEY = "stored_key"


class Config:
    """Base class of frozen dataclasses of hyperparameters, see `hyperparameter`."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


ConfigT = TypeVar("ConfigT", bound=Config)


def hyperparameter(default: Any, stored_key: str) -> Any:
    """Return a dataclass field with a default, which is stored under another key than its name."""
    return field(default=default, metadata={STORED_KEY: stored_key})


def to_stored(config: Config) -> dict[str, Any]:
    """Return the hyperparameters by their stored keys."""
    return {_key(each): getattr(config, each.name) for each in fields(config)}


def from_stored(kind: type[ConfigT], stored: Mapping[str, Any]) -> ConfigT:
    """Return the hyperparameters that `to_stored` returned."""
    names = {_key(each): each.name for each in fields(kind)}
    return kind(**{names[key]: value for key, value in stored.items()})


def add_options(parser: argparse.ArgumentParser, defaults: Config) -> None:
    """Add an option for each hyperparameter to a command line: ``--batch-size`` for ``batch_size``."""
    for each in fields(defaults):
        value = getattr(defaults, each.name)
        parser.add_argument("--" + each.name.replace("_", "-"), type=type(value), default=value)


def from_options(kind: type[ConfigT], options: argparse.Namespace) -> ConfigT:
    """Return the hyperparameters that a command line sets."""
    return kind(**{each.name: getattr(options, each.name) for each in fields(kind)})


def _key(each: Field[Any]) -> str:
    return str(each.metadata.get(STORED_KEY, each.name))
