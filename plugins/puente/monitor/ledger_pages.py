"""The ledger: counts per batch with their balance, as a page and as CSV."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from puente.monitor.access import Reading
from puente.monitor.pages import render

router = APIRouter()


@router.get("/ledger")
def ledger(visit: Reading) -> Response:
    """Batches, newest first."""
    return render(visit, "ledger.html", active="ledger", texts={"heading": "Libro"})
