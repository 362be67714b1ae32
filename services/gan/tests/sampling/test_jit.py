"""Compilation where no cache can be written."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pytest
from gan.sampling.jit import jit


def test_compiles_without_a_cache_where_none_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    cache_options = list[bool]()

    def njit(function: Any, *, cache: bool, **options: Any) -> Any:
        cache_options.append(cache)
        if cache:
            raise RuntimeError("cannot cache function 'double': no locator available for file 'kernels.py'")
        return numba.njit(function, cache=cache, **options)

    monkeypatch.setattr("gan.sampling.jit.numba", SimpleNamespace(njit=njit))

    def double(values: Any) -> Any:
        return 2 * values

    assert jit(double)(np.arange(3)).tolist() == [0, 2, 4]
    assert cache_options == [True, False]
