"""Everything that there is of a person, in one document: what a person may ask to be given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from sqlalchemy import select

from puente.contract import SIDES
from puente.nightly import archive
from puente.people.erase import naming
from puente.people.person import Person, find, order_route, routes_of, theirs
from puente.people.places import places
from puente.sync.route import Bridge, utc_now

Rows = list[dict[str, Any]]


def export(bridge: Bridge, entity: str, key: str) -> dict[str, Any]:
    """`{"person": …, "places": [{"place", "rows"}]}`: what the sides show, Puente's tables, orders, mails, the archive.

    Texts as they are stored; moments are UTC. PuenteError where neither side knows the key.
    """
    person = find(bridge, entity, key)
    found: list[dict[str, Any]] = []
    for name, rows in _places(bridge, person):
        found.append({"place": name, "rows": rows})
    root = bridge.settings.reports_dir
    return {
        "person": {"entity": entity, "keys": list(person.keys), "link_id": bridge.link.link_id},
        "exported_at": utc_now(),
        "places": found,
        "reports": sorted(str(path.relative_to(root)) for path in naming(root / bridge.link.link_id, person)),
    }  # fmt: skip


def _places(bridge: Bridge, person: Person) -> Iterator[tuple[str, Rows]]:
    for side, form in person.forms.items():
        yield f"{side}: its own tables, as captured", [dict(form.payload)]
    for side in SIDES:
        with bridge.database(side).read() as conn:
            for place in places(bridge, side, person, person.orders):
                rows = conn.execute(select(place.table).where(place.where)).mappings()
                if told := [dict(row) for row in rows]:
                    yield f"{side}: {place.table.name}", told
    yield from _archive(bridge, person)


def _archive(bridge: Bridge, person: Person) -> Iterator[tuple[str, Rows]]:
    ring = bridge.settings.keys
    if ring is None:
        return
    for route in (*routes_of(bridge, person.entity.name), order_route(bridge)):
        for path in archive.files(bridge.settings, bridge.link.link_id, route.reader, route.queue.name):
            rows: Rows = []

            def take(page: pa.Table, rows: Rows = rows) -> None:
                rows.extend(page.filter(theirs(page, person, person.orders)).to_pylist())

            archive.read(path, ring, take)
            if rows:
                yield f"archive: {path.relative_to(bridge.settings.archive_dir)}", rows
