"""Compiling where nothing can be kept."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pytest
from gan.sampling.jit import jit


def test_where_no_folder_can_be_written_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[bool]()

    def njit(function: Any, *, cache: bool, **options: Any) -> Any:
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function 'double': no locator available for file 'drawing.py'")
        return numba.njit(function, cache=cache, **options)

    monkeypatch.setattr("gan.sampling.jit.numba", SimpleNamespace(njit=njit))

    def double(values: Any) -> Any:
        return 2 * values

    assert jit(double)(np.arange(3)).tolist() == [0, 2, 4]
    assert asked == [True, False]
