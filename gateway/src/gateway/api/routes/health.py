"""``/health/...`` and ``/metrics``: for those who run Segue."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.api.dependencies import ReadinessPart
from gateway.api.schemas import responses

router = APIRouter()


@router.get("/health/live")
async def live() -> responses.Live:
    """Say that the gateway runs."""
    return responses.Live()


@router.get(
    "/health/ready", responses={503: {"model": responses.Ready, "description": "A part has never been there yet."}}
)
async def ready(readiness: ReadinessPart, response: Response) -> responses.Ready:
    """Say whether every part has been there once, and how each is now."""
    report = await readiness.report()
    response.status_code = 200 if report.status == "ready" else 503
    return report


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics() -> Response:
    """Give the gateway's metrics to Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
