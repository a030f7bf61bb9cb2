"""What a link's databases and documents say that on-call has to hear of, and what the night owes. No row's values."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial

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
        "orders": "Pedidos que no avanzan: {n}; el primero, desde {since} (UTC).",
        "conflict": "Registros que cambiaron en los dos lados: {n}.", "mails": "Correos rechazados o en duda: {n}.",
        "silence": "Desde {since} (UTC) no ha llegado nada.", "never": "nunca",
        "backup": "El último respaldo completo es de {last}; se permiten {limit} horas.",
        "inventory": "Debía terminar a más tardar {limit} horas después de las 18:00; el último terminó: {last}.",
        "drill": "El último simulacro terminó: {last}; se permiten {limit} días.",
    },
    "en": {
        "down": "It does not answer: {error}.", "closed": "Batches stopped: {n}.",
        "quarantine": "Rows set aside: {names}.",
        "orders": "Orders that do not go on: {n}; the first, since {since} (UTC).",
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


@dataclass
class Looked:
    """What was found, and the kinds that could not all be looked at, each with the first error."""

    found: list[Alert] = field(default_factory=list)
    unseen: dict[str, Exception] = field(default_factory=dict)


def lasting(bridge: Bridge, sides: list[Side], now: dt.datetime) -> Looked:
    """Everything that stands at `now` (aware) on the sides that answer, the platform among them, and what is late."""
    checks = [check for side in sides for check in _of_side(bridge, side)]
    if "platform" in sides:
        checks += [*_of_platform(bridge), *_nights(bridge, now)]
    return _look(checks)


def late(bridge: Bridge, now: dt.datetime) -> Looked:
    """What the nights owe at `now` (aware): a young link owes nothing before its first hour has come."""
    return _look(_nights(bridge, now))


_Check = tuple[str, Callable[[], Iterable[Alert]]]  # the kind, and what looks for it


def _look(checks: Iterable[_Check]) -> Looked:
    looked = Looked()
    for kind, check in checks:
        try:
            looked.found += check()
        except Exception as error:  # whatever it is, it must not hide what the others find
            looked.unseen.setdefault(kind, error)
    return looked


# ---------------------------------------------------------------- what stands
def _of_side(bridge: Bridge, side: Side) -> Iterator[_Check]:
    yield "gate_closed", partial(_gates, bridge, side)
    yield "conflict", partial(_conflicts, bridge, side)
    yield "quarantine_full", partial(_quarantine, bridge, side)
    yield "stuck_order", partial(_orders, bridge, side)


def _gates(bridge: Bridge, side: Side) -> Iterator[Alert]:
    batch, text = schema.batch, _TEXTS[bridge.settings.language]["closed"]
    mine = (batch.c.link_id == bridge.link.link_id, batch.c.reader == side, batch.c.status == "closed")
    stopped = select(batch.c.entity, func.count(), func.max(batch.c.opened_at)).where(*mine).group_by(batch.c.entity)
    with bridge.database(side).read() as conn:
        for entity, count, opened_at in conn.execute(stopped).all():
            yield Alert("gate_closed", f"{side}: {entity}", text.format(n=count), born=opened_at or "")


def _conflicts(bridge: Bridge, side: Side) -> Iterator[Alert]:
    conflict, text = schema.conflict, _TEXTS[bridge.settings.language]["conflict"]
    mine = (conflict.c.link_id == bridge.link.link_id, conflict.c.resolved_at.is_(None))
    with bridge.database(side).read() as conn:
        count, newest = conn.execute(select(func.count(), func.max(conflict.c.at)).where(*mine)).one()
    if count:
        yield Alert("conflict", side, text.format(n=count), born=newest or "")


def _quarantine(bridge: Bridge, side: Side) -> Iterator[Alert]:
    rows = []
    for entity in contract.READ_SEQUENCE[side]:
        inbox = bridge.route(side, entity).inbox
        here = (inbox.c.link_id == bridge.link.link_id, inbox.c.state == "quarantined")
        rows.append(select(literal(entity).label("entity"), func.count().label("rows")).where(*here))
    with bridge.database(side).read() as conn:
        aside = {row.entity: row.rows for row in conn.execute(union_all(*rows)) if row.rows}
    if sum(aside.values()) >= bridge.settings.quarantine_full:
        names = ", ".join(f"{entity} {count}" for entity, count in aside.items())
        yield Alert("quarantine_full", side, _TEXTS[bridge.settings.language]["quarantine"].format(names=names))


def _orders(bridge: Bridge, side: Side) -> Iterator[Alert]:
    stuck = late_orders(bridge) if side == "platform" else torn_orders(bridge)
    if stuck:  # no number: the status page and `doctor` have it
        text = _TEXTS[bridge.settings.language]["orders"].format(n=len(stuck), since=stuck[0].since)
        yield Alert("stuck_order", side, text)


def _of_platform(bridge: Bridge) -> Iterator[_Check]:
    yield "missing_traffic", partial(_silences, bridge)
    yield "mail_doubtful", partial(_mails, bridge)


def _silences(bridge: Bridge) -> Iterator[Alert]:
    silence, text = schema.silence, _TEXTS[bridge.settings.language]["silence"]
    mine = (silence.c.link_id == bridge.link.link_id, silence.c.ended_at.is_(None))
    query = select(silence.c.entity, func.min(silence.c.since)).where(*mine).group_by(silence.c.entity)
    with bridge.platform.read() as conn:
        for entity, since in conn.execute(query).all():
            yield Alert("missing_traffic", entity, text.format(since=since))


def _mails(bridge: Bridge) -> Iterator[Alert]:
    mail, text = schema.mail, _TEXTS[bridge.settings.language]["mails"]
    bad = (mail.c.link_id == bridge.link.link_id, mail.c.status.in_(("refused", "doubtful")))
    with bridge.platform.read() as conn:
        mails = conn.execute(select(func.count()).where(*bad)).scalar_one()
    if mails:
        yield Alert("mail_doubtful", "", text.format(n=mails))


# ---------------------------------------------------------------- what is late
def _nights(bridge: Bridge, now: dt.datetime) -> Iterator[_Check]:
    settings = bridge.settings
    begun = cache(lambda: traffic.first_probe(bridge))  # asked once for all three
    due = {
        "inventory": hour_before(now - dt.timedelta(hours=settings.inventory_hours), bridge.link.timezone),
        "backup": now - dt.timedelta(hours=settings.backup_hours),
        "drill": now - dt.timedelta(days=settings.drill_days),
    }
    for kind, before in due.items():
        yield f"{kind}_late", partial(_late, bridge, kind, before, begun)


def _late(bridge: Bridge, kind: str, before: dt.datetime, begun: Callable[[], str | None]) -> Iterator[Alert]:
    settings, texts = bridge.settings, _TEXTS[bridge.settings.language]
    started = begun()
    if started is None or (kind == "backup" and settings.keys is None):
        return  # without keys the Dag `backup` fails, and says so itself
    last = _newest_backup(bridge) if kind == "backup" else _newest(bridge, kind)
    if (last or dt.datetime.fromisoformat(started)) < before:
        limits = {"inventory": settings.inventory_hours, "backup": settings.backup_hours, "drill": settings.drill_days}
        told = f"{last:%Y-%m-%d %H:%M} (UTC)" if last else texts["never"]
        yield Alert(f"{kind}_late", "", texts[kind].format(last=told, limit=limits[kind]))


def _newest(bridge: Bridge, kind: str) -> dt.datetime | None:
    """When the newest document of a night's work was finished; one that cannot be read is none."""
    folder = bridge.settings.reports_dir / bridge.link.link_id
    for path in sorted(folder.glob(NIGHTS[kind]), key=lambda path: path.stat().st_mtime, reverse=True):
        if document := read_document(path):
            return dt.datetime.fromisoformat(document["finished_at"])
    return None


def _newest_backup(bridge: Bridge) -> dt.datetime | None:
    kept = complete(local_shelf(bridge.settings), bridge.link.link_id)
    return moment_of(kept[-1]) if kept else None


def hour_before(moment: dt.datetime, timezone: str) -> dt.datetime:
    """The last time that it was the inventory's hour, at or before a moment."""
    zone = zoneinfo.ZoneInfo(timezone)
    local = moment.astimezone(zone)
    day = local.date() if local.time() >= INVENTORY_AT else local.date() - dt.timedelta(days=1)
    return dt.datetime.combine(day, INVENTORY_AT, zone)
