"""The weekly report: its figures are what happened, it is sealed, mailed once, and knows the ledger's head."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from kit.mailbox import open_mailbox
from kit.orders import know_order, mails, say
from kit.world import PROFILES, SEAL, World
from puente.db import schema
from puente.errors import PuenteError
from puente.nightly import weekly
from puente.nightly.figures import percentile
from puente.nightly.week import week_before, week_of
from puente.orders import mail, notices
from puente.orders.smtp import sender_to
from puente.quality.seal import canonical
from puente.sync import ledger
from puente.sync.route import stored

pytestmark = [
    pytest.mark.lean_gate,
    pytest.mark.not_expressible("sqlite-mariadb", "the other pairs show both engines"),
]
ZONE = "America/Mexico_City"


def use_notices(world: World, text: str) -> None:
    profile = (PROFILES / "mini_shop" / "profile.yaml").read_text(encoding="utf-8")
    world.use_profile("platform", {"profile.yaml": f"{profile}\nnotices: {text}\n"})


def this_week(world: World) -> dict[str, Any]:
    """The report of the week in which the test runs."""
    week = week_of(dt.datetime.now(dt.UTC).date(), "UTC")
    return read(weekly.write_week(world.bridge, week))


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_bytes())["report"])


def test_the_figures_are_what_happened(world: World) -> None:
    for key in ("A", "B", "C"):
        world.put("products", key, Precio_1="10", created="2020-01-01T00:00:00.000")
    world.put("products", "BAD", Precio_1="-1")
    world.put("companies", "C1", Nombre_Empresa="Llantas del Norte, cuyo nombre no va en el informe")
    world.run()
    know_order(world, "P1")
    say(world, "P1", "RECIBIDO EN ERP", "ACEPTADO")
    with world.platform.begin() as conn:
        hour = [{"link_id": "main", "connection": "erp", "hour": dt.datetime.now(dt.UTC).isoformat()[:13],
                 "answered": 59, "failed": 1, "slowest_ms": 40}]  # fmt: skip
        conn.execute(insert(schema.probe), hour)
        earlier = stored(dt.datetime.now(dt.UTC) - dt.timedelta(seconds=90))
        history = schema.order_history
        conn.execute(update(history).where(history.c.state == "RECIBIDO EN ERP").values(at=earlier))

    report = this_week(world)
    found = report["figures"]
    moved = {row["entity"]: row for row in found["moved"]}
    assert (moved["products"]["rows_landed"], moved["products"]["rows_applied"]) == (4, 3)
    assert (moved["products"]["rows_quarantined"], moved["companies"]["rows_applied"]) == (1, 1)
    assert sum(found["by_day"]["erp"]) == 5 and found["by_day"]["platform"] == [0] * 7
    assert found["orders"]["now"] == {"ACEPTADO": 1}
    assert found["orders"]["entered"] == {"ACEPTADO": 1, "RECIBIDO EN ERP": 1}
    assert 89 <= found["orders"]["time_in_state"]["RECIBIDO EN ERP"]["max"] <= 120
    latency = {row["entity"]: row for row in found["latency"]}
    assert latency["products"]["rows"] == 3 and latency["products"]["p50"] > 5 * 365 * 86_400
    assert latency["companies"]["rows"] == 1 and latency["companies"]["max"] < 600
    (rule,) = found["quarantine"]["rules"]
    assert (rule["queue"], rule["rows"]) == ("Productos", 1)
    assert found["quarantine"]["waiting"] == {"erp_to_platform:products": 1}
    assert found["conflicts"] == {"new": 0, "resolved": 0, "open": 0}
    assert found["mails"] == {"waiting": 2}
    assert found["nights"] == {"inventory": [], "backup": [], "drill": []}
    (uptime,) = found["uptime"]
    assert (uptime["connection"], uptime["percent"], uptime["failed"]) == ("erp", 98.33, 1)
    with world.platform.read() as conn:
        head = ledger.head(conn, "main", SEAL)
    assert found["ledger"]["platform"] == {"count": head.count, "head": head.row_hash, "seal": head.seal}
    assert "Llantas" not in json.dumps(report, ensure_ascii=False), "counts and names of rules only"


@pytest.mark.not_expressible("m*-mariadb", "files are the same whatever the engine")
def test_the_week_is_the_links_own_and_a_quiet_one_says_so(world: World) -> None:
    monday = dt.datetime(2026, 11, 23, 14, 0, tzinfo=dt.UTC)  # 08:00 in Mexico City
    week = week_before(monday, ZONE)
    assert (week.label, week.start, week.end) == ("2026-W47", "2026-11-16T06:00:00.000Z", "2026-11-23T06:00:00.000Z")
    assert week_before(dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC), ZONE).label == "2026-W46", "still Sunday there"
    path = weekly.write_weekly(world.bridge, monday)
    assert path == world.settings.reports_dir / "main" / "weekly" / "2026-W47.json"
    page = path.with_suffix(".html").read_text(encoding="utf-8")
    assert page.count("Nada esta semana.") >= 9
    assert read(path)["figures"]["moved"] == []


@pytest.mark.not_expressible("m*-mariadb", "files are the same whatever the engine")
def test_the_page_stands_alone_and_the_csv_says_the_same(world: World) -> None:
    world.put("products", "A", Precio_1="10")
    world.run()
    world.set(language="en")
    this_week(world)
    (path,) = (world.settings.reports_dir / "main" / "weekly").glob("*.json")
    page = path.with_suffix(".html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and 'lang="en"' in page and "What moved" in page
    assert page.count("<svg") == 1, "no orders and no probes, so no charts of them"
    assert not re.findall(r"(?:src|href)=|url\(|@import|<script", page)
    assert "prefers-color-scheme: dark" in page and "<desc id=" in page
    table = path.with_suffix(".csv").read_text(encoding="utf-8-sig").splitlines()
    assert table[0] == "section,name,detail,value"
    assert "moved,erp_to_platform:products,rows_landed,1" in table
    assert "ledger,platform,count,1" in table


@pytest.mark.not_expressible("m*-mariadb", "files are the same whatever the engine")
def test_documents_of_the_nights_are_listed_and_a_broken_one_is_told(world: World) -> None:
    folder = world.settings.reports_dir / "main"
    now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    documents = {
        "backup/one.json": {"report": {"finished_at": now, "verdict": "verified"}},
        "backup/old.json": {"report": {"finished_at": "2020-01-01T00:00:00.000Z", "verdict": "verified"}},
        "restores/drill-torn.json": None,
        "inventory/r1.json": {"inventory": {"written_at": now, "verdict": "same", "differences_in_all": 0}},
    }
    for name, document in documents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"{" if document is None else canonical(document))
    nights = this_week(world)["figures"]["nights"]
    assert [(one["file"], one["verdict"]) for one in nights["backup"]] == [("one.json", "verified")]
    assert [one["verdict"] for one in nights["drill"]] == ["unreadable"]
    assert [(one["verdict"], one["differences"]) for one in nights["inventory"]] == [("same", 0)]


@pytest.mark.not_expressible("m*-mariadb", "files are the same whatever the engine")
def test_the_seal_shows_what_was_altered_and_the_ledger_is_held_against_it(world: World) -> None:
    world.put("products", "A", Precio_1="10")
    world.run()
    this_week(world)
    (path,) = (world.settings.reports_dir / "main" / "weekly").glob("*.json")
    assert weekly.verify(path, SEAL) == []
    told = read(path)["figures"]["ledger"]["platform"]
    known = ledger.Head(told["count"], told["head"])
    assert ledger.verify(world.platform, "main", known) == []
    world.platform_sql("DELETE FROM puente_ledger")
    assert "ends at row 0" in ledger.verify(world.platform, "main", known)[0]

    good = path.read_bytes()
    path.write_bytes(good.replace(b'"rows_landed":1', b'"rows_landed":2'))
    assert len(weekly.verify(path, SEAL)) == 2
    path.write_bytes(good)
    path.with_suffix(".csv").write_text("section\n", encoding="utf-8")
    assert weekly.verify(path, SEAL) == ["the CSV is not the one that was sealed"]


def test_it_is_mailed_once_with_its_figures_attached(world: World) -> None:
    use_notices(world, "{weekly: [jefa@example.mx, 'no address']}")
    this_week(world)
    (path,) = (world.settings.reports_dir / "main" / "weekly").glob("*.json")
    with open_mailbox() as mailbox:
        for new in (2, 0):
            assert weekly.mail_weekly(world.bridge, path) == new
            with sender_to(mailbox.server) as post:
                mail.send_mails(world.platform, "main", "r/mail", post, 60)
    (message,) = mailbox.taken
    assert (message["To"], message["Subject"]) == ("jefa@example.mx", f"Puente: informe de la semana {path.stem}")
    files = {part.get_filename(): part for part in message.iter_attachments()}  # type: ignore[attr-defined]
    assert set(files) == {f"{path.stem}.html", f"{path.stem}.csv"}
    assert "sección,nombre" in files[f"{path.stem}.csv"].get_content()
    assert sorted(row["status"] for row in mails(world)) == ["refused", "sent"]
    assert "attachments" not in mail.not_sent(world.platform, "main")[0]


@pytest.mark.not_expressible("m*-mariadb", "it is about a file")
def test_who_hears_of_what_is_in_the_profile(world: World) -> None:
    assert notices.recipients(world.bridge.profile("platform"), "weekly") == []
    use_notices(world, "{default: todos@example.mx, traffic: [a@example.mx, b@example.mx]}")
    profile = world.bridge.profile("platform")
    assert notices.recipients(profile, "weekly") == ["todos@example.mx"]
    assert notices.recipients(profile, "traffic") == ["a@example.mx", "b@example.mx"]
    use_notices(world, "{weekley: a@example.mx}")
    with pytest.raises(PuenteError, match="weekley"):
        notices.recipients(world.bridge.profile("platform"), "weekly")


def test_percentiles_are_values_that_occurred() -> None:
    counts = Counter({1: 50, 10: 45, 100: 5})
    assert [percentile(counts, share) for share in (1, 50, 51, 95, 96, 100)] == [1, 1, 10, 10, 100, 100]
    with pytest.raises(ValueError, match="no values"):
        percentile(Counter(), 50)
