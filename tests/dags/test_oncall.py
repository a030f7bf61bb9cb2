"""On-call by Airflow itself: a task that fails for good is one alert with its runbook, also without the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from kit.chat import Chat, open_chat
from kit.mailbox import Mailbox, open_mailbox

TOKEN = "s3cret-t0ken"


@pytest.fixture
def mailbox(airflow: Any) -> Iterator[Mailbox]:
    with open_mailbox() as opened:
        extra = "__extra__=%7B%22disable_ssl%22%3A%20true%2C%20%22disable_tls%22%3A%20true%7D"
        airflow.ask("define", "puente_smtp", f"smtp://127.0.0.1:{opened.port}/?{extra}")
        yield opened
        airflow.ask("undefine", "puente_smtp")


@pytest.fixture
def chat(airflow: Any, place: Any) -> Iterator[Chat]:
    with open_chat(TOKEN) as opened:
        secret = place.folder / "oncall"
        secret.write_text(f"{opened.url} guardia@example.mx\n")
        secret.chmod(0o600)
        airflow.ask("setting", "PUENTE_ONCALL", str(secret))
        yield opened
        airflow.ask("setting", "PUENTE_ONCALL", "")


def test_a_failed_task_is_told_once_and_nothing_shows_the_token(
    sides: Any, airflow: Any, chat: Chat, mailbox: Mailbox
) -> None:
    sides.write("erp", "ALTER TABLE Productos DROP COLUMN SKU")
    sides.write("erp", "INSERT INTO Productos (ID_Producto, Nombre) VALUES ('NEW', 'Llanta Peña')")
    assert [airflow.ask("run", "erp_to_platform")["state"] for _ in range(2)] == ["failed"] * 2
    assert chat.titles == ["Puente (main): Falló una tarea: erp_to_platform.products.receive: ContractBroken"]
    text = chat.taken[0]["message"]
    assert (
        "ContractBroken" in text
        and "Qué hacer: http://127.0.0.1:8080/puente/runbooks/dag_failed.md" in text
        and "Peña" not in text
    )
    assert re.search(r"Dónde: http\S+/dags/erp_to_platform/runs/\S+/tasks/products.receive", text)
    assert [mail["To"] for mail in mailbox.taken] == ["guardia@example.mx"]
    assert sides.scalar("platform", "SELECT times FROM puente_alert") == 2
    assert TOKEN not in airflow.log.read_text(errors="replace")


def test_a_closed_gate_is_one_alert_of_the_task_and_of_the_monitor(
    sides: Any, airflow: Any, chat: Chat, mailbox: Mailbox
) -> None:
    nameless = "INSERT INTO Productos (ID_Producto, SKU) VALUES ('X{0}', 'X-{0}')"
    sides.write("erp", *(nameless.format(n) for n in range(80)))
    assert airflow.ask("run", "erp_to_platform")["state"] == "failed"
    conflict = "INSERT INTO puente_conflict (link_id, entity, record_key, winner, loser) VALUES ('main', 'companies', "
    sides.write("platform", f"{conflict} '7', 'erp', '{{}}')")
    assert airflow.ask("run", "monitor")["state"] == "success"
    expected = [
        "Puente (main): Un lote está detenido en la puerta: platform: products",
        "Puente (main): Los dos lados cambiaron un registro: platform",
    ]
    assert chat.titles == expected == [mail["Subject"] for mail in mailbox.taken if mail["To"] == "guardia@example.mx"]


def test_without_the_platform_there_is_one_alert_for_all(
    sides: Any, airflow: Any, chat: Chat, mailbox: Mailbox, place: Any
) -> None:
    kept = place.file("platform").read_bytes()
    place.file("platform").unlink()
    place.file("platform").mkdir()
    try:
        for dag in ("monitor", "erp_to_platform"):
            assert airflow.ask("run", dag)["state"] == "failed"
    finally:
        place.file("platform").rmdir()
        place.file("platform").write_bytes(kept)
    assert chat.titles == ["Puente (main): No responde la base de datos: platform"]
    assert [mail["To"] for mail in mailbox.taken] == ["guardia@example.mx"]


def test_a_wrong_setting_stops_no_dag_and_is_told_to_the_others(
    sides: Any, airflow: Any, chat: Chat, mailbox: Mailbox, place: Any
) -> None:
    (place.folder / "oncall").write_text(f"{chat.url} guardia@example.mx; jefe\n")
    (place.folder / "oncall").chmod(0o644)
    assert airflow.ask("run", "capture_erp")["state"] == "success"
    tasks = airflow.ask("run", "monitor")["tasks"]
    assert tasks["tell_alerts"] == {"state": "failed", "tries": 1}
    assert {name for name, task in tasks.items() if task["state"] == "failed"} == {"tell_alerts", "report_failures"}
    assert len(chat.titles) == len(mailbox.taken) == 1 and chat.titles[0].endswith(": monitor.tell_alerts: OncallWrong")


def test_a_check_that_fails_hides_no_other(sides: Any, airflow: Any, chat: Chat, mailbox: Mailbox) -> None:
    closed = (
        "INSERT INTO puente_batch (link_id, reader, entity, status) VALUES ('main', 'platform', 'products', 'closed')"
    )
    sides.write("platform", "DROP TABLE puente_conflict", closed)
    assert airflow.ask("run", "monitor")["tasks"]["tell_alerts"]["state"] == "failed"
    assert chat.titles == [
        "Puente (main): Un lote está detenido en la puerta: platform: products",
        "Puente (main): Falló una tarea: monitor.tell_alerts: OperationalError",
    ]
    sides.write("platform", "UPDATE puente_batch SET status = 'settled'")
    airflow.ask("run", "monitor")
    assert sides.scalar("platform", "SELECT ended_at FROM puente_alert WHERE kind = 'gate_closed'")
