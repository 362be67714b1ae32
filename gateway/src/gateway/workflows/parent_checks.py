"""Checks of the pieces to blend, made before a job begins."""

from __future__ import annotations

from collections.abc import Iterable

from servicekit.faults import IrregularMeter

from gateway.domain.job_settings import MeterPolicyName
from gateway.storage.rows import FileRow


def check_meters(rows: Iterable[FileRow], meter_policy: MeterPolicyName | None) -> None:
    """Check that no uploaded piece is in an irregular meter, unless the client asked for conversion.

    The notices of a piece tell, so the vae need not be called. It checks them too, with the roles of the request.

    Raises
    ------
    IrregularMeter
        If a piece is mostly, or for more than a tenth, in a meter such as 5/4 or 7/8.
    """
    if meter_policy == "convert":
        return
    for row in rows:
        # The notices of a result are about its parents.
        if row.kind == "midi" and any(notice.reason == IrregularMeter.reason for notice in row.notices):
            message = (
                f"The bars of {row.stem} do not fit a blend: they are irregular, such as 5/4 or 7/8. Choose a piece in "
                "2/4, 3/4, 4/4 or a compound meter such as 6/8, or ask for conversion (`meter_policy` `convert`): the "
                "notes keep their rhythm, but the bar lines move."
            )
            raise IrregularMeter(message, field="file_ids")
