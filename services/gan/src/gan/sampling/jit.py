"""The numba decorator of the sampling kernels: compiled at the first call, cached where a folder can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def jit(function: Function) -> Function:
    """Compile a function of arrays and numbers, releasing the GIL while it runs.

    Of the fast-math options only contraction is on: a product may be fused with a sum, but sums are not reordered, so a
    row of a batch has the same bits whatever other rows there are. The compiled code is cached beside the source or in
    the user's cache folder, if either can be written.
    """

    def build(*, cache: bool) -> Function:
        compiled = numba.njit(function, cache=cache, nogil=True, error_model="numpy", fastmath={"contract"})
        return cast(Function, compiled)

    try:
        return build(cache=True)
    except RuntimeError:  # numba raises this where no cache folder can be written
        return build(cache=False)
