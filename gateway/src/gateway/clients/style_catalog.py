"""The styles of the gan service, cached so that they stay available while the service is not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from contract import roles
from segue.gan.v1.gan_pb2 import Style
from servicekit.faults import Fault, InvalidInput, UnknownStyle, UnsupportedMeter

from gateway.clients.service_clients import ServiceClients

_FRESH_S = 30.0
"""Seconds after which the styles are read again: another version of the service may have others."""


class StyleCatalog:
    """Caches the styles.

    Parameters
    ----------
    services : ServiceClients
        Client of the gan service.
    """

    def __init__(self, services: ServiceClients) -> None:
        self._services = services
        self._styles: list[Style] = []
        self._read_at_s = 0.0
        self._refreshing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._refreshing.set_result(None)

    async def all(self) -> list[Style]:
        """Return all styles in display order. Old ones are read again in the background, for the next call."""
        if not self._styles:
            await self._read()
        elif asyncio.get_running_loop().time() - self._read_at_s > _FRESH_S and self._refreshing.done():
            self._refreshing = asyncio.ensure_future(self._refresh())
        return self._styles

    async def check(self, style_ids: Sequence[str | None], meter: str | None, role_names: Sequence[str] | None) -> None:
        """Check a request against the styles.

        Parameters
        ----------
        style_ids : sequence of (str or None)
            The style of each piece; None for any.
        meter : str or None
            The requested meter, such as "4/4".
        role_names : sequence of str or None
            The requested roles.

        Raises
        ------
        UnknownStyle
            If no style has one of the ids.
        UnsupportedMeter
            If a style does not have the meter.
        InvalidInput
            If a style does not have one of the roles.
        """
        by_id = {style.style_id: style for style in await self.all()}
        for style_id in style_ids:
            if style_id is not None and style_id not in by_id:
                raise UnknownStyle(f"There is no style {style_id!r}. See /styles: {', '.join(by_id)}.", style=style_id)
            candidates = [by_id[style_id]] if style_id is not None else list(by_id.values())
            _check_meter(candidates, meter)
            _check_roles(candidates, role_names)

    async def common_meter(self, style_ids: Sequence[str | None]) -> str | None:
        """Return the meter for two generated pieces that are blended, where their styles have different meters.

        Returns
        -------
        str or None
            The first style's most usual meter that the second has too. None where the second has all meters of the
            first, so that any may be sampled, or none of them, so that the blend has to convert. None also where a
            style is left open.
        """
        by_id = {style.style_id: style for style in await self.all()}
        known = [by_id[style_id] for style_id in style_ids if style_id is not None]
        if len(known) < len(style_ids):
            return None
        first, second = known
        common = [meter for meter in first.meters if meter in second.meters]
        return common[0] if common and len(common) < len(first.meters) else None

    async def _read(self) -> None:
        self._styles = await self._services.styles()
        self._read_at_s = asyncio.get_running_loop().time()

    async def _refresh(self) -> None:
        # If the service is unavailable now, the next call tries again: its styles do not change meanwhile.
        with contextlib.suppress(Fault):
            await self._read()


def _check_meter(styles: Sequence[Style], meter: str | None) -> None:
    meters = {each: None for style in styles for each in style.meters}
    if meter is not None and meter not in meters:
        raise UnsupportedMeter(f"`meter`: this style has no {meter}; it has {', '.join(meters)}.", meter=meter)


def _check_roles(styles: Sequence[Style], role_names: Sequence[str] | None) -> None:
    known = {name for style in styles for name in roles.ROLE_NAMES if roles.to_proto(name) in style.roles}
    if missing := [role for role in role_names or () if role not in known]:
        raise InvalidInput(f"`roles`: this style has no {missing[0]}.", field="roles")
    if role_names is not None and set(role_names) == {"drums"}:
        raise InvalidInput("`roles`: drums alone are not a piece; add lead, harmony or bass.", field="roles")
