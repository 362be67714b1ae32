"""What the models of rhythm and contour decode for a phrase blend, where one parent yields to another."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from score.arrays import F64

from vae.models.model_registry import CancellationCheck, ModelRegistry, never_cancelled
from vae.models.specs import LeadFactor
from vae.parts.lead import BetweenLead
from vae.phrases.composition import BlendPlan
from vae.phrases.lead_between import decode_lead_between
from vae.planning.sources import Cell, cell_of
from vae.reconstruction.store import SamplingOptions


def decode_between(
    registry: ModelRegistry,
    plan: BlendPlan,
    sampling: SamplingOptions,
    check_cancelled: CancellationCheck = never_cancelled,
) -> BetweenLead | None:
    """Decode what the lead of a blend takes between its parents; None where it takes nothing between them.

    Parameters
    ----------
    registry : ModelRegistry
    plan : BlendPlan
    sampling : SamplingOptions
    check_cancelled : CancellationCheck
        Called before every batch.
    """
    sources = plan.sources
    if not sources.rhythm_between and not sources.contour_between:
        return None
    shares = {
        LeadFactor.RHYTHM: _shares_by_bar(plan, sources.rhythm_between),
        LeadFactor.CONTOUR: _shares_by_bar(plan, sources.contour_between),
    }
    decoded = decode_lead_between(registry, plan, shares, sampling, check_cancelled)
    return BetweenLead(decoded.rhythm, decoded.contour)


def _shares_by_bar(plan: BlendPlan, between: Mapping[Cell, F64]) -> F64:
    """Return the shares of each bar, shape (n_bars, n_parents); 0 where nothing is to be decoded."""
    rests = np.zeros(len(plan.parents))
    return np.array([between.get(cell_of(slot), rests) for slot in plan.form.slots])
