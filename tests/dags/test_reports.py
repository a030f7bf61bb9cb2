"""Low stock by Airflow itself: proposed, the buyer's form started once, answered, ordered."""

from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from typing import Any

import pytest

from kit.mailbox import open_mailbox

ORDER = """INSERT INTO puente_order (link_id, order_id, state, payload, at) VALUES ('main', 'P-9', 'ACEPTADO', '{}',
 strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 day'))"""

PROPOSAL = """INSERT INTO puente_proposal (link_id, day, product_id, request, run_id, supplier, place, reorder_point,
 proposed, evidence, status, at) VALUES ('main', '2026-11-24', 'P', 'late', 'r', '', 1, '9', '9',
 '{{"stock": 1, "reserved": 0, "on_order": 0, "per_day": 1, "cover_days": 1, "lead_days": 1, "reorder_point": 9}}',
 'proposed', '{}')"""


def test_the_buyer_changes_a_quantity_and_it_is_ordered_once(sides: Any, airflow: Any) -> None:
    product = sides.scalar("erp", "SELECT CVE_ART FROM EXISTENCIA GROUP BY CVE_ART ORDER BY SUM(CANTIDAD) DESC LIMIT 1")
    payload = json.dumps({"lines": [{"ID_Producto": product, "Cantidad": "100000"}]})
    sides.write("platform", ORDER.format(payload).replace(":", "\\:"))
    with open_mailbox() as mailbox:
        extra = "__extra__=%7B%22disable_ssl%22%3A%20true%2C%20%22disable_tls%22%3A%20true%7D"
        airflow.ask("define", "puente_smtp", f"smtp://127.0.0.1:{mailbox.port}/?{extra}")
        first, second = airflow.ask("run", "low_stock"), airflow.ask("run", "low_stock")
    assert (first["state"], second["state"]) == ("success", "success")
    assert [message["To"] for message in mailbox.taken] == ["compras@llantera.example"]
    request = sides.scalar("platform", "SELECT request FROM puente_proposal")
    assert airflow.ask("dag_runs", "purchase_approval") == {request: {"request": request}}, "started once"
    assert f"/dags/purchase_approval/runs/{request}/tasks/approve/" in mailbox.taken[0].as_string().replace("=\n", "")

    conf = json.dumps({"request": request})
    done = airflow.ask("answer", "purchase_approval", conf, "Approve", json.dumps({product: 8}))
    assert done["state"] == "success", done
    assert product in done["asked"]["params"] and request in done["asked"]["subject"]
    assert {task["state"] for task in done["tasks"].values()} == {"success"}
    found = "SELECT ID_Producto || ' ' || CAST(Cantidad AS INTEGER) FROM Ordenes_Compra_Detalles"
    assert sides.scalar("erp", found) == f"{product} 8"
    assert sides.scalar("erp", "SELECT Autorizado_Por FROM Ordenes_Compra") == "ana"

    again = airflow.ask("run", "low_stock")
    assert again["tasks"]["start_approvals"]["state"] == "skipped", "nothing waits"
    assert sides.scalar("erp", "SELECT COUNT(*) FROM Ordenes_Compra") == 1


@pytest.mark.parametrize("hours", [20, 25])
def test_a_form_that_starts_late_is_open_for_what_is_left_of_the_day(sides: Any, airflow: Any, hours: int) -> None:
    proposed_at = dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours)
    sides.write("platform", PROPOSAL.format(proposed_at.isoformat(timespec="milliseconds")).replace(":", "\\:"))
    if hours > 24:
        run = airflow.ask("run", "purchase_approval", {"request": "late"})
        assert {run["tasks"][task]["state"] for task in ("approve", "decide", "order")} == {"skipped"}
        return
    run = airflow.ask("answer", "purchase_approval", json.dumps({"request": "late"}), "Reject")
    until = (proposed_at + dt.timedelta(days=1)).astimezone(zoneinfo.ZoneInfo("America/Mexico_City"))
    assert f"{until:%Y-%m-%d %H:%M}" in run["asked"]["body"]
    assert abs(dt.datetime.fromisoformat(run["asked"]["until"]) - until) < dt.timedelta(minutes=1)


def test_housekeeping_cleans_both_sides_and_airflow(sides: Any, airflow: Any) -> None:
    run = airflow.ask("run", "housekeeping")
    assert {task_id: task["state"] for task_id, task in run["tasks"].items()} == {
        "keep_house": "success", "clean_airflow": "success", "report_failures": "success",
    }  # fmt: skip


def test_the_weekly_report_is_written_and_both_connections_answer(sides: Any, airflow: Any, place: Any) -> None:
    monitor, weekly = airflow.ask("run", "monitor"), airflow.ask("run", "weekly_report")
    assert monitor["tasks"]["probe_connections"]["state"] == monitor["tasks"]["watch_traffic"]["state"] == "success"
    assert weekly["tasks"]["write_report"]["state"] == weekly["tasks"]["mail_report"]["state"] == "success"
    assert len(list((place.reports / "main" / "weekly").iterdir())) == 3
    assert sides.scalar("platform", "SELECT COUNT(*) FROM puente_probe WHERE failed = 0") == 2
