"""The full inventory by Airflow itself: what is little is mended, what is much is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CHEAPER = "UPDATE tienda_producto SET precio_publico = '1.0000'"
RENAMED = "UPDATE tienda_categoria SET titulo = 'Otra'"
SPOILT = "SELECT COUNT(*) FROM tienda_producto WHERE activo = 1 AND precio_publico = '1.0000'"
MARKED = "SELECT COUNT(*) FROM puente_record WHERE must_send = 1"


def state(run: dict[str, Any], *tasks: str) -> list[str]:
    return [run["tasks"][task]["state"] for task in tasks]


def report_of(place: Any) -> dict[str, Any]:
    newest = max(Path(place.reports, "main", "inventory").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    body: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))["inventory"]
    return body


def test_a_little_damage_is_mended_and_reported(sides: Any, airflow: Any, place: Any) -> None:
    sides.write("platform", f"{CHEAPER} WHERE erp_id = (SELECT MIN(erp_id) FROM tienda_producto WHERE activo = 1)")
    run = airflow.ask("run", "full_inventory")
    assert state(run, "gate", "decide", "repair", "approve", "repair_approved", "report", "report_failures") == [
        "success", "success", "success", "skipped", "skipped", "success", "success",
    ]  # fmt: skip
    assert report_of(place)["verdict"] == "ordered"
    assert sides.scalar("platform", SPOILT) == 1, "the inventory itself writes neither side"
    assert airflow.ask("run", "capture_erp")["state"] == airflow.ask("run", "erp_to_platform")["state"] == "success"
    assert sides.scalar("platform", SPOILT) == 0
    assert not [value for value in airflow.ask("xcoms", run["run_id"]) if "Llantas" in value]


def test_a_mass_change_waits_for_a_persons_yes_and_nothing_else_does(sides: Any, airflow: Any, place: Any) -> None:
    sides.write("platform", CHEAPER)
    sides.write("platform", f"{RENAMED} WHERE erp_id = (SELECT MIN(erp_id) FROM tienda_categoria WHERE activa = 1)")
    run = airflow.ask("answer", "full_inventory", "{}", "Reject")
    assert state(run, "repair", "approve", "repair_approved", "report", "report_failures") == [
        "success", "success", "skipped", "success", "success",
    ]  # fmt: skip
    body = report_of(place)
    assert body["verdict"] == "rejected"
    decided = {one["entity"]: (one["decision"], one["who"]) for one in body["entities"] if one["repairs"]}
    assert decided == {"categories": ("ordered", ""), "products": ("rejected", "ana")}
    assert sides.scalar("erp", MARKED) == 1, "the category"

    run = airflow.ask("answer", "full_inventory", "{}", "Approve")
    assert state(run, "repair", "approve", "repair_approved", "report") == ["skipped", *["success"] * 3]
    body = report_of(place)
    assert body["verdict"] == "ordered"
    assert sides.scalar("erp", MARKED) - 1 == sum(one["ordered"] for one in body["entities"]) > 25
