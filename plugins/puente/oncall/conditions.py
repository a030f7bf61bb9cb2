"""What a link's databases and documents say that on-call has to hear of, and what the night owes. No row's values."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterator

from sqlalchemy import func, literal, select, union_all

from puente import contract
from puente.contract import SIDES, Side
from puente.db import schema
from puente.nightly import traffic
from puente.nightly.figures import NIGHTS, read_document
from puente.nightly.manifest import moment_of
from puente.nightly.shelf import complete, local_shelf
from puente.oncall.alerts import Alert
from puente.orders.emission import late_orders
from puente.orders.torn import torn_orders
from puente.sync.route import Bridge

INVENTORY_AT = dt.time(18)  # as in dags/full_inventory.py, in the link's time zone
LOOKED_AT = (
    "gate_closed", "quarantine_full", "stuck_order", "conflict", "mail_doubtful", "missing_traffic", "connection_down",
    "backup_late", "inventory_late", "drill_late",
)  # fmt: skip
_TEXTS = {
    "es": {
        "down": "No responde: {error}.", "closed": "Lotes detenidos: {n}.", "quarantine": "Filas apartadas: {names}.",
        "orders": "Pedidos que no avanzan: {n}; el primero es {first}, desde {since} (UTC).",
        "conflict": "Registros que cambiaron en los dos lados: {n}.", "mails": "Correos rechazados o en duda: {n}.",
        "silence": "Desde {since} (UTC) no ha llegado nada.", "never": "nunca",
        "backup": "El último respaldo completo es de {last}; se permiten {limit} horas.",
        "inventory": "Debía terminar a más tardar {limit} horas después de las 18:00; el último terminó: {last}.",
        "drill": "El último simulacro terminó: {last}; se permiten {limit} días.",
    },
    "en": {
        "down": "It does not answer: {error}.", "closed": "Batches stopped: {n}.",
        "quarantine": "Rows set aside: {names}.",
        "orders": "Orders that do not go on: {n}; the first is {first}, since {since} (UTC).",
        "conflict": "Records that changed on both sides: {n}.", "mails": "Mails refused or in doubt: {n}.",
        "silence": "Nothing has arrived since {since} (UTC).", "never": "never",
        "backup": "The newest complete backup is of {last}; {limit} hours are allowed.",
        "inventory": "It was due at most {limit} hours after 18:00; the last one finished: {last}.",
        "drill": "The last drill finished: {last}; {limit} days are allowed.",
    },
}  # fmt: skip


def down(bridge: Bridge) -> list[Alert]:
    """One alert for each side whose database does not answer."""
    text = _TEXTS[bridge.settings.language]["down"]
    found = [(side, traffic.ask(bridge.database(side))[0]) for side in SIDES]
    return [Alert("connection_down", side, text.format(error=error)) for side, error in found if error]


def lasting(bridge: Bridge, sides: list[Side], now: dt.datetime) -> list[Alert]:
    """Everything that stands at `now` (aware) on the sides that answer, the platform among them, and what is late."""
    found = [alert for side in sides for alert in _of_side(bridge, side)]
    if "platform" in sides:
        found += [*_of_platform(bridge), *late(bridge, now)]
    return found


# ---------------------------------------------------------------- what stands
def _of_side(bridge: Bridge, side: Side) -> Iterator[Alert]:
    texts, link_id = _TEXTS[bridge.settings.language], bridge.link.link_id
    batch, conflict, entities = schema.batch, schema.conflict, contract.READ_SEQUENCE[side]
    rows = []
    for entity in entities:
        inbox = bridge.route(side, entity).inbox
        here = (inbox.c.link_id == link_id, inbox.c.state == "quarantined")
        rows.append(select(literal(entity).label("entity"), func.count().label("rows")).where(*here))
    mine = (batch.c.link_id == link_id, batch.c.reader == side, batch.c.status == "closed")
    with bridge.database(side).read() as conn:
        closed = conn.execute(select(batch.c.entity, func.count()).where(*mine).group_by(batch.c.entity)).all()
        open_ones = select(func.count()).where(conflict.c.link_id == link_id, conflict.c.resolved_at.is_(None))
        conflicts = conn.execute(open_ones).scalar_one()
        aside = {row.entity: row.rows for row in conn.execute(union_all(*rows)) if row.rows}
    for entity, count in closed:
        yield Alert("gate_closed", f"{side}: {entity}", texts["closed"].format(n=count))
    if conflicts:
        yield Alert("conflict", side, texts["conflict"].format(n=conflicts))
    if sum(aside.values()) >= bridge.settings.quarantine_full:
        names = ", ".join(f"{entity} {count}" for entity, count in aside.items())
        yield Alert("quarantine_full", side, texts["quarantine"].format(names=names))
    stuck = late_orders(bridge) if side == "platform" else torn_orders(bridge)
    if stuck:
        facts = {"n": len(stuck), "first": stuck[0].order_id, "since": stuck[0].since}
        yield Alert("stuck_order", side, texts["orders"].format(**facts))


def _of_platform(bridge: Bridge) -> Iterator[Alert]:
    texts, link_id = _TEXTS[bridge.settings.language], bridge.link.link_id
    silence, mail = schema.silence, schema.mail
    with bridge.platform.read() as conn:
        mine = (silence.c.link_id == link_id, silence.c.ended_at.is_(None))
        silent = conn.execute(select(silence.c.entity, func.min(silence.c.since)).where(*mine)
                              .group_by(silence.c.entity)).all()  # fmt: skip
        bad = (mail.c.link_id == link_id, mail.c.status.in_(("refused", "doubtful")))
        mails = conn.execute(select(func.count()).where(*bad)).scalar_one()
    for entity, since in silent:
        yield Alert("missing_traffic", entity, texts["silence"].format(since=since))
    if mails:
        yield Alert("mail_doubtful", "", texts["mails"].format(n=mails))


# ---------------------------------------------------------------- what is late
def late(bridge: Bridge, now: dt.datetime) -> Iterator[Alert]:
    """What the nights owe at `now` (aware): a young link owes nothing before its first hour has come."""
    settings, texts, link_id = bridge.settings, _TEXTS[bridge.settings.language], bridge.link.link_id
    started = traffic.first_probe(bridge)
    if started is None:
        return
    since = dt.datetime.fromisoformat(started)
    last = {kind: _newest(bridge, kind) for kind in ("inventory", "drill")}
    # Without keys the Dag `backup` fails, and says so itself.
    kept = complete(local_shelf(settings), link_id)[-1:] if settings.keys is not None else None
    last["backup"] = moment_of(kept[0]) if kept else None
    due = {
        "inventory": hour_before(now - dt.timedelta(hours=settings.inventory_hours), bridge.link.timezone),
        "backup": now - dt.timedelta(hours=settings.backup_hours),
        "drill": now - dt.timedelta(days=settings.drill_days),
    }
    limits = {"inventory": settings.inventory_hours, "backup": settings.backup_hours, "drill": settings.drill_days}
    for kind, before in due.items():
        if (kind != "backup" or kept is not None) and (last[kind] or since) < before:
            told = f"{last[kind]:%Y-%m-%d %H:%M} (UTC)" if last[kind] else texts["never"]
            yield Alert(f"{kind}_late", "", texts[kind].format(last=told, limit=limits[kind]))


def _newest(bridge: Bridge, kind: str) -> dt.datetime | None:
    """When the newest document of a night's work was finished; one that cannot be read is none."""
    folder = bridge.settings.reports_dir / bridge.link.link_id
    for path in sorted(folder.glob(NIGHTS[kind]), key=lambda path: path.stat().st_mtime, reverse=True):
        if document := read_document(path):
            return dt.datetime.fromisoformat(document["finished_at"])
    return None


def hour_before(moment: dt.datetime, timezone: str) -> dt.datetime:
    """The last time that it was the inventory's hour, at or before a moment."""
    zone = zoneinfo.ZoneInfo(timezone)
    local = moment.astimezone(zone)
    day = local.date() if local.time() >= INVENTORY_AT else local.date() - dt.timedelta(days=1)
    return dt.datetime.combine(day, INVENTORY_AT, zone)
