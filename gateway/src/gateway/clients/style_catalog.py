"""The styles that can be asked for, asked of the gan service and kept while it is away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from segue.gan.v1.gan_pb2 import Style
from servicekit.faults import Fault, InvalidInput, UnknownStyle, UnsupportedMeter

from gateway.api.schemas import responses
from gateway.clients.service_clients import Services
from gateway.files.file_service import ROLES

_FRESH_S = 30.0


class StyleBook:
    """Knows the styles.

    Parameters
    ----------
    services : Services
        The gan service is asked again after half a minute: it may have been replaced by a later one.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._styles: list[Style] = []
        self._read_at_s = 0.0
        self._reading: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reading.set_result(None)

    async def all(self) -> list[responses.Style]:
        """List every style, in the order to show them."""
        return [_reply(style) for style in await self._known()]

    async def check(self, style_ids: Sequence[str | None], meter: str | None, roles: Sequence[str] | None) -> None:
        """Check what is asked of a generation against the styles.

        Raises
        ------
        UnknownStyle
            For an id that no style has.
        UnsupportedMeter
            For a meter that a style is not played in.
        InvalidInput
            For a role that a style does not have.
        """
        book = {style.style_id: style for style in await self._known()}
        for style_id in style_ids:
            if style_id is not None and style_id not in book:
                raise UnknownStyle(f"There is no style {style_id!r}. See /styles: {', '.join(book)}.", style=style_id)
            candidates = [book[style_id]] if style_id is not None else list(book.values())
            _check_meter(candidates, meter)
            _check_roles(candidates, roles)

    async def shared_meter(self, style_ids: Sequence[str]) -> str | None:
        """Choose the meter of two pieces that are to be blended, where their styles are not played in the same ones.

        Returns
        -------
        str or None
            The first style's most usual meter that the second has too. None where the second has all of the first's,
            so that one may be drawn, or none of them, so that the blend has to convert.
        """
        book = {style.style_id: style for style in await self._known()}
        first, second = (book[style_id] for style_id in style_ids)
        shared = [meter for meter in first.meters if meter in second.meters]
        return shared[0] if shared and len(shared) < len(first.meters) else None

    async def _known(self) -> list[Style]:
        """Give the styles as last read; where that was long ago, they are read again for the next who asks."""
        if not self._styles:
            await self._read()
        elif asyncio.get_running_loop().time() - self._read_at_s > _FRESH_S and self._reading.done():
            self._reading = asyncio.ensure_future(self._reread())
        return self._styles

    async def _read(self) -> None:
        self._styles = await self._services.styles()
        self._read_at_s = asyncio.get_running_loop().time()

    async def _reread(self) -> None:
        # A service that is away now will be asked again: its styles do not change meanwhile.
        with contextlib.suppress(Fault):
            await self._read()


def _check_meter(styles: Sequence[Style], meter: str | None) -> None:
    known = {one: None for style in styles for one in style.meters}
    if meter is not None and meter not in known:
        raise UnsupportedMeter(f"`meter`: {meter} is not played in this style; {', '.join(known)} is.", meter=meter)


def _check_roles(styles: Sequence[Style], roles: Sequence[str] | None) -> None:
    known = {name for style in styles for name, value in ROLES.items() if value in style.roles}
    if missing := [role for role in roles or () if role not in known]:
        raise InvalidInput(f"`roles`: this style has no {missing[0]}.", field="roles")
    if roles is not None and set(roles) == {"drums"}:
        raise InvalidInput("`roles`: drums alone make no piece; add lead, harmony or bass.", field="roles")


def _reply(style: Style) -> responses.Style:
    return responses.Style(
        id=style.style_id,
        name=style.name,
        description=style.description,
        meters=list(style.meters),
        roles=[name for name in ("lead", "harmony", "bass", "drums") if ROLES[name] in style.roles],
    )
