"""The list of what needs a person has all that on-call is told of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from html import unescape

import pytest
from sqlalchemy import delete, insert

from pages.conftest import Pages
from puente.db import schema
from puente.monitor.needs_texts import TEXTS
from puente.nightly import traffic
from puente.oncall.alerts import KINDS

LONG_AGO = "2026-01-01T00:00:00.000Z"


@pytest.fixture
def neglected(pages: Pages) -> Iterator[Pages]:
    """A link that has run for long, without its nights, with an order that stands still, and an entry that is none."""
    world, old = pages.world, dt.datetime.now(dt.UTC) - dt.timedelta(days=60)
    order = {"link_id": "main", "order_id": "5150", "state": "VALIDANDO EXISTENCIAS", "at": LONG_AGO}
    traffic.probe(world.bridge, old)
    with world.platform.begin() as conn:
        conn.execute(insert(schema.order).values(**order))
    (pages.place.folder / "oncall").write_text("jefe", encoding="utf-8")
    yield pages
    (pages.place.folder / "oncall").write_text("", encoding="utf-8")
    with world.platform.begin() as conn:
        conn.execute(delete(schema.order).where(schema.order.c.order_id == "5150"))
        conn.execute(delete(schema.probe).where(schema.probe.c.hour < f"{old:%Y-%m-%dT%H}~"))


@pytest.mark.parametrize("language", ["es", "en"])
def test_what_on_call_is_told_is_on_the_page(neglected: Pages, language: str) -> None:
    html = unescape(neglected.ask("viewer", f"/?lang={language}", page=True).text)
    for kind in ("inventory_late", "backup_late", "drill_late"):
        assert (KINDS[kind].en if language == "en" else KINDS[kind].es) in html, kind
    assert ("nunca" if language == "es" else "never") in html and "/dags/restore_drill" in html
    assert TEXTS[language]["many"]["nobody"] in html
    assert TEXTS[language]["one"]["stuck"] in html
    listed = unescape(neglected.ask("viewer", f"/needs/stuck?lang={language}", page=True).text)
    assert "key=5150" in listed and TEXTS[language]["meaning"]["stuck"] in listed


def test_what_cannot_be_looked_at_is_a_line_and_no_error(neglected: Pages) -> None:
    (neglected.place.folder / "oncall").write_text("guardia@example.mx jefe", encoding="utf-8")
    documents = neglected.place.reports / "main" / "restores"
    documents.mkdir(parents=True, exist_ok=True)
    (documents / "drill-x.json").symlink_to("/nowhere")
    try:
        html = neglected.ask("viewer", "/", page=True).text
        assert "El simulacro de restauración: no se pudo revisar" in html and KINDS["backup_late"].es in html
        assert TEXTS["es"]["many"]["oncall"] in html
    finally:
        (documents / "drill-x.json").unlink()


@pytest.mark.parametrize("role", ["nobody", "viewer"])
def test_the_runbooks_that_alerts_link_are_here(pages: Pages, role: str) -> None:
    for kind in KINDS.values():
        answer = pages.ask(role, f"/runbooks/{kind.runbook}.md", page=True)
        assert answer.status_code == 200 and answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert "## What to do" in answer.text
    for name in ("nothing.md", "../pages.md", "..%2Fpages.md", "gate_closed"):
        assert pages.ask(role, f"/runbooks/{name}").status_code in (404, 422), name
