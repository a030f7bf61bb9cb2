"""What the buyer is told: the alert by mail, and the form in Airflow. Spanish and English."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from puente.orders.notices import Notice
from puente.quality.pages import environment

_TEMPLATES = Path(__file__).parent / "templates"

TEXTS: dict[str, dict[str, str]] = {
    "es": {
        "subject": "Existencia baja: {count} productos por pedir, solicitud {request}",
        "intro": "Estos productos llegaron a su punto de reorden; el más urgente va primero.",
        "decide": "Aprobar, cambiar cantidades o rechazar:", "no_link": "Se decide en Airflow, en acciones requeridas.",
        "product": "Producto", "stock": "Existencia", "reserved": "Apartado", "on_order": "En camino",
        "per_day": "Venta diaria", "cover": "Alcanza", "lead": "Entrega", "point": "Punto de reorden",
        "quantity": "Pedir", "supplier": "Proveedor", "days": "días", "automatic": "Este aviso es automático.",
        "form": "Compra {request}: {count} productos",
        "how": "Deje, cambie o ponga en 0 cada cantidad y elija Approve; Reject no pide nada. Sin respuesta "
               "hasta el {until} no se pide nada.",
    },
    "en": {
        "subject": "Low stock: {count} products to order, request {request}",
        "intro": "These products have reached their reorder point; the most urgent comes first.",
        "decide": "Approve, change quantities or reject:", "no_link": "Decide in Airflow, under required actions.",
        "product": "Product", "stock": "Stock", "reserved": "Reserved", "on_order": "On order",
        "per_day": "Sold per day", "cover": "Lasts", "lead": "Lead time", "point": "Reorder point",
        "quantity": "Order", "supplier": "Supplier", "days": "days", "automatic": "This notice is automatic.",
        "form": "Purchase {request}: {count} products",
        "how": "Keep or change each quantity, or set it to 0, and choose Approve; Reject orders nothing. Without an "
               "answer by {until} nothing is ordered.",
    },
}  # fmt: skip


def write_alert(language: str, request: str, rows: Sequence[Mapping[str, Any]], address: str) -> Notice:
    """The mail about one request, with the evidence for every product."""
    texts = TEXTS[language]
    lines = [{**row, "e": json.loads(row["evidence"])} for row in rows]
    facts = {"t": texts, "rows": lines, "request": request, "address": address, "language": language, "n": plain_number}
    plain, html = (environment(_TEMPLATES).get_template(f"low_stock.{kind}").render(facts) for kind in ("txt", "html"))
    return Notice(texts["subject"].format(count=len(rows), request=request), plain, html)


def form_subject(language: str, request: str, count: int) -> str:
    return TEXTS[language]["form"].format(request=request, count=count)


def form_body(language: str, rows: Sequence[Mapping[str, Any]], until: dt.datetime) -> str:
    """Markdown: what to do, until when by the clock of `until`'s zone, and a table of the evidence."""
    t = TEXTS[language]
    head = [
        t[name]
        for name in ("product", "stock", "reserved", "on_order", "per_day", "cover", "lead", "point", "quantity")
    ]
    how = t["how"].format(until=f"{until:%Y-%m-%d %H:%M}")
    lines = [how, "", f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    for row in rows:
        e = json.loads(row["evidence"])
        name = f"{row['sku'] or row['product_id']} {row['name'] or ''}".replace("|", "/").replace("\n", " ")
        cells = (
            name, *(plain_number(e[n]) for n in ("stock", "reserved", "on_order", "per_day")),
            f"{e['cover_days']} {t['days']}", f"{e['lead_days']:g} {t['days']}", plain_number(e["reorder_point"]),
            plain_number(row["proposed"]),
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def plain_number(value: Any) -> str:
    """Without trailing zeros, at most two decimals."""
    text = f"{Decimal(str(value)):,.2f}"
    return text.rstrip("0").rstrip(".")
