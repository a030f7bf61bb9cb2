"""`trace`: the whole way of one order, product or customer. In Spanish; in English with PUENTE_LANGUAGE=en."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from puente.cli import common
from puente.cli.common import LinkOption, trace_app
from puente.cli.output import show_table
from puente.settings import load_settings

if TYPE_CHECKING:
    from puente.sync.trace import Trace

_HEAD = {"es": ("hora (UTC)", "lado", "paso", "qué", "estado"), "en": ("time (UTC)", "side", "step", "what", "state")}
_SPANISH = {
    "erp": "ERP", "platform": "plataforma",
    "order": "pedido", "said": "se dijo", "reserved": "reserva", "outbox": "salida", "delivered": "entrega",
    "queue": "cola", "inbox": "entrada", "record": "registro", "binding": "par de ids", "conflict": "conflicto",
    "gate": "validación", "settled": "asiento",
    "mail": "correo", "product": "producto", "company": "empresa", "contact": "contacto",
    "waits": "espera ahí", "bound": "conocido", "active": "activo", "inactive": "de baja", "open": "abierto",
    "resolved": "resuelto", "released": "liberada", "confirmed_at": "confirmado",
    "waiting": "por enviar", "sending": "enviándose", "sent": "enviado", "refused": "rechazado",
    "doubtful": "dudoso", "pending": "pendiente", "applied": "aplicado", "unchanged": "sin cambio",
    "superseded": "sustituido", "late": "tardío", "duplicate": "duplicado", "held": "retenido",
    "quarantined": "en cuarentena", "discarded": "descartado",
    "passed": "aprobado", "passed_with_quarantine": "con apartados", "closed": "cerrado",
}  # fmt: skip
_IN_STEP = {("delivered", "delivered"): "en la cola", ("outbox", "delivered"): "entregado",
            ("reserved", "reserved"): "apartada", ("outbox", "conflict"): "en conflicto",
            ("inbox", "conflict"): "en conflicto"}  # fmt: skip
_ENGLISH = {
    "passed_with_quarantine": "passed, some set aside",
    "said": "was said",
    "binding": "pair of ids",
    "confirmed_at": "confirmed",
    "waits": "lies there",
}
_VERDICTS = {
    "applied": "aplicado", "late": "tardío", "unchanged": "sin cambio", "refused": "rechazado",
    "request": "solicitado", "invoiced": "facturado",
}  # fmt: skip
KeyArgument = Annotated[str, typer.Argument(help="The ERP's id or the platform's.")]


@trace_app.command("order")
def order(
    number: Annotated[str, typer.Argument(metavar="ID", help="The order's number in the shop.")],
    link: LinkOption = "main",
) -> None:
    """From the shop's insert to the last mail."""
    from puente.sync.trace import trace_order

    with common.open_link(link) as bridge:
        _show(trace_order(bridge, number))


@trace_app.command("product")
def product(
    key: Annotated[str, typer.Argument(metavar="SKU", help="The SKU, the ERP's id or the platform's.")],
    link: LinkOption = "main",
) -> None:
    """A product, from the ERP's queue to the shop, and the orders that hold units of it."""
    from puente.sync.trace import trace_product

    with common.open_link(link) as bridge:
        _show(trace_product(bridge, key))


@trace_app.command("company")
def company(key: KeyArgument, link: LinkOption = "main") -> None:
    """A company on both sides and between them."""
    _customer("company", key, link)


@trace_app.command("contact")
def contact(key: KeyArgument, link: LinkOption = "main") -> None:
    """A contact on both sides and between them."""
    _customer("contact", key, link)


def _customer(subject: str, key: str, link: str) -> None:
    from puente.sync.trace import trace_customer

    with common.open_link(link) as bridge:
        _show(trace_customer(bridge, subject, key))


def _show(found: Trace) -> None:
    language = load_settings().language
    title = f"{_word(found.subject, language)} {found.keys[0]}"
    if found.subject == "order":
        title += f": {found.state or ('sin estado' if language == 'es' else 'no state')}"
    typer.echo(title[0].upper() + title[1:])
    if found.waits:
        typer.echo(f"{'Espera' if language == 'es' else 'Waits'}: {found.waits}")
    show_table(
        _HEAD[language],
        [
            (
                hop.at[:19].replace("T", " "),
                _word(hop.side, language),
                _word(hop.kind, language),
                hop.name,
                "; ".join((state_in(hop.kind, hop.state, language), *hop.reasons)),
            )
            for hop in found.hops
        ],
    )


def _word(name: str, language: str) -> str:
    return (_SPANISH if language == "es" else _ENGLISH).get(name, name)


def state_in(kind: str, state: str, language: str) -> str:
    """A hop's state in the language of people."""
    if language == "en":
        return _ENGLISH.get(state, state)
    if kind == "said":
        said, _, verdict = state.rpartition(" (")
        return f"{said} ({_VERDICTS.get(verdict.rstrip(')'), verdict.rstrip(')'))})"
    return _IN_STEP.get((kind, state)) or _SPANISH.get(state, state)
