"""Whether an order may be written into the ERP: whole, adding up, its customer and products known (I7). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from puente.orders import totals
from puente.orders.gathering import WAITS, Order, Row
from puente.orders.rules import OrderRules


@dataclass(frozen=True)
class Fault:
    """Why an order does not go on. `waits_for` names what may still come; without it the order is quarantined."""

    rule_id: str
    message: str
    waits_for: str | None = None
    waits_key: str | None = None


@dataclass(frozen=True)
class Known:
    """What the ERP has, of what the orders name. An entity that Puente does not capture there is not in `records`."""

    records: Mapping[str, set[str]]
    line_owners: Mapping[str, str]  # line id → the order that has it
    conflicts: set[str]  # line ids with an open conflict

    def lacks(self, entity: str, key: str | None) -> bool:
        return key is not None and entity in self.records and key not in self.records[entity]


@dataclass
class Verdict:
    """What becomes of an order's rows: `header` and `lines` are what is written, the others beside them are told off.

    `conflicts` holds each row that says otherwise than what is kept, with the latter. `faults` empty: whole.
    """

    header: Row | None = None
    lines: list[Row] = field(default_factory=list)
    superseded: list[Row] = field(default_factory=list)
    duplicates: list[Row] = field(default_factory=list)
    conflicts: list[tuple[Row, Mapping[str, str | None] | None, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def judge(order: Order, known: Known, rules: OrderRules) -> Verdict:
    """The verdict on an order that the ERP does not have."""
    verdict = Verdict()
    *verdict.superseded, verdict.header = order.headers or [None]  # type: ignore[list-item]
    first: dict[str, Row] = {}
    for row in order.lines:
        kept = first.setdefault(row.key, row)
        owner = known.line_owners.get(row.key, order.order_id)
        if owner != order.order_id:
            why = f"La línea {row.key} es del pedido {owner}, y ahora viene con el pedido {order.order_id}."
            verdict.conflicts.append((row, None, why))
            first.pop(row.key)
        elif kept is row:
            verdict.lines.append(row)
        elif kept.content == row.content:
            verdict.duplicates.append(row)
        else:
            why = f"La línea {row.key} del pedido {order.order_id} llegó otra vez con otro contenido."
            verdict.conflicts.append((row, kept.fields, why))
    verdict.faults = _contested(verdict, known) or _torn(verdict, order.order_id)
    if not verdict.faults and verdict.header is not None:
        verdict.faults = [*_sums(verdict, rules), *_strangers(verdict, known)]
    return verdict


def compare(order: Order) -> Verdict:
    """The verdict on rows of an order that the ERP has: the same again, or an edit that came too late (P16, P17)."""
    verdict, written = Verdict(), order.written or {}
    lines = {line.get("ID_Pedido_Detalles"): line for line in written.get("lines", ())}
    for row in order.headers:
        _compare(verdict, row, written.get("header"), f"La cabecera del pedido {order.order_id}")
    for row in order.lines:
        _compare(verdict, row, lines.get(row.key), f"La línea {row.key} del pedido {order.order_id}")
    return verdict


def _compare(verdict: Verdict, row: Row, kept: Mapping[str, str | None] | None, what: str) -> None:
    if kept == row.fields:
        verdict.duplicates.append(row)
        return
    why = "llegó con otro contenido" if kept else "no estaba en él"
    verdict.conflicts.append((row, kept, f"{what} {why}, cuando el ERP ya tenía el pedido."))


def _contested(verdict: Verdict, known: Known) -> list[Fault]:
    messages = [why for _, _, why in verdict.conflicts]
    messages += [
        f"La línea {row.key} tiene un conflicto sin resolver."
        for row in verdict.lines
        if row.key in known.conflicts and not any(loser.key == row.key for loser, _, _ in verdict.conflicts)
    ]
    return [Fault("order.lines.unchanged", message) for message in messages]


def _torn(verdict: Verdict, order_id: str) -> list[Fault]:
    if verdict.header is None:
        return [Fault("order.whole", f"Falta la cabecera del pedido {order_id}.", WAITS, order_id)]
    stated, there = verdict.header.fields.get("Lineas"), len(verdict.lines)
    if stated is not None and int(stated) != there:
        return [Fault("order.whole", f"El pedido {order_id} tiene {there} de {stated} líneas.", WAITS, order_id)]
    if not there:
        return [Fault("order.whole", f"El pedido {order_id} no tiene líneas.", WAITS, order_id)]
    return []


def _sums(verdict: Verdict, rules: OrderRules) -> list[Fault]:
    assert verdict.header is not None
    header = verdict.header
    wrong = totals.faults(header.fields, [row.fields for row in verdict.lines], rules)
    # Where the number of lines is not stated, wrong totals may mean that lines are still to come.
    waits = (WAITS, header.key) if header.fields.get("Lineas") is None else (None, None)
    return [Fault("order.totals", f"El pedido {header.key} no cuadra: {what}.", *waits) for what in wrong]


def _strangers(verdict: Verdict, known: Known) -> list[Fault]:
    assert verdict.header is not None
    fields, faults = verdict.header.fields, []
    if not fields.get("ID_Empresa"):
        faults.append(Fault("order.customer", f"El pedido {verdict.header.key} no dice de qué empresa es."))
    for entity, column in (("companies", "ID_Empresa"), ("contacts", "ID_Contacto")):
        if known.lacks(entity, fields.get(column) or None):
            faults.append(
                Fault("order.customer", f"El ERP no tiene {column} {fields[column]}.", entity, fields[column])
            )
    missing = {row.fields["ID_Producto"] for row in verdict.lines if known.lacks("products", row.fields["ID_Producto"])}
    for key in sorted(key for key in missing if key):
        faults.append(Fault("order.products", f"El ERP no tiene ID_Producto {key}.", "products", key))
    return faults
