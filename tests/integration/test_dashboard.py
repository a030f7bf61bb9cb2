"""The figures of the dashboard and of the ledger page, on each engine."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import event

from kit.orders import know_order
from kit.vendor import PRODUCTS, make_queue, vendor_put
from kit.world import World
from puente.db.reading import STATEMENT_SECONDS, open_for_reading
from puente.monitor import dashboard_figures, ledger_figures, queue_figures
from puente.nightly import traffic
from puente.nightly.figures import figures as week_figures
from puente.nightly.week import week_of
from puente.sync import control
from puente.sync.route import Bridge, stored
from puente.sync.trace import trace_product

pytestmark = pytest.mark.lean_gate
NOW = dt.datetime.now(dt.UTC)


def reading(world: World) -> Bridge:
    """The world's sides as pages open them."""
    erp, platform = (open_for_reading(db.engine.url) for db in (world.erp, world.platform))
    return Bridge(world.link, erp, platform, world.settings)


def test_the_figures_are_those_of_the_rows(world: World) -> None:
    world.put("products", "P1", Precio_1="10.00", Existencia="1")
    world.put("products", "P2", Precio_1="-1.00", Existencia="1")
    world.put("product_categories", "C9", ID_Producto="P1")
    world.run()
    world.put("products", "P3", Precio_1="10.00")
    world.put("products", "P4", Precio_1="10.00")
    world.put("order_states", "1", Estado="ACEPTADO", writer="platform")
    for number, state in (("1", "ACEPTADO"), ("2", "ACEPTADO"), ("3", "ENVIADO")):
        know_order(world, number, state)
    traffic.probe(world.bridge, dt.datetime.now(dt.UTC) - dt.timedelta(hours=3))
    control.pause(world.platform, "main", "contacts", "ana", "inventario")
    bridge = reading(world)
    try:
        found = dashboard_figures.standing(bridge, dt.datetime.now(dt.UTC))
    finally:
        bridge.erp.engine.dispose()
        bridge.platform.engine.dispose()
    lanes = {(lane.reader, lane.entity): lane for lane in found.lanes}
    products = lanes["platform", "products"]
    assert (products.depth, products.today, products.open) == (
        2, {"rows_read": 2, "rows_applied": 1, "rows_held": 0, "rows_quarantined": 1}, {"quarantined": 1},
    )  # fmt: skip
    assert products.oldest and products.last and not products.fault
    assert products.p50 is not None and 0 <= products.p50 <= (products.p95 or 0) < 60 and products.sampled == 1
    assert lanes["platform", "product_categories"].open == {"held": 1}
    assert (lanes["erp", "order_states"].depth, lanes["platform", "order_states"].depth) == (
        1,
        0,
    )  # one queue, two ways
    assert lanes["erp", "companies"].last is None and lanes["erp", "companies"].depth == 0
    assert found.orders == {"ACEPTADO": 2, "ENVIADO": 1}
    assert [pause["entity"] for pause in found.pauses] == ["contacts"]
    assert [(one.side, one.error, one.probes, one.failed) for one in found.connections] == [
        ("erp", "", 1, 0), ("platform", "", 1, 0),
    ]  # fmt: skip
    assert all(one.since and one.since.endswith(":00:00.000Z") for one in found.connections)


@pytest.mark.parametrize("told", ["24/11/2026 08:31:05", "0001-01-01 00:00:00", "ayer"])
@pytest.mark.parametrize("world", ["sqlite-sqlite", "mariadb-mariadb"], indirect=True)
def test_a_date_that_is_none_is_left_out(world: World, told: str) -> None:
    """A vendor keeps dates as text and writes one in its own way: everything else is told all the same."""
    make_queue(world, "products", PRODUCTS | {"Fecha_Creacion": "text"})
    now = dt.datetime.now(dt.UTC)
    vendor_put(world, "products", ID_Producto="P1", SKU="S1", Nombre="Llanta", Fecha_Creacion=told)
    vendor_put(world, "products", ID_Producto="P2", SKU="S2", Nombre="Llanta", Fecha_Creacion=stored(now)[:19])
    world.run()
    vendor_put(world, "products", ID_Producto="P3", SKU="S3", Nombre="Llanta", Fecha_Creacion=told)

    found = dashboard_figures.standing(world.bridge, now)

    products = next(lane for lane in found.lanes if (lane.reader, lane.entity) == ("platform", "products"))
    assert (products.depth, products.oldest, products.sampled) == (1, told, 1), "the latency is of the other row"
    assert products.p50 is not None and products.p50 == products.p95
    hops = {hop.kind: hop for hop in trace_product(world.bridge, "P3").hops}
    assert hops["queue"].at == "", "it is listed, without a time"
    figures = week_figures(world.bridge, week_of(now.date(), world.link.timezone))
    assert [line["rows"] for line in figures["latency"] if line["entity"] == "products"] == [1]


@pytest.mark.parametrize("world", ["sqlite-sqlite", "mariadb-mariadb"], indirect=True)
def test_queues_as_vendors_make_them_are_counted_and_one_that_will_not_do_is_told(world: World) -> None:
    queue_figures._shapes.clear()
    make_queue(world, "products", {"ID_REGISTRO": "id", "id_producto": "text", "sku": "text", "NOMBRE": "text"})
    vendor_put(world, "products", id_producto="P1", sku="S1", NOMBRE="Llanta")
    make_queue(world, "categories", {"ID_Registro": "id", "Fecha_Creacion": "created", "ID_Categoria": "text"})
    world.put("product_categories", "C9", ID_Producto="P1")
    asked: list[str] = []
    event.listen(world.erp.engine, "before_cursor_execute", lambda _c, _u, statement, *_: asked.append(statement))

    found = {(lane.reader, lane.entity): lane for lane in dashboard_figures.standing(world.bridge, NOW).lanes}

    assert (found["platform", "products"].depth, found["platform", "products"].oldest) == (1, None)
    assert found["platform", "categories"].fault == "ContractBroken", "it lacks Nombre"
    assert found["platform", "product_categories"].depth == 1
    assert all(
        lane.depth == 0 for lane in found.values() if lane.entity not in ("categories", "products") and not lane.oldest
    )
    if world.erp.dialect == "mysql":
        assert len([one for one in asked if "SHOW CREATE" in one]) == 1, "only the one that will not do is asked about"
    queue_figures._shapes.clear()


def test_a_page_cannot_write_and_waits_for_nobody(world: World) -> None:
    bridge = reading(world)
    with pytest.raises(Exception, match=r"(?i)read.?only"), bridge.platform.begin() as conn:
        conn.exec_driver_sql("DELETE FROM puente_ledger")
    if bridge.platform.dialect == "mysql":
        with bridge.platform.read() as conn:
            limit = conn.exec_driver_sql("SHOW VARIABLES LIKE 'max_statement_time'").one()[1]  # MariaDB's
        assert float(limit) == STATEMENT_SECONDS
    bridge.erp.engine.dispose()
    bridge.platform.engine.dispose()


def test_every_row_of_the_ledger_balances(world: World) -> None:
    for n in range(3):
        world.put("categories", f"C{n}")
        world.run()
    chosen = ledger_figures.Choice("platform", entity="categories")
    rows = ledger_figures.rows(world.bridge, chosen, limit=2)
    older = ledger_figures.rows(world.bridge, chosen, before=rows[-1]["seq"])
    assert [row["seq"] for row in (*rows, *older)] == [3, 2, 1]
    assert list(ledger_figures.every_row(world.bridge, chosen)) == [*rows, *older]
    total = ledger_figures.sums(world.bridge, chosen)
    assert (total["batches"], total["rows_read"], total["rows_applied"]) == (3, 3, 3)
    assert not any(ledger_figures.faults(row) for row in (*rows, total))
    assert ledger_figures.faults({**rows[0], "rows_applied": 7}) == ["taken"]
    assert ledger_figures.faults({**rows[0], "rows_landed": 7}) == ["read"]
    today = dt.datetime.now(dt.UTC).date()
    later = ledger_figures.Choice("platform", first=today + dt.timedelta(days=2))
    assert ledger_figures.rows(world.bridge, later) == []
