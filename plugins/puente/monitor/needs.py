"""What needs a person: the dashboard's list, worst first, a page for each kind that Airflow has none for; runbooks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from fastapi.responses import PlainTextResponse, Response

from puente.monitor import needs_figures
from puente.monitor.access import Reading, Visit
from puente.monitor.airflow_side import Dags
from puente.monitor.dashboard_figures import Standing
from puente.monitor.needs_texts import TEXTS
from puente.monitor.pages import address, airflow_address, render
from puente.monitor.texts import TEXTS as COMMON
from puente.oncall import alerts
from puente.settings import ROOT

router = APIRouter()
SHOWN = 200
# Documents of the night that a person must look at, by verdict.
BAD_NIGHTS = ("closed", "failed", "rejected", "unreadable")
DOUBTFUL_NIGHTS = ("ask", "listed", "late", "here_only", "paused")


class Kind(StrEnum):
    """What has a list of its own here."""

    conflicts = "conflicts"
    orders = "orders"
    stuck = "stuck"
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
            needs.append(Need(kind, tone, title, href, count, kind in ("approval", "late", "night"), detail))

    def dag_of(kind: str) -> str:
        dag = next((one.dag_id for one in dags.planned if one.name == t["night_dag"][kind]), "")
        return airflow_address(visit, "dags", dag)

    answering = [one.side for one in found.connections if not one.error]
    more = needs_figures.beyond(visit.bridge(), answering, visit.language, dt.datetime.now(dt.UTC))

    for connected in found.connections:
        if connected.error:
            add("down", "bad", None, "#connections", side=t["the_side"][connected.side])
    add("closed", "bad", sum(found.closed.values()), address(visit, "validations", verdict="closed"))
    for kind, document in nights.items():
        if document["verdict"] in (*BAD_NIGHTS, *DOUBTFUL_NIGHTS):
            tone = "bad" if document["verdict"] in BAD_NIGHTS else "doubt"
            add(
                "night", tone, None, dag_of(kind), night=t["night"][kind],
                verdict=t["verdict"].get(document["verdict"], document["verdict"]),
            )  # fmt: skip
    for alert in more.late:
        what = alerts.KINDS[alert.kind]
        title = what.en if visit.language == "en" else what.es
        add("late", "bad", None, dag_of(alert.kind.removesuffix("_late")), alert.what, title=title)
    if more.who.wrong:
        add("oncall" if more.who.anybody else "nobody", "bad", None, "#needs", t["see_doctor"])
    add("traffic", "bad", len(found.silences), address(visit, "needs/traffic"))
    quarantined = [(lane, lane.open["quarantined"]) for lane in found.lanes if lane.open.get("quarantined")]
    names = ", ".join(f"{common['entities'][lane.entity]} {count}" for lane, count in quarantined)
    place = address(visit, "validations/rows")
    add("quarantine", "doubt", sum(count for _, count in quarantined), place, names)
    add("orders", "doubt", found.waiting or 0, address(visit, "needs/orders"))
    add("stuck", "doubt", more.stuck, address(visit, "needs/stuck"))
    add("conflicts", "doubt", sum(found.conflicts.values()), address(visit, "needs/conflicts"))
    for waiting in dags.approvals:
        form = ("dags", waiting.dag_id, "runs", waiting.run_id, "tasks", waiting.task_id, "required_actions")
        add("approval", "doubt", None, airflow_address(visit, *form), subject=waiting.subject or waiting.dag_id)
    add("unsent", "doubt", sum(found.unsent.values()), address(visit, "needs/unsent"))
    add("mails", "doubt", sum(found.mails.values()), address(visit, "needs/mails"))
    for name in more.unseen:
        add("unseen", "doubt", None, "#needs", t["see_doctor"], what=t["night"].get(name) or t["heading"]["stuck"])
    for pause in found.pauses:
        what = t["whole_link"] if pause["entity"] == "*" else pause["entity"]
        add("paused", "info", None, "#lanes", pause["why"] or "", what=what, who=pause["who"] or "—")
    return needs


# ---------------------------------------------------------------- the runbooks
@router.get("/runbooks/{name}")
def runbook(name: Annotated[str, Path(pattern=r"^[a-z_]+\.md$")]) -> Response:
    """One page of docs/runbooks/ as the text that it is, for everybody who can log in: alerts link it."""
    page = ROOT / "docs" / "runbooks" / name
    if not page.is_file():
        raise HTTPException(404, "Not Found")
    return PlainTextResponse(page.read_text(encoding="utf-8"))


# ---------------------------------------------------------------- the lists
_LISTS: dict[Kind, Callable[..., list[dict[str, Any]]]] = {
    Kind.conflicts: needs_figures.conflicts,
    Kind.orders: needs_figures.waiting_orders,
    Kind.stuck: needs_figures.stuck,
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
