"""Who is meant: a company or a contact, under the keys by which either side knows it, and what they ordered."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, or_, select

from puente import contract
from puente.contract import SIDES, Side
from puente.db import schema
from puente.errors import PuenteError
from puente.nightly.housekeeping import years_before
from puente.order_states import FINAL
from puente.sync import bindings
from puente.sync.forms import UNBOUND, Form, read_forms, unbound_key
from puente.sync.route import Bridge, Route, stored

EMAIL = "Email"
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
    person = Person(definition, keys, forms, frozenset(emails - {""}))
    _add_orders(bridge, person)
    return person


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
    """Orders under the ERP's id: one of a customer without waits, and is under way."""
    since = stored(years_before(dt.datetime.now(dt.UTC), bridge.settings.keep_years))
    with bridge.platform.read() as conn:
        for order_id, state, emitted_at in _orders(conn, bridge.link.link_id, person):
            if state not in FINAL:
                person.under_way.append(order_id)
            elif emitted_at is not None and emitted_at >= since:
                person.kept.append(order_id)
            else:
                person.ended.append(order_id)


def _orders(conn: Connection, link_id: str, person: Person) -> Iterator[tuple[str, str, str | None]]:
    table, key = schema.order, person.entity.key[0]
    names = [json.dumps(one, ensure_ascii=False) for one in person.erp_ids]
    if not names:
        return
    query = select(table.c.order_id, table.c.state, table.c.emitted_at, table.c.payload)
    said = or_(*(table.c.payload.contains(name, autoescape=True) for name in names))
    for row in conn.execute(query.where(table.c.link_id == link_id, said)):
        if json.loads(row.payload)["header"].get(key) in person.erp_ids:
            yield row.order_id, row.state, row.emitted_at
