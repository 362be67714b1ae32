"""Conversion between dataclasses and the JSON that database columns and DBOS keep.

A field with a default is left out of the JSON while it has that value, and an unknown key in the JSON is ignored. A
field may be renamed without changing what is stored: give the stored name as an alias,
``Annotated[str, Field(alias="stored")]``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import TypeAdapter

JsonObject = dict[str, Any]
"""A JSON object as a database column or an HTTP body has it."""

T = TypeVar("T")

_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def to_json(value: object) -> JsonObject:
    """Return a dataclass as a JSON object."""
    return dict(_adapter(type(value)).dump_python(value, mode="json", by_alias=True, exclude_defaults=True))


def to_json_list(values: Iterable[object]) -> list[JsonObject]:
    """Return dataclasses as a list of JSON objects."""
    return [to_json(value) for value in values]


def from_json(kind: type[T], data: object) -> T:
    """Return the dataclass that a JSON object describes.

    Raises
    ------
    pydantic.ValidationError
        If a field is missing or of another type.
    """
    value: T = _adapter(kind).validate_python(data)
    return value


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]
