"""What needs a person: the dashboard's list, the worst first, and a page for each kind that Airflow has none for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from puente.monitor import needs_figures
from puente.monitor.access import Reading, Visit
from puente.monitor.airflow_side import Dags
from puente.monitor.dashboard_figures import Standing
from puente.monitor.needs_texts import TEXTS
from puente.monitor.pages import address, airflow_address, render
from puente.monitor.texts import TEXTS as COMMON

router = APIRouter()
SHOWN = 200
# Documents of the night that a person must look at, by verdict.
BAD_NIGHTS = ("closed", "failed", "rejected", "unreadable")
DOUBTFUL_NIGHTS = ("ask", "listed", "late", "here_only", "paused")


class Kind(StrEnum):
    """What has a list of its own here."""

    conflicts = "conflicts"
    orders = "orders"
    traffic = "traffic"
    unsent = "unsent"
    mails = "mails"


@dataclass(frozen=True)
class Need:
    """One line of the list: `tone` is bad, doubt or info; `count` None where it is one thing; `airflow` leads there."""

    kind: str
    tone: str
    title: str
    href: str
    count: int | None = None
    airflow: bool = False
    detail: str = ""


def needs_of(visit: Visit, found: Standing, dags: Dags, nights: dict[str, dict[str, Any]]) -> list[Need]:
    """The worst first: what stands still, what was set aside, what waits for an answer, what somebody stopped."""
    t, common = TEXTS[visit.language], COMMON[visit.language]
    needs: list[Need] = []

    def add(kind: str, tone: str, count: int | None, href: str, detail: str = "", **words: Any) -> None:
        if count != 0:
            title = t["one" if count == 1 and kind in t["one"] else "many"][kind].format(n=count, **words)
            needs.append(Need(kind, tone, title, href, count, kind in ("approval", "night"), detail))

    for connected in found.connections:
        if connected.error:
            add("down", "bad", None, "#connections", side=t["the_side"][connected.side])
    add("closed", "bad", sum(found.closed.values()), address(visit, "validations", verdict="closed"))
    for kind, document in nights.items():
        if document["verdict"] in (*BAD_NIGHTS, *DOUBTFUL_NIGHTS):
            dag = next((one.dag_id for one in dags.planned if one.name == t["night_dag"][kind]), "")
            tone = "bad" if document["verdict"] in BAD_NIGHTS else "doubt"
            add(
                "night", tone, None, airflow_address(visit, "dags", dag), night=t["night"][kind],
                verdict=t["verdict"].get(document["verdict"], document["verdict"]),
            )  # fmt: skip
    add("traffic", "bad", len(found.silences), address(visit, "needs/traffic"))
    quarantined = [(lane, lane.open["quarantined"]) for lane in found.lanes if lane.open.get("quarantined")]
    names = ", ".join(f"{common['entities'][lane.entity]} {count}" for lane, count in quarantined)
    place = address(visit, "validations/rows")
    add("quarantine", "doubt", sum(count for _, count in quarantined), place, names)
    add("orders", "doubt", found.waiting or 0, address(visit, "needs/orders"))
    add("conflicts", "doubt", sum(found.conflicts.values()), address(visit, "needs/conflicts"))
    for waiting in dags.approvals:
        form = ("dags", waiting.dag_id, "runs", waiting.run_id, "tasks", waiting.task_id, "required_actions")
        add("approval", "doubt", None, airflow_address(visit, *form), subject=waiting.subject or waiting.dag_id)
    add("unsent", "doubt", sum(found.unsent.values()), address(visit, "needs/unsent"))
    add("mails", "doubt", sum(found.mails.values()), address(visit, "needs/mails"))
    for pause in found.pauses:
        what = t["whole_link"] if pause["entity"] == "*" else pause["entity"]
        add("paused", "info", None, "#lanes", pause["why"] or "", what=what, who=pause["who"] or "—")
    return needs


# ---------------------------------------------------------------- the lists
_LISTS: dict[Kind, Callable[..., list[dict[str, Any]]]] = {
    Kind.conflicts: needs_figures.conflicts,
    Kind.orders: needs_figures.waiting_orders,
    Kind.traffic: needs_figures.silent,
    Kind.unsent: needs_figures.unsent_records,
    Kind.mails: needs_figures.troubled_mails,
}


@router.get("/needs/{kind}")
def list_of(visit: Reading, kind: Kind) -> Response:
    """Up to SHOWN of a kind, what they mean, and what to do. Whoever may not see people's data sees none."""
    t = TEXTS[visit.language]
    rows = _LISTS[kind](visit.bridge(), SHOWN, raw=visit.sees_raw)
    return render(
        visit, "needs.html", active="status", texts=t, kind=kind.value, rows=rows, shown=SHOWN,
        columns=list(rows[0]) if rows else [],
    )  # fmt: skip
