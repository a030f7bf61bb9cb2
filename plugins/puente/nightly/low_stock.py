"""Low stock: which products to order again, worst first; what the buyer says of it is `purchases`.

Demand is what accepted orders asked for in the last weeks (`puente_order` on the platform). Only products that were
asked for can run short, so memory grows with what is sold, not with the catalogue: the ERP's stock is read once, in
pages, and of each page only those products are looked at.
"""

from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, and_, func, insert, or_, select, update

from puente.contract import QUEUES
from puente.db import schema
from puente.db.stream import stream_select
from puente.errors import ContractBroken
from puente.nightly.low_stock_texts import write_alert
from puente.nightly.reorder import Demand, Proposal, Rules, Terms, observed_days, propose, purchase_rules, terms_from
from puente.order_states import MAIN_LINE
from puente.orders.notices import put_notice, recipients
from puente.sync.batches import refuse_if_paused
from puente.sync.leases import held
from puente.sync.profilecheck import bare
from puente.sync.route import Bridge, Run, stored
from puente.sync.verdicts import portions
from puente.transforms.canonical import canonical_text, contract_columns

ACCEPTED = MAIN_LINE[MAIN_LINE.index("ACEPTADO") :]
ANSWER_HOURS = 24  # how long a proposal waits for the buyer; then it expires, and may be made again
LONGEST_LEAD_DAYS = 366
LEASE = "purchases"
_READ = tuple(
    c for c in QUEUES["Productos"].columns if c.name in ("ID_Producto", "SKU", "Nombre", "Marca", "Existencia")
)
_TERMS = {"proveedor": "supplier", "dias_entrega": "lead_days", "multiplo": "pack"}


@dataclass(frozen=True)
class Short:
    """A product that is to be ordered again, with the figures that it follows from."""

    product_id: str
    sku: str
    name: str
    terms: Terms
    proposal: Proposal
    stock: Decimal
    reserved: Decimal
    on_order: Decimal

    def evidence(self, rules: Rules, days: int) -> dict[str, Any]:
        found = self.proposal
        return {
            "stock": f"{self.stock:f}", "reserved": f"{self.reserved:f}", "on_order": f"{self.on_order:f}",
            "available": f"{found.available:f}", "per_day": round(found.per_day, 4), "sigma": round(found.sigma, 4),
            "days": days, "lead_days": self.terms.lead_days, "review_days": rules.review_days,
            "service": rules.service, "safety": f"{found.safety:f}", "pack": f"{self.terms.pack:f}",
            "cover_days": round(found.cover_days, 1), "reorder_point": f"{found.reorder_point:f}",
            "proposed": f"{found.quantity:f}",
        }  # fmt: skip


def propose_purchases(bridge: Bridge, run: Run, now: dt.datetime, link_to: str = "") -> list[str] | None:
    """Propose what runs short at `now` (aware), one alert per product and day; returns the requests that are open.

    A product that waits for the buyer, or was decided today, is not proposed again. `link_to` is the address of the
    buyer's form, with `{request}` where the request's number goes. None where the ERP's profile plans no purchases;
    ContractBroken where it does, but shows no products; Paused while the link is.
    """
    rules = purchase_rules(bridge.profile("erp"))
    if rules is None:
        return None
    link_id, local = bridge.link.link_id, now.astimezone(zoneinfo.ZoneInfo(bridge.link.timezone))
    day = local.date()
    table = schema.proposal
    with held(bridge.platform, link_id, LEASE, run.owner, bridge.settings.lease_seconds) as lease:
        with lease.begin() as conn:
            refuse_if_paused(conn, link_id, LEASE)
            _expire(conn, link_id, now)
            done = conn.execute(
                select(table.c.request).where(table.c.link_id == link_id, table.c.run_id == run.run_id).limit(1)
            ).scalar()
        if done is None:
            found, days = shortages(bridge, rules, day, now)
            to = recipients(bridge.profile("platform"), "low_stock")
            with lease.begin() as conn:
                if new := _unknown_today(conn, link_id, day, found)[: rules.at_most]:
                    request = _new_request(conn, link_id, local)
                    rows = _rows(link_id, day, request, run, now, rules, days, new)
                    conn.execute(insert(table), rows)
                    alert = write_alert(bridge.settings.language, request, rows, link_to.replace("{request}", request))
                    put_notice(conn, link_id, request, "low_stock", to, alert)
        with lease.db.read() as conn:
            waiting = and_(table.c.link_id == link_id, table.c.status == "proposed")
            return list(
                conn.execute(select(table.c.request).where(waiting).distinct().order_by(table.c.request)).scalars()
            )


def answer_until(lines: Iterable[Mapping[str, Any]]) -> dt.datetime:
    """The moment at which these proposals of one request expire, whenever the buyer was asked."""
    return dt.datetime.fromisoformat(min(line["at"] for line in lines)) + dt.timedelta(hours=ANSWER_HOURS)


def _expire(conn: Connection, link_id: str, now: dt.datetime) -> None:
    table, oldest = schema.proposal, stored(now - dt.timedelta(hours=ANSWER_HOURS))
    late = and_(table.c.link_id == link_id, table.c.status == "proposed", table.c.at < oldest)
    conn.execute(update(table).where(late).values(status="expired", decided_at=stored(now)))


def _unknown_today(conn: Connection, link_id: str, day: dt.date, found: list[Short]) -> list[Short]:
    table, known = schema.proposal, set[str]()
    for some in portions([short.product_id for short in found]):
        told = or_(table.c.day == day.isoformat(), table.c.status.in_(("proposed", "approved")))
        here = and_(table.c.link_id == link_id, table.c.product_id.in_(some), told)
        known |= set(conn.execute(select(table.c.product_id).where(here)).scalars())
    return [short for short in found if short.product_id not in known]


def _new_request(conn: Connection, link_id: str, local: dt.datetime) -> str:
    """By the second: a number that is counted would be given out again after a restore."""
    table = schema.proposal
    while True:
        request = f"{local:%Y%m%d-%H%M%S}"
        taken = select(table.c.request).where(table.c.link_id == link_id, table.c.request == request)
        if conn.execute(taken.limit(1)).first() is None:
            return request
        local += dt.timedelta(seconds=1)


def _rows(
    link_id: str, day: dt.date, request: str, run: Run, now: dt.datetime, rules: Rules, days: int, new: list[Short]
) -> list[dict[str, Any]]:
    return [
        {
            "link_id": link_id, "day": day.isoformat(), "product_id": short.product_id, "request": request,
            "run_id": run.run_id, "supplier": short.terms.supplier, "sku": short.sku, "name": short.name[:255],
            "place": place, "reorder_point": f"{short.proposal.reorder_point:f}",
            "proposed": f"{short.proposal.quantity:f}", "status": "proposed", "at": stored(now),
            "evidence": json.dumps(short.evidence(rules, days), ensure_ascii=False, sort_keys=True),
        }
        for place, short in enumerate(new, 1)
    ]  # fmt: skip


# ---------------------------------------------------------------- the figures
def shortages(bridge: Bridge, rules: Rules, day: dt.date, now: dt.datetime) -> tuple[list[Short], int]:
    """What is at or below its reorder point, the shortest cover first; and of how many days the demand is."""
    since = stored(now - dt.timedelta(weeks=rules.weeks))
    demand, first = _demand(bridge, since)
    days = observed_days(rules, first, day)
    if not demand:
        return [], days
    reserved, coming, special = _reserved(bridge), _on_order(bridge, now), _special_terms(bridge, set(demand))
    found = []
    for product_id, sku, name, brand, text in _stock(bridge, demand):
        stock = _decimal(text)
        if stock is None:
            continue  # the ERP says nothing of its stock: nothing is invented
        terms = terms_from(f"purchasing.sql: {product_id}: `", special.get(product_id, {}), rules.for_brand(brand))
        kept, on_order = reserved.get(product_id, Decimal(0)), coming.get(product_id, Decimal(0))
        proposal = propose(rules, terms, demand[product_id], days, stock - kept + on_order)
        if proposal is not None:
            found.append(Short(product_id, sku, name, terms, proposal, stock, kept, on_order))
    return sorted(found, key=lambda short: (short.proposal.cover_days, short.product_id)), days


def _demand(bridge: Bridge, since: str) -> tuple[dict[str, Demand], dt.date | None]:
    """Demand by product of the accepted orders since `since`, a day at a time; and the day of the first order ever."""
    order, link_id = schema.order, bridge.link.link_id
    wanted = and_(order.c.link_id == link_id, order.c.at >= since, order.c.state.in_(ACCEPTED))
    query = select(order.c.at, order.c.payload).where(wanted).order_by(order.c.at)
    found: dict[str, Demand] = {}
    today: dict[str, float] = {}
    current = ""
    with bridge.platform.read() as conn:
        first = conn.execute(select(func.min(order.c.at)).where(order.c.link_id == link_id)).scalar()
        for row in conn.execute(query.execution_options(stream_results=True, yield_per=500)):
            if row.at[:10] != current:
                _add(found, today)
                current, today = row.at[:10], {}
            for line in (json.loads(row.payload) if row.payload else {}).get("lines") or []:
                product, units = line.get("ID_Producto"), _decimal(line.get("Cantidad"))
                if product and units is not None and units > 0:
                    today[product] = today.get(product, 0.0) + float(units)
    _add(found, today)
    return found, dt.date.fromisoformat(first[:10]) if first else None


def _add(found: dict[str, Demand], of_a_day: dict[str, float]) -> None:
    for product, units in of_a_day.items():
        found.setdefault(product, Demand()).add(units)


def _reserved(bridge: Bridge) -> dict[str, Decimal]:
    """Units promised to orders that the ERP's figure does not reflect yet."""
    table = schema.reservation
    open_ones = and_(table.c.link_id == bridge.link.link_id, table.c.released_at.is_(None))
    return _sums(bridge, select(table.c.product_id, table.c.quantity).where(open_ones))


def _on_order(bridge: Bridge, now: dt.datetime) -> dict[str, Decimal]:
    """Units that were ordered and are on their way: for as long as their own lead time was said to be."""
    table, found = schema.proposal, dict[str, Decimal]()
    since = stored(now - dt.timedelta(days=LONGEST_LEAD_DAYS))
    coming = and_(
        table.c.link_id == bridge.link.link_id, table.c.status.in_(("approved", "ordered")), table.c.at >= since
    )
    query = select(table.c.product_id, table.c.quantity, table.c.at, table.c.evidence).where(coming)
    with bridge.platform.read() as conn:
        for product, quantity, at, evidence in conn.execute(query):
            arrives = dt.datetime.fromisoformat(at) + dt.timedelta(days=json.loads(evidence)["lead_days"])
            if arrives > now:
                found[product] = found.get(product, Decimal(0)) + (_decimal(quantity) or Decimal(0))
    return found


def _sums(bridge: Bridge, query: Any) -> dict[str, Decimal]:
    """Added up as decimals: on SQLite they are text."""
    found: dict[str, Decimal] = {}
    with bridge.platform.read() as conn:
        for product, quantity in conn.execute(query):
            found[product] = found.get(product, Decimal(0)) + (_decimal(quantity) or Decimal(0))
    return found


def _stock(bridge: Bridge, demand: dict[str, Demand]) -> Iterator[tuple[str, str, str, str | None, str | None]]:
    """Id, SKU, name, brand and stock of the products that were asked for, by the ERP profile's own SELECT."""
    profile = bridge.profile("erp")
    sql = profile.sql("capture", "products")
    if sql is None:
        raise ContractBroken(
            f"Profile {profile.name} plans purchases, but has no capture_products.sql to read the stock with."
        )
    wanted = pa.array(demand.keys(), pa.string())
    for page in stream_select(bridge.erp, bare(sql), bridge.settings.receive_chunk):
        columns = contract_columns(page, _READ)
        here = pc.is_in(columns["ID_Producto"], value_set=wanted)
        for row in pa.table(columns).filter(here).to_pylist():
            sku = row["SKU"] or ""
            yield row["ID_Producto"], sku, row["Nombre"] or sku, row["Marca"], row["Existencia"]


def _special_terms(bridge: Bridge, products: set[str]) -> dict[str, dict[str, Any]]:
    """What `purchasing.sql` says of single products: ID_Producto with any of Proveedor, Dias_Entrega, Multiplo."""
    sql = bridge.profile("erp").text("purchasing")
    if sql is None:
        return {}
    wanted, found = pa.array(products, pa.string()), dict[str, dict[str, Any]]()
    for page in stream_select(bridge.erp, bare(sql), bridge.settings.receive_chunk):
        names = {name.lower(): name for name in page.column_names}
        if "id_producto" not in names:
            raise ContractBroken("purchasing.sql yields no ID_Producto.")
        keys = canonical_text(page.column(names["id_producto"]), "key")
        page = page.append_column("puente_key", keys).filter(pc.is_in(keys, value_set=wanted))
        for row in page.to_pylist():
            found[row["puente_key"]] = {ours: row[names[own]] for own, ours in _TERMS.items() if own in names}
    return found


def _decimal(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
