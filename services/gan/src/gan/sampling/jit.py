"""Loops over steps, rows and notes at the machine's own speed: numba compiles them when they are first called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def jit(function: Function) -> Function:
    """Compile a function of arrays and numbers; while it runs, so do other threads.

    A product may be fused with a sum, and nothing else is reordered: each row of a batch has the same numbers whatever
    others there are. What was compiled is kept beside the source or in the user's cache, if either can be written.
    """

    def build(*, cache: bool) -> Function:
        made = numba.njit(function, cache=cache, nogil=True, error_model="numpy", fastmath={"contract"})
        return cast(Function, made)

    try:
        return build(cache=True)
    except RuntimeError:  # numba's word for there being no such folder
        return build(cache=False)
