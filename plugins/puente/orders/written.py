"""Which orders were written into the ERP by this link: of the ERP's other orders the platform has nothing to hear."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
from sqlalchemy import Connection, and_, select

from puente.db import schema
from puente.sync.verdicts import portions
from puente.transforms.canonical import canonical_text

_KEY = "ID_Pedido_Cabecera"


def written_orders(conn: Connection, link_id: str, order_ids: Iterable[str]) -> set[str]:
    """Those of the ids that `puente_order` on the ERP's side has."""
    order, found = schema.order, set[str]()
    for some in portions(sorted(set(order_ids))):
        mine = and_(order.c.link_id == link_id, order.c.order_id.in_(some))
        found |= set(conn.execute(select(order.c.order_id).where(mine)).scalars())
    return found


def only_written(conn: Connection, link_id: str, page: pa.Table) -> pa.Table:
    """The rows of a page of capture_order_states.sql that speak of such orders."""
    name = next((name for name in page.column_names if name.lower() == _KEY.lower()), None)
    if name is None:
        return page  # for the caller to say so
    keys = canonical_text(page.column(name), "key").to_pylist()
    ours = written_orders(conn, link_id, [key for key in keys if key])
    return page.filter(pa.array([key in ours for key in keys], pa.bool_()))
