"""Retries with backoff for calls of services that are unavailable, loading or overloaded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from servicekit.faults import Fault, ModelMismatch, NotReady, Overloaded, SoundFontMissing, UpstreamUnavailable
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential
from tenacity.stop import stop_base

_FIRST_WAIT_S = 0.25
_MAX_WAIT_S = 4.0
_LOADING_PATIENCE_FACTOR = 5

T = TypeVar("T")


async def retry_unavailable(
    call: Callable[[], Awaitable[T]], patience_s: float, on_retry: Callable[[Fault], None] | None = None
) -> T:
    """Call a service, and repeat the call while the service is unavailable, loading or overloaded.

    Parameters
    ----------
    call : callable
        Makes the call.
    patience_s : float
        Seconds after the first failure beyond which no further attempt is made. Five times longer if the service
        reports that it is still loading.
    on_retry : callable or None
        Called with each fault that is followed by another attempt.

    Raises
    ------
    Fault
        The last one, once the time is over. A fault that another attempt cannot change is raised at once.
    """

    async def attempt() -> T:
        return await call()

    def before_sleep(state: RetryCallState) -> None:
        if on_retry is not None and isinstance(fault := _exception(state), Fault):
            on_retry(fault)

    attempts = AsyncRetrying(
        retry=retry_if_exception(_is_temporary),
        wait=wait_exponential(multiplier=_FIRST_WAIT_S, max=_MAX_WAIT_S),
        stop=_StopAfterPatience(patience_s),
        before_sleep=before_sleep,
        reraise=True,
    )
    return await attempts(attempt)


class _StopAfterPatience(stop_base):
    """Stops where the next attempt would come too long after the first failure."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._first_failure_s: float | None = None

    def __call__(self, retry_state: RetryCallState) -> bool:
        now_s = retry_state.outcome_timestamp
        assert now_s is not None, "an attempt has failed"
        if self._first_failure_s is None:
            self._first_failure_s = now_s
        is_loading = isinstance(_exception(retry_state), NotReady)
        limit_s = self._patience_s * (_LOADING_PATIENCE_FACTOR if is_loading else 1)
        return now_s + retry_state.upcoming_sleep > self._first_failure_s + limit_s


def _exception(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None


def _is_temporary(error: BaseException) -> bool:
    is_permanent = isinstance(error, ModelMismatch | SoundFontMissing)
    return isinstance(error, UpstreamUnavailable | NotReady | Overloaded) and not is_permanent
