"""What happened in the demo, read from both databases and from the mailbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from puente import contract, settings
from puente.contract import SIDES, Side
from puente.db import schema
from puente.db.connect import Database
from puente.demo.expected import COUNTED, Counts, Round, expected_counts, expected_known
from puente.demo.expected_orders import Outcome
from puente.demo.orders import shop_day
from puente.demo.place import Place
from puente.profiles import load_profile
from puente.sync import ledger
from puente.sync.forms import embedded

LINK = "main"
_PROFILES: dict[Side, str] = {"erp": "demo_erp", "platform": "demo_shop"}
_OWN_TABLES = {"order_headers": "SELECT * FROM PEDIDO", "order_lines": "SELECT * FROM PEDIDO_PARTIDA"}


@dataclass(frozen=True)
class RoundResult:
    """Per entity the ledger's counts of one round at one reader, and the records that it shows after it (`known`)."""

    round: Round
    counts: Counts
    reader: Side = "platform"

    def wanted(self) -> Counts:
        known, counts = expected_known(self.round, reader=self.reader), expected_counts(self.round, reader=self.reader)
        nothing = dict.fromkeys(COUNTED, 0)
        return {
            entity: {**nothing, **counts.get(entity, {}), "known": known.get(entity, 0)}
            for entity in contract.READ_SEQUENCE[self.reader]
        }

    def as_demanded(self) -> bool:
        return self.counts == self.wanted()


def ledger_rows(place: Place) -> dict[Side, int]:
    """How long both sides' ledgers are."""
    found: dict[Side, int] = {}
    for side in SIDES:
        with _reading(place, side) as (_, conn):
            found[side] = ledger.head(conn, LINK, None).count
    return found


def count_round(place: Place, number: Round, before: dict[Side, int]) -> list[RoundResult]:
    """One result for each side into which this round carried anything."""
    readers: tuple[Side, ...] = SIDES if number in (3, 4) else ("platform",)
    return [RoundResult(number, _counts(place, reader, before[reader]), reader) for reader in readers]


def _counts(place: Place, reader: Side, after: int) -> Counts:
    """Entity -> counts of the ledger rows after row `after`, and the records that the side's own tables show."""
    table, sequence = schema.ledger, contract.READ_SEQUENCE[reader]
    found = {entity: dict.fromkeys((*COUNTED, "known"), 0) for entity in sequence}
    with _reading(place, reader) as (db, conn):
        profile = load_profile(settings.ROOT / "include" / "sql" / "profiles" / _PROFILES[reader], db.dialect)
        sums = [func.sum(table.c[f"rows_{name}"]) for name in COUNTED]
        query = select(table.c.entity, *sums).where(table.c.link_id == LINK, table.c.seq > after)
        for entity, *values in conn.execute(query.group_by(table.c.entity)):
            found[entity] |= {name: int(value) for name, value in zip(COUNTED, values, strict=True)}
        for entity in sequence:
            shown = _OWN_TABLES.get(entity) or profile.sql("capture", entity)
            if shown and entity != "order_states":  # a state is not a record
                rows = conn.execute(text(f"SELECT COUNT(*) FROM ({embedded(shown)}) shown"))
                found[entity]["known"] = int(rows.scalar_one())
    return found


def read_outcome(place: Place) -> Outcome:
    """Where customers, orders and mails are at the end."""
    order, mail, record = schema.order, schema.mail, schema.outbox
    with _reading(place, "platform") as (_, conn):
        orders = conn.execute(select(order).where(order.c.link_id == LINK)).mappings().all()
        rows = conn.execute(
            select(mail.c.state, mail.c.status, func.count())
            .where(mail.c.link_id == LINK)
            .group_by(mail.c.state, mail.c.status)
        ).all()
        delivered = conn.execute(
            select(record.c.entity, func.count())
            .where(record.c.link_id == LINK, record.c.status == "delivered")
            .group_by(record.c.entity)
        ).all()
        answered = {
            entity: int(conn.execute(text(f"SELECT COUNT(*) FROM {table} WHERE {born}")).scalar_one())
            for entity, (table, born) in _born_in_shop().items()
        }
    with _reading(place, "erp") as (_, conn):
        held, duplicates = _set_aside(conn)
    return Outcome(
        sent={entity: int(count) for entity, count in delivered if entity in answered},
        answered=answered,
        states=_tally(row["state"] for row in orders),
        invoiced=sorted(row["order_id"] for row in orders if row["invoiced_at"]),
        reasons={row["order_id"]: row["reason"] for row in orders if row["reason"]},
        waits={row["order_id"]: row["waits"] for row in orders if row["waits"]},
        held=held,
        duplicates=duplicates,
        mails={state: int(count) for state, status, count in rows if status == "sent"},
        unsent=sum(int(count) for _, status, count in rows if status != "sent"),
        messages=len(list(place.mail.glob("*.eml"))),  # a mail sent twice would be one too many
    )


def _born_in_shop() -> dict[str, tuple[str, str]]:
    """Entity → the shop's table, and which of its rows were born there and have the ERP's id by now."""
    day = shop_day()
    tax_ids = ", ".join(f"'{company.rfc}'" for company in (*day.newcomers, day.in_both))
    mails = ", ".join(f"'{contact.email}'" for contact in day.contacts)
    return {
        "companies": ("tienda_empresa", f"erp_id IS NOT NULL AND rfc IN ({tax_ids})"),
        "contacts": ("tienda_contacto", f"erp_id IS NOT NULL AND correo IN ({mails})"),
    }


def _set_aside(conn: Connection) -> tuple[dict[str, str], list[str]]:
    """Orders that the ERP's side holds back, with their reasons; orders that came again with the same content."""
    held: dict[str, str] = {}
    duplicates: set[str] = set()
    finding = schema.finding
    for entity in ("order_headers", "order_lines"):
        queue = contract.queue_for(entity, "erp").name
        inbox = schema.inboxes[queue]
        query = (
            select(inbox.c.ID_Pedido_Cabecera, inbox.c.state, finding.c.message)
            .outerjoin(finding, (finding.c.inbox_id == inbox.c.inbox_id) & (finding.c.queue == queue))
            .where(inbox.c.link_id == LINK, inbox.c.state.in_(("held", "duplicate", "quarantined", "conflict")))
        )
        for number, state, message in conn.execute(query):
            if state == "duplicate":
                duplicates.add(str(number))
            else:
                held[str(number)] = message or state
    return held, sorted(duplicates)


def _tally(values: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in values:
        found[value] = found.get(value, 0) + 1
    return found


def find_problems(place: Place) -> tuple[list[str], list[str]]:
    """Whatever is wrong with the ledgers, and the queues that still hold rows."""
    broken: list[str] = []
    left: list[str] = []
    for side in SIDES:
        with _reading(place, side) as (db, conn):
            broken += [f"{side}: {line}" for line in ledger.verify(db, LINK)]
            for queue in contract.QUEUES if side == "erp" else ():
                rows = conn.execute(text(f"SELECT COUNT(*) FROM {db.quote(queue)}")).scalar_one()
                left += [f"{queue} ({rows})"] if rows else []
    return broken, left


@contextmanager
def _reading(place: Place, side: Side) -> Iterator[tuple[Database, Connection]]:
    db = place.database(side)
    try:
        with db.read() as conn:
            yield db, conn
    finally:
        db.engine.dispose()
