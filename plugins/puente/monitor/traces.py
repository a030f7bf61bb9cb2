"""Trace: where an order, a product or a customer is, and why."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from puente import contract
from puente.cli.traces import state_in
from puente.monitor import trace_figures as figures
from puente.monitor.access import Reading
from puente.monitor.pages import parse, render
from puente.monitor.rule_words import words_of
from puente.monitor.trace_texts import TEXTS
from puente.orchestration.links import dag_id
from puente.sync.trace import Hop, Trace

router = APIRouter()


@router.get("/trace")
def trace(
    visit: Reading,
    what: Annotated[Literal["order", "product", "company", "contact", ""], Query()] = "",
    key: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """A search box and, for a key, every hop on its way. Raw payloads only for those who may see them."""
    asked = key.strip()
    found = figures.find(visit.bridge(), what, asked, raw=visit.sees_raw) if asked else []
    words = {
        (side, entity): words_of(visit.settings, f"{contract.writer_of(side)}_to_{side}", entity, visit.language)
        for side in contract.SIDES
        for entity in contract.READ_SEQUENCE[side]
    }
    shown = [(one, figures.steps(one, words, raw=visit.sees_raw), stuck(one)) for one in found]
    return render(
        visit, "trace.html", active="trace", texts=TEXTS[visit.language], found=shown, what=what, key=asked,
        utc=lambda at: f"{found:%Y-%m-%d %H:%M:%S}" if (found := parse(at)) else "—",
        subjects=figures.SUBJECTS, dag=lambda name: dag_id(name, visit.link.link_id), hidden=figures.HIDDEN,
        state=lambda hop: state_in(hop.kind, hop.state, visit.language), missing=bool(asked) and not found,
    )  # fmt: skip


def stuck(found: Trace) -> list[tuple[str, Hop]]:
    """What holds it up now, the worst first, each with the hop that says so."""
    signs: dict[str, Hop] = {}
    for hop in found.hops:
        match hop.kind, hop.state:
            case "inbox", "quarantined" | "held" | "conflict" | "pending":
                gates = [
                    one for one in found.hops if (one.kind, one.side, one.entity) == ("gate", hop.side, hop.entity)
                ]
                closed = [one for one in gates if one.state == "closed"] if hop.state == "pending" else []
                signs.setdefault("closed" if closed else hop.state, closed[-1] if closed else hop)
            case "conflict", "open":
                signs.setdefault("conflict", hop)
            case "queue", _:
                signs.setdefault("queue", hop)
            case "outbox", "waiting" | "conflict":
                signs.setdefault(hop.state, hop)
            case "mail", "refused" | "doubtful":
                signs.setdefault("mail", hop)
    order = ("closed", "quarantined", "conflict", "held", "mail", "waiting", "queue", "pending")
    return [(name, signs[name]) for name in order if name in signs]
