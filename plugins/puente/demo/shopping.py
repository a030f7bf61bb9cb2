"""The demo's third day, written into the databases: the shop's customers, another program, the ERP's staff."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from puente import contract
from puente.db.connect import Database
from puente.demo.erp import Row, money
from puente.demo.load import insert_sql
from puente.demo.orders import DELIVERY, TORN_LINES, TORN_ORDER, Company, Order, ShopDay

QueueRows = dict[str, list[dict[str, Any]]]  # by queue
Decisions = dict[str, tuple[str, str | None]]  # story → ESTATUS and MOTIVO

# What the staff decide in the morning, of orders that came the day before, and in the afternoon.
MORNING: Decisions = {
    "sent twice": ("ACEPTADO", None),
    "shipped": ("ACEPTADO", None),
    "rejected": ("RECHAZADO", "Línea de crédito agotada"),
    "invoiced early": ("FACTURADO", None),
    "last pieces": ("ACEPTADO", None),
}
AFTERNOON: Decisions = {
    "sent twice": ("PROCESADO", None),
    "shipped": ("ENVIADO", None),
    "invoiced early": ("ACEPTADO", None),
    "new customer": ("ACEPTADO", None),
    "cancelled later": ("CANCELADO", None),
}
SHIPPED = "ENVIADO"  # what leaves the warehouses: the staff book it out


def fill_shop(shop: Database, day: ShopDay) -> None:
    """New companies and contacts, a changed telephone, and the orders, all in one transaction."""
    with shop.begin() as conn:
        for company in (*day.newcomers, day.in_both):
            _insert(
                conn,
                "tienda_empresa",
                {"nombre": company.name, "rfc": company.rfc, **_reach(company.fields)} | {"correo": company.email},
            )
        conn.execute(
            text("UPDATE tienda_empresa SET telefono = :phone WHERE erp_id = :key"),
            {"phone": day.new_phone, "key": day.edited.erp_id},
        )
        for contact in day.contacts:
            _insert(
                conn, "tienda_contacto",
                {"empresa_id": _number_of(conn, contact.company), "nombres": contact.first_name,
                 "apellidos": contact.last_name, "puesto": contact.job, "correo": contact.email},
            )  # fmt: skip
        for order in day.orders:
            _place(conn, order)


def ask_to_cancel(shop: Database, order: Order) -> None:
    """A buyer changes his mind when the order is already in the ERP."""
    with shop.begin() as conn:
        conn.execute(text("UPDATE tienda_pedido SET estado = 'CANCELADO' WHERE id = :id"), {"id": order.number})


def type_in(erp: Database, day: ShopDay) -> None:
    """The ERP's staff type in a customer who registers in the shop at the same time."""
    with erp.begin() as conn:
        _insert(conn, "CLIENTE", day.typed_in)


def decide(erp: Database, day: ShopDay, decisions: Decisions) -> None:
    """What the staff decide of orders; what is shipped leaves the warehouses."""
    with erp.begin() as conn:
        for story, (state, reason) in decisions.items():
            order = day.order(story)
            conn.execute(
                text("UPDATE PEDIDO SET ESTATUS = :state, MOTIVO = :reason WHERE ID_PEDIDO_CABECERA = :id"),
                {"state": state, "reason": reason, "id": str(order.number)},
            )
            for article, pieces in order.lines if state == SHIPPED else ():
                _book_out(conn, article.key, pieces)


# ---------------------------------------------------------------- another program
def queued(erp: Database, order: Order) -> QueueRows:
    """The rows of an order as they stand in the queues, without what Puente adds to them."""
    found: QueueRows = {}
    with erp.read() as conn:
        for entity in ("order_headers", "order_lines"):
            queue = contract.queue_for(entity, "erp")
            columns = ", ".join(column.name for column in queue.columns)
            rows = conn.execute(
                text(f"SELECT {columns} FROM {queue.name} WHERE ID_Pedido_Cabecera = :id"), {"id": str(order.number)}
            )
            found[queue.name] = [dict(row) for row in rows.mappings()]
    return found


def torn(rows: QueueRows) -> QueueRows:
    """A header like theirs, of another order, whose lines were never written."""
    queue = contract.queue_for("order_headers", "erp").name
    return {queue: [{**row, "ID_Pedido_Cabecera": TORN_ORDER, "Lineas": TORN_LINES} for row in rows[queue]]}


def write_queues(erp: Database, rows: QueueRows) -> None:
    """Insert the rows into the queues, as a program does that knows nothing of Puente."""
    with erp.begin() as conn:
        for queue, of_queue in rows.items():
            for row in of_queue:
                _insert(conn, queue, row)


# ---------------------------------------------------------------- rows
def _place(conn: Connection, order: Order) -> None:
    company, contact = order.company, order.contact
    fields = _reach(company.fields) if company else {"calle": "Calle Peña Pobre 12", "ciudad": "Mérida"}
    of_both = {name: fields.get(name) for name in ("calle", "ciudad", "estado", "pais", "cp", "telefono")}
    amounts = {
        "subtotal": order.goods, "descuento": order.discount, "subtotal_con_descuento": order.goods - order.discount,
        "costo_envio": DELIVERY, "subtotal_con_envio": order.before_tax, "impuestos": order.tax, "total": order.total,
    }  # fmt: skip
    _insert(
        conn, "tienda_pedido",
        {
            "empresa_id": company and _number_of(conn, company),
            "contacto_id": contact and _key_of(conn, "tienda_contacto", "erp_id", contact.erp_id),
            "estado": "CANCELADO" if order.cancelled else "VALIDANDO EXISTENCIAS",
            **{f"fact_{name}": value for name, value in of_both.items()}, "fact_correo": order.email,
            **{f"envio_{name}": value for name, value in of_both.items()}, "envio_correo": order.email,
            **{name: money(value) for name, value in amounts.items()},
            "medio_pago": "Transferencia", "id_pago": f"SPEI-{order.number:06d}", "lineas": len(order.lines),
        },
    )  # fmt: skip
    for article, pieces in order.lines:
        _insert(
            conn, "tienda_pedido_linea",
            {"pedido_id": order.number, "producto_id": _key_of(conn, "tienda_producto", "erp_id", article.key),
             "cantidad": str(pieces), "precio": money(article.price), "importe": money(article.price * pieces)},
        )  # fmt: skip


def _reach(fields: Row) -> Row:
    """Address and telephones under the shop's names."""
    street = f"{fields['CALLE_NUM']}, Col. {fields['COLONIA']}" if fields["COLONIA"] else fields["CALLE_NUM"]
    return {
        "calle": street, "ciudad": fields["MUNICIPIO"], "estado": fields["ENTIDAD"], "pais": fields["PAIS"],
        "cp": fields["CP"], "telefono": fields["TEL_OFICINA"], "celular": fields["CELULAR"],
    }  # fmt: skip


def _number_of(conn: Connection, company: Company) -> int:
    if company.erp_id is not None:
        return _key_of(conn, "tienda_empresa", "erp_id", company.erp_id)
    return _key_of(conn, "tienda_empresa", "rfc", company.rfc)


def _key_of(conn: Connection, table: str, column: str, value: str | None) -> int:
    return int(conn.execute(text(f"SELECT id FROM {table} WHERE {column} = :value"), {"value": value}).scalar_one())


def _insert(conn: Connection, table: str, row: dict[str, Any] | Row) -> None:
    conn.execute(text(insert_sql(table, dict(row))), dict(row))


def _book_out(conn: Connection, article: str, pieces: int) -> None:
    held = conn.execute(
        text("SELECT CVE_ALM, CANTIDAD FROM EXISTENCIA WHERE CVE_ART = :key ORDER BY CVE_ALM"), {"key": article}
    ).all()
    for warehouse, there in held:
        taken = min(pieces, int(there))
        pieces -= taken
        conn.execute(
            text("UPDATE EXISTENCIA SET CANTIDAD = CANTIDAD - :taken WHERE CVE_ART = :key AND CVE_ALM = :warehouse"),
            {"taken": taken, "key": article, "warehouse": warehouse},
        )
