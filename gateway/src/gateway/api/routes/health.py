"""``/health/...`` and ``/metrics``: for operators."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.api.dependencies import ReadinessDep
from gateway.api.schemas import responses
from gateway.api.schemas.conversions import to_readiness

router = APIRouter()


@router.get("/health/live")
async def live() -> responses.Liveness:
    """Return that the gateway is running."""
    return responses.Liveness()


@router.get(
    "/health/ready",
    responses={503: {"model": responses.Readiness, "description": "A part has not been available yet."}},
)
async def ready(readiness: ReadinessDep, response: Response) -> responses.Readiness:
    """Return whether every part has been available once, and the state of each now."""
    report = await readiness.report()
    response.status_code = 200 if report.is_ready else 503
    return to_readiness(report)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics() -> Response:
    """Return the gateway's metrics for Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
