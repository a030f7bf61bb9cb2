"""The dashboard: how the integration stands, and what needs a person, first."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from puente.monitor.access import Reading
from puente.monitor.pages import render

router = APIRouter()


@router.get("/")
def status(visit: Reading) -> Response:
    """The page of one link."""
    return render(visit, "dashboard.html", active="status", texts={"heading": "Estado de integración"})
