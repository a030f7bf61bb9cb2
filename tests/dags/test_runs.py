"""Runs by Airflow itself over the demo's databases: quiet the second time; one entity's trouble stays its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from puente.contract import READ_SEQUENCE
from puente.demo import expected_counts

SEQUENCE = READ_SEQUENCE["platform"]
LEDGER = "SELECT COUNT(*) || ':' || COALESCE(MAX(row_hash), '') FROM puente_ledger"


def states(run: dict[str, Any], *task_ids: str) -> dict[str, str]:
    return {task_id: run["tasks"][task_id]["state"] for task_id in task_ids}


def steps(entity: str) -> list[str]:
    return [f"{entity}.{step}" for step in ("receive", "clear", "validate", "apply")]


def test_the_first_run_carries_the_demo(first_run: dict[str, Any], sides: Any) -> None:
    capture, carry = first_run["capture_erp"], first_run["erp_to_platform"]
    assert (capture["state"], carry["state"]) == ("success", "success")
    assert capture["tasks"]["announce_changes"]["state"] == "success"
    assert capture["tasks"]["capture_order_states"]["state"] == "success", "there is nothing to say of any order yet"
    for entity, counts in expected_counts(1).items():
        row = f"SELECT rows_{{}} FROM puente_ledger WHERE entity = '{entity}'"
        assert {name: sides.scalar("platform", row.format(name)) for name in counts} == counts, entity
    assert set(states(carry, *steps("order_states")).values()) == {"skipped"}


def test_the_order_holds_also_around_skipped_entities(first_run: dict[str, Any]) -> None:
    started = first_run["erp_to_platform"]["started"]
    expected = ["find_work", *(step for entity in SEQUENCE[:-1] for step in steps(entity))]
    expected += ["apply_deletions", "settle_ledger", "report_failures"]
    assert sorted(started, key=started.__getitem__) == expected


def test_the_second_run_is_a_no_op(sides: Any, airflow: Any) -> None:
    before = sides.scalar("platform", LEDGER)
    capture, carry = airflow.ask("run", "capture_erp"), airflow.ask("run", "erp_to_platform")
    assert (capture["state"], carry["state"]) == ("success", "success")
    assert capture["tasks"]["announce_changes"]["state"] == "skipped", "no news, no Asset"
    ran = {task_id for task_id, task in carry["tasks"].items() if task["state"] == "success"}
    assert ran == {"find_work", "report_failures"}
    assert {task["state"] for task in carry["tasks"].values()} == {"success", "skipped"}
    assert sides.scalar("platform", LEDGER) == before
    assert sides.scalar("erp", "SELECT COUNT(*) FROM Productos") == 0


def test_a_dry_run_reports_and_writes_nothing(sides: Any, airflow: Any, place: Any) -> None:
    sides.write("erp", "INSERT INTO Categorias_Productos (ID_Categoria, Nombre) VALUES ('F-NEW', 'Cámaras')")
    before = sides.scalar("platform", LEDGER)
    for dag_id in ("erp_to_platform", "platform_to_erp"):
        run = airflow.ask("run", dag_id, {"dry_run": True})
        assert run["state"] == "success"
        ran = {task_id for task_id, task in run["tasks"].items() if task["state"] == "success"}
        assert ran == {"find_work", "rehearse", "report_failures"}
        assert {task["state"] for task in run["tasks"].values()} == {"success", "skipped"}
        assert not [value for value in airflow.ask("xcoms", run["run_id"]) if "Cámaras" in value]
    assert sides.scalar("erp", "SELECT COUNT(*) FROM Categorias_Productos") == 1
    assert sides.scalar("platform", LEDGER) == before
    assert sides.scalar("platform", "SELECT COUNT(*) FROM puente_inbox_categorias_productos WHERE cleared = 0") == 0
    reports = sorted(Path(place.reports, "main", "dry_run").glob("*.json"))
    bodies = [json.loads(path.read_text(encoding="utf-8"))["dry_run"] for path in reports]
    told = {body["direction"]: (body["verdict"], [one["key"] for one in body["listed"]]) for body in bodies}
    assert told == {"erp_to_platform": ("changes", ["F-NEW"]), "platform_to_erp": ("nothing", [])}


def test_a_closed_gate_is_not_retried_and_stops_only_its_entity(sides: Any, airflow: Any) -> None:
    nameless = "INSERT INTO Productos (ID_Producto, SKU) VALUES ('X{0}', 'X-{0}')"
    sides.write(
        "erp",
        *(nameless.format(n) for n in range(80)),
        "INSERT INTO Clientes_Sube (ID_Empresa, Nombre_Empresa) VALUES ('NEW', 'Llantas Peña')",
    )
    run = airflow.ask("run", "erp_to_platform")
    assert run["state"] == "failed"
    assert states(run, *steps("products")) == {
        "products.receive": "success", "products.clear": "success",
        "products.validate": "failed", "products.apply": "upstream_failed",
    }  # fmt: skip
    assert run["tasks"]["products.validate"]["tries"] == 1
    assert set(states(run, *steps("companies")).values()) == {"success"}
    assert states(run, "settle_ledger", "report_failures") == {"settle_ledger": "success", "report_failures": "failed"}
    assert sides.scalar("platform", "SELECT COUNT(*) FROM tienda_empresa WHERE erp_id = 'NEW'") == 1
    assert sides.scalar("platform", "SELECT COUNT(*) FROM tienda_producto WHERE erp_id LIKE 'X%'") == 0
    leaked = [value for value in airflow.ask("xcoms", run["run_id"]) if "Peña" in value or "Llantas" in value]
    assert leaked == [], "XCom carries ids and counts"


def test_a_held_lease_is_tried_again_and_stops_only_its_entity(sides: Any, airflow: Any) -> None:
    sides.write("erp", "INSERT INTO Categorias_Productos (ID_Categoria, Nombre) VALUES ('F-NEW', 'Cámaras')")
    sides.write("erp", "INSERT INTO Clientes_Sube (ID_Empresa, Nombre_Empresa) VALUES ('NEW', 'Llantas Peña')")
    sides.write(
        "platform",
        "UPDATE puente_lease SET owner = 'somebody', expires_ms = 32503680000000 WHERE name = 'platform:categories'",
    )
    run = airflow.ask("run", "erp_to_platform")
    assert run["state"] == "failed"
    assert run["tasks"]["categories.receive"] == {"state": "failed", "tries": 2}
    assert set(states(run, *steps("companies")).values()) == {"success"}
    assert sides.scalar("erp", "SELECT COUNT(*) FROM Categorias_Productos") == 1, "what was not landed stays"

    sides.write("platform", "UPDATE puente_lease SET expires_ms = 0 WHERE name = 'platform:categories'")
    assert airflow.ask("run", "erp_to_platform")["state"] == "success"
    assert sides.scalar("platform", "SELECT COUNT(*) FROM tienda_categoria WHERE erp_id = 'F-NEW'") == 1


def test_a_queue_without_a_required_column_stops_only_its_entity_and_keeps_its_rows(sides: Any, airflow: Any) -> None:
    sides.write(
        "erp", "ALTER TABLE Productos DROP COLUMN SKU",
        "INSERT INTO Productos (ID_Producto, Nombre) VALUES ('NEW', 'Llanta')",
        "INSERT INTO Clientes_Sube (ID_Empresa, Nombre_Empresa) VALUES ('NEW', 'Llantas Peña')",
    )  # fmt: skip
    run = airflow.ask("run", "erp_to_platform")
    assert run["state"] == "failed"
    assert run["tasks"]["products.receive"] == {"state": "failed", "tries": 1}
    assert set(states(run, *steps("companies"), "settle_ledger").values()) == {"success"}
    assert sides.scalar("erp", "SELECT COUNT(*) FROM Productos") == 1


def test_where_the_peek_fails_nothing_runs(sides: Any, airflow: Any) -> None:
    sides.write("platform", "DROP TABLE puente_batch")
    run = airflow.ask("run", "erp_to_platform")
    assert run["state"] == "failed"
    assert run["tasks"].pop("find_work")["state"] == "failed"
    assert {task["state"] for task in run["tasks"].values()} == {"upstream_failed"}


def test_a_capture_that_is_refused_does_not_stop_the_next_and_announces_theirs(sides: Any, airflow: Any) -> None:
    sides.write(
        "erp", "DELETE FROM LISTA_PRECIO", "UPDATE EXISTENCIA SET CANTIDAD = 0",
        "UPDATE CLIENTE SET RAZON_SOCIAL = 'Nueva Razón' WHERE CVE_CTE = (SELECT MIN(CVE_CTE) FROM CLIENTE)",
    )  # fmt: skip
    run = airflow.ask("run", "capture_erp")
    assert run["state"] == "failed"
    assert run["tasks"]["capture_products"] == {"state": "failed", "tries": 1}
    assert states(run, "capture_companies", "announce_changes", "report_failures") == {
        "capture_companies": "success", "announce_changes": "success", "report_failures": "failed",
    }  # fmt: skip
    assert sides.scalar("erp", "SELECT COUNT(*) FROM Productos") == 0
    assert sides.scalar("erp", "SELECT COUNT(*) FROM Clientes_Sube") == 1
