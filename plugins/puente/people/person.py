"""Who is meant: a company or a contact, under the keys by which either side knows it, and what they ordered."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from puente import contract
from puente.contract import SIDES, Side
from puente.db import schema
from puente.errors import PuenteError
from puente.nightly import archive
from puente.nightly.housekeeping import years_before
from puente.order_states import FINAL
from puente.sync import bindings, quarantine
from puente.sync.forms import PLATFORM_ID, UNBOUND, Form, read_forms, unbound_key
from puente.sync.route import Bridge, Route, read_moment

EMAIL = "Email"
_ORDER = contract.ENTITIES["order_headers"].key[0]
PEOPLE = tuple(name for name, entity in contract.ENTITIES.items() if entity.two_way)


@dataclass(frozen=True)
class Person:
    """`keys` are record keys: the ERP's id, and `~` with the platform's. `forms` is what each side shows now.

    Orders by id: `under_way`; `kept`, which went to the ERP within the years that the law asks for; `ended`, the rest.
    """

    entity: contract.Entity
    keys: tuple[str, ...]
    forms: dict[Side, Form]
    emails: frozenset[str]
    under_way: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    @property
    def erp_ids(self) -> list[str]:
        return [key for key in self.keys if not key.startswith(UNBOUND)]

    @property
    def platform_ids(self) -> list[str]:
        return [key.removeprefix(UNBOUND) for key in self.keys if key.startswith(UNBOUND)]

    @property
    def orders(self) -> list[str]:
        return [*self.under_way, *self.kept, *self.ended]

    @property
    def known_by(self) -> list[str]:
        """Texts by which a file that speaks of the person is found: e-mails and names, not numbers."""
        names = [" ".join(filter(None, (form.payload.get(n) for n in _NAMES))) for form in self.forms.values()]
        return sorted({*self.emails, *filter(None, names)})


_NAMES = ("Nombre_Empresa", "Nombres", "Apellidos")


def routes_of(bridge: Bridge, entity: str) -> list[Route]:
    """Both ways of the entity, the platform's first."""
    return [bridge.route(reader, entity) for reader in SIDES if entity in contract.READ_SEQUENCE[reader]]


def find(bridge: Bridge, entity: str, key: str) -> Person:
    """The person with this key: the ERP's id, or `~` and the platform's. Keys compare exactly.

    PuenteError for an entity that is no person, and where neither side knows the key.
    """
    if entity not in PEOPLE:
        raise PuenteError(f"{entity!r} is no person: {' or '.join(PEOPLE)}.")
    definition, keys = contract.ENTITIES[entity], _keys(bridge, entity, key)
    forms: dict[Side, Form] = {}
    emails, heard_of = set[str](), False
    for side in SIDES:
        db = bridge.database(side)
        with db.read() as conn:
            for form in read_forms(conn, bridge.profile(side), definition, keys).values():
                forms[side] = form
                emails.add(form.payload.get(EMAIL) or "")
            record = schema.record
            mine = (record.c.link_id == bridge.link.link_id) & (record.c.entity == entity)
            heard_of |= (
                conn.execute(select(record.c.record_key).where(mine, record.c.record_key.in_(keys))).first() is not None
            )
    for route in routes_of(bridge, entity):
        inbox = route.inbox
        with route.reader_db.read() as conn:
            rows = select(inbox.c[EMAIL]).where(inbox.c.link_id == route.link_id, inbox.c.record_key.in_(keys))
            found = list(conn.execute(rows).scalars())
        heard_of |= bool(found)
        emails |= {value or "" for value in found}
    if not forms and not heard_of:
        raise PuenteError(
            f"Neither side of link {bridge.link.link_id} knows {key!r} of {entity}. Keys compare exactly; a person "
            f"that only the platform knows is named {UNBOUND}17."
        )
    person = Person(definition, keys, forms, frozenset())
    emails.update(_earlier_emails(bridge, person))
    person = replace(person, emails=frozenset(emails - {""}))
    _add_orders(bridge, person)
    return person


def _earlier_emails(bridge: Bridge, person: Person) -> Iterator[str]:
    """Addresses that a conflict or the archive remembers, after the row with them has left the inbox."""
    conflict, ring = schema.conflict, bridge.settings.keys
    for side in SIDES:
        mine = and_(conflict.c.link_id == bridge.link.link_id, conflict.c.entity == person.entity.name)
        query = select(conflict.c.loser, conflict.c.kept).where(mine, conflict.c.record_key.in_(person.keys))
        with bridge.database(side).read() as conn:
            versions = [version for row in conn.execute(query) for version in row if version]
        yield from (json.loads(version).get(EMAIL) or "" for version in versions)
    if ring is None:
        return
    found = set[str | None]()
    for route in routes_of(bridge, person.entity.name):
        for path in archive.files(bridge.settings, bridge.link.link_id, route.reader, route.queue.name):
            archive.read(
                path, ring, lambda page: found.update(page.filter(theirs(page, person, [])).column(EMAIL).to_pylist())
            )
    yield from (value or "" for value in found)


def theirs(page: pa.Table, person: Person, orders: list[str]) -> pa.Array:
    """Which rows of an archived page are the person's. Beside an ERP id that decides, the platform's does not.

    Of a page of order headers: those of `orders`.
    """
    if _ORDER in page.column_names:
        return pc.is_in(page.column(_ORDER).combine_chunks(), value_set=pa.array(orders, pa.string()))
    ids = page.column(person.entity.key[0]).combine_chunks()
    numbers = page.column(PLATFORM_ID).combine_chunks()
    by_erp = pc.is_in(ids, value_set=pa.array(person.erp_ids, pa.string()))
    by_number = pc.is_in(numbers, value_set=pa.array(person.platform_ids, pa.string()))
    return pc.or_(by_erp, pc.and_(by_number, pc.is_null(ids)))


def _keys(bridge: Bridge, entity: str, key: str) -> tuple[str, ...]:
    """The other side's id as well, where the two are bound."""
    keys = {key: None}
    for side in SIDES:
        with bridge.database(side).read() as conn:
            if key.startswith(UNBOUND):
                pairs = bindings.by_platform_id(conn, bridge.link.link_id, entity, [key.removeprefix(UNBOUND)])
                keys |= dict.fromkeys(pairs.values())
            else:
                pairs = bindings.by_erp_id(conn, bridge.link.link_id, entity, [key])
                keys |= dict.fromkeys(map(unbound_key, pairs.values()))
    return tuple(keys)


def _add_orders(bridge: Bridge, person: Person) -> None:
    """By the shop's snapshots, and by the headers that reached the ERP's inbox, whatever became of them there."""
    since = years_before(dt.datetime.now(dt.UTC), bridge.settings.keep_years)

    def at_rest(sent_at: str | None) -> list[str]:
        if sent_at is None:
            return person.ended
        sent = read_moment(sent_at)
        return person.ended if sent is not None and sent < since else person.kept  # without a date: new enough

    where: dict[str, list[str]] = {}
    with bridge.platform.read() as conn:
        for number, state, emitted_at in _orders(conn, bridge.link.link_id, person):
            where[number] = at_rest(emitted_at) if state in FINAL else person.under_way
    headers = order_route(bridge)
    with headers.reader_db.read() as conn:
        for row in conn.execute(select(headers.inbox).where(order_headers(headers, person, list(where)))).mappings():
            number = row["record_key"]
            if row["state"] in ("pending", *quarantine.SET_ASIDE) or not row["cleared"]:
                where[number] = person.under_way
            elif number not in where:
                where[number] = at_rest(None if row["state"] == "discarded" else row["fecha_creacion"])
    for number in sorted(where):
        where[number].append(number)


def order_route(bridge: Bridge) -> Route:
    """The one way of order headers: into the ERP."""
    return bridge.route("erp", "order_headers")


def order_headers(route: Route, person: Person, orders: list[str]) -> ColumnElement[bool]:
    """Inbox rows: the headers of these orders, and those that name the customer."""
    inbox, key = route.inbox, person.entity.key[0]
    return and_(
        inbox.c.link_id == route.link_id,
        or_(inbox.c.record_key.in_(orders), inbox.c[key].in_(person.erp_ids)),
    )


def _orders(conn: Connection, link_id: str, person: Person) -> Iterator[tuple[str, str, str | None]]:
    """Snapshots that name the customer, by the ERP's id or, of one whom the ERP did not know yet, by the platform's."""
    table, key = schema.order, person.entity.key[0]
    ids = {key: person.erp_ids, f"{key}_Plataforma": person.platform_ids}
    said = [
        table.c.payload.contains(json.dumps(one, ensure_ascii=False), autoescape=True)
        for some in ids.values()
        for one in some
    ]
    query = select(table.c.order_id, table.c.state, table.c.emitted_at, table.c.payload)
    for row in conn.execute(query.where(table.c.link_id == link_id, or_(*said))):
        header = json.loads(row.payload)["header"]
        if any(header.get(name) in some for name, some in ids.items()):
            yield row.order_id, row.state, row.emitted_at
