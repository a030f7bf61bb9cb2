"""The dashboard "Estado de integración": how a link stands, and what needs a person, first. It refreshes itself."""

from __future__ import annotations

import datetime as dt

from fastapi import APIRouter
from fastapi.responses import Response

from puente import contract
from puente.monitor import airflow_side, dashboard_figures, queue_figures
from puente.monitor.access import Reading
from puente.monitor.dashboard_texts import TEXTS
from puente.monitor.needs import needs_of
from puente.monitor.needs_texts import TEXTS as NEEDS_TEXTS
from puente.monitor.nights import last_documents
from puente.monitor.pages import render
from puente.order_states import STATES

router = APIRouter()
REFRESH_SECONDS = 30
LATE = dt.timedelta(minutes=10)  # a run that should have begun so long ago: the scheduler stands still


@router.get("/")
def status(visit: Reading) -> Response:
    """The page of one link."""
    now = dt.datetime.now(dt.UTC)
    found = dashboard_figures.standing(visit.bridge(), now)
    dags = airflow_side.look(visit, now)
    nights = last_documents(visit.settings, visit.link.link_id)
    orders = found.orders or {}
    states = [state for state in STATES if state in orders] + sorted(orders.keys() - set(STATES))
    by_direction = [
        (f"{contract.writer_of(side)}_to_{side}", [lane for lane in found.lanes if lane.reader == side])
        for side in dashboard_figures.SIDES
    ]
    texts = TEXTS[visit.language]
    of_dag = {texts["nights"][kind]: document for kind, document in nights.items()}
    return render(
        visit, "dashboard.html", active="status", texts=texts, found=found, dags=dags, nights=of_dag,
        needs=needs_of(visit, found, dags, nights), by_direction=by_direction, states=states,
        most=max(orders.values(), default=0), today=dashboard_figures.TODAY, deep=queue_figures.DEEP,
        refresh=REFRESH_SECONDS, late=now - LATE, verdicts=NEEDS_TEXTS[visit.language]["verdict"],
    )  # fmt: skip
