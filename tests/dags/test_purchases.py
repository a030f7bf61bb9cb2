"""Low stock by Airflow itself: proposed, the buyer's form started once, answered, ordered."""

from __future__ import annotations

import json
from typing import Any

from kit.mailbox import open_mailbox

ORDER = """INSERT INTO puente_order (link_id, order_id, state, payload, at) VALUES ('main', 'P-9', 'ACEPTADO', '{}',
 strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 day'))"""


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
