"""Quotas of one call: what it takes, and the headers that tell what is left."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from gateway.accounts import quotas
from gateway.accounts.quotas import QuotaState
from gateway.api.dependencies import CallerDep, QuotasDep, add_header


class CallQuotas:
    """Takes from the caller's quotas; the response tells what is left, also if it refuses.

    Parameters
    ----------
    request : Request
        The call.
    caller : Caller
        Who makes it.
    service : Quotas
        The quotas.
    """

    def __init__(self, request: Request, caller: CallerDep, service: QuotasDep) -> None:
        self._request = request
        self._caller = caller
        self._service = service
        self._states: dict[str, QuotaState] = {}

    async def take_jobs(self, n_jobs: int = 1) -> None:
        """Count jobs that this call starts. An account that has no room for their results may start none.

        Raises
        ------
        Overloaded
            If they are too many for this hour.
        QuotaExceeded
            If the account has no room.
        """
        await self._service.check_bytes(self._caller, 0)
        try:
            await self._service.count_jobs(self._caller, n_jobs)
        finally:
            self._report(await self._service.job_states(self._caller))

    async def take_bytes(self, n_bytes: int) -> None:
        """Check that the account has room for what this call stores.

        Raises
        ------
        QuotaExceeded
            If it has not.
        """
        left = await self._service.byte_state(self._caller)
        self._report([] if left is None else [left])
        left = await self._service.check_bytes(self._caller, n_bytes)
        self._report([] if left is None else [left])

    def _report(self, states: list[QuotaState]) -> None:
        self._states |= {state.name: state for state in states}
        for name, value in quotas.headers(list(self._states.values())).items():
            add_header(self._request, name, value)


CallQuotasDep = Annotated[CallQuotas, Depends()]
