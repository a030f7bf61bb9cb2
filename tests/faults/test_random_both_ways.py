"""P5, P9, P11, P17, P27, H8, H12, H13: both directions at once: edits on both sides, orders, crashes and reruns.

Hypothesis makes a history; the oracle knows what people wrote and what they saw when they wrote it. In the end both
sides are equal, nothing crosses any more, and every value that somebody wrote is the one that stands, or was seen by
whoever wrote over it, or is listed as the loser of a conflict. Orders are in the ERP once and whole, or not at all.
A crash is an exception that no further statement of the worker survives.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, insert, select, update

from faults import boundaries, jobs
from faults.jobs import Crash
from faults.state import Snapshot, expire_leases
from kit import own_tables
from kit.databases import Databases
from kit.world import World
from puente.db import schema
from puente.errors import PuenteError
from puente.orders import confirm, emission
from puente.sync import capture, ledger, outbox

EXAMPLES = {"sqlite-sqlite": 20, "mariadb-mariadb": 6}
THOROUGH = int(os.environ.get("PUENTE_FAULTS_EXAMPLES", "0"))
CUSTOMERS = ("companies",)
STOCK = {"A1": 3, "A2": 2}
LOWERED_ON_ARRIVAL = """
SELECT CAST(piezas AS DECIMAL(18,4))
       - COALESCE((SELECT SUM(CAST(cantidad AS DECIMAL(18,4))) FROM pedido_linea WHERE articulo = :product), 0)
FROM almacen WHERE cve = :product
"""
ANSWERS = ("ACEPTADO", "PROCESADO", "CANCELADO")

_who = st.integers(0, 2)
_crash = st.sampled_from((None, None, *range(3, 60, 8), *range(60, 400, 45)))  # at which boundary, if at all
_ACTIONS = st.one_of(
    st.tuples(st.just("register"), _who),
    st.tuples(st.just("shop_edit"), _who),
    st.tuples(st.just("erp_edit"), _who),
    st.tuples(st.just("order"), _who, st.integers(1, 3), st.booleans()),
    st.tuples(st.just("answer"), st.integers(0, 4), st.sampled_from(ANSWERS)),
    st.tuples(st.just("work"), st.sampled_from(("shop", "deliver", "erp_reads", "erp", "shop_reads")), _crash),
    st.tuples(st.just("work"), st.sampled_from(("shop", "deliver", "erp_reads", "erp", "shop_reads")), _crash),
)
HISTORIES = st.lists(_ACTIONS, min_size=12, max_size=30)


class History:
    """Plays one history in a world and keeps the books of what people wrote and saw."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.numbers: dict[int, int] = {}  # which customer → the shop's number
        self.written: dict[int, set[str]] = defaultdict(set)
        self.overwritten: dict[int, set[str]] = defaultdict(set)  # seen by whoever wrote the next value
        self.orders: dict[str, dict[str, int]] = {}
        self.runs = self.crashes = 0

    def begin(self) -> None:
        """Two customers whom both sides know, so that edits meet."""
        for who in (0, 1):
            self.do_register(who)
        for _ in range(3):
            self._cycle()

    def after(self, begun: History) -> History:
        """The books as they were when the world was kept."""
        self.numbers |= begun.numbers
        for who, values in begun.written.items():
            self.written[who] |= values
        return self

    def play(self, actions: list[tuple[Any, ...]]) -> None:
        for verb, *rest in actions:
            getattr(self, f"do_{verb}")(*rest)
        expire_leases(self.world)
        crossed = [self._cycle() for _ in range(7)]
        assert crossed[-2:] == [0, 0], f"it does not come to rest: {crossed}"

    # ---------------------------------------------------------- people
    def do_register(self, who: int) -> None:
        if who not in self.numbers:
            value = self._new(who)
            fields = {"name": f"Cliente {who}", "tax_id": f"RFC85010{who}AB1", "phone": value}
            self.numbers[who] = int(self.world.shop_own("shop_company", **fields))

    def do_shop_edit(self, who: int) -> None:
        if who in self.numbers:
            table = own_tables.shop_company
            self._edit(self.world.platform, table, table.c.id == self.numbers[who], table.c.phone, who)

    def do_erp_edit(self, who: int) -> None:
        if who in self.numbers:
            table = own_tables.cliente
            self._edit(self.world.erp, table, table.c.referencia == str(self.numbers[who]), table.c.telefono, who)

    def _edit(self, db: Any, table: Table, here: Any, column: Any, who: int) -> None:
        with db.begin() as conn:
            seen = conn.execute(select(column).where(here)).scalar()
            if seen is not None:
                self.overwritten[who].add(seen)
                conn.execute(update(table).where(here).values({column.name: self._new(who)}))

    def _new(self, who: int) -> str:
        value = f"{who}-{len(self.written[who]) + 1}"
        self.written[who].add(value)
        return value

    def do_order(self, who: int, pieces: int, both: bool) -> None:
        if who not in self.numbers or len(self.orders) == 5:
            return
        number = f"O{len(self.orders) + 1}"
        lines = {"A1": pieces, "A2": 1} if both else {"A1": pieces}
        self.orders[number] = lines
        total = str(10 * sum(lines.values()))
        sums = dict.fromkeys(("subtotal", "discounted", "shipped", "total"), total)
        with self.world.platform.begin() as conn:
            fields = {"id": number, "company_id": self.numbers[who], "ship_email": "a@example.mx", **sums}
            conn.execute(insert(own_tables.shop.tables["shop_order"]).values(**fields))
            for product, quantity in lines.items():
                line = {"id": f"{number}-{product}", "order_id": number, "product": product}
                amounts = {"quantity": str(quantity), "price": "10", "amount": str(10 * quantity)}
                conn.execute(insert(own_tables.shop.tables["shop_order_line"]).values(**line, **amounts))

    def do_answer(self, which: int, state: str) -> None:
        table = own_tables.pedido
        with self.world.erp.begin() as conn:
            conn.execute(update(table).where(table.c.cve == f"O{which + 1}").values(estado=state))

    # ---------------------------------------------------------- workers
    def do_work(self, what: str, crash: int | None) -> None:
        def act(number: int, label: str) -> None:
            if crash is not None and number >= crash:
                raise Crash(label)

        expire_leases(self.world)
        boundaries.watch(boundaries.Counter(act))
        try:
            getattr(self, f"_{what}")()
        except Crash:
            self.crashes += 1
            for db in (self.world.erp, self.world.platform):
                db.engine.dispose()
        except PuenteError as error:
            assert type(error).__name__ == "LeaseHeld", error
        finally:
            boundaries.watch(None)

    def _cycle(self) -> int:
        sent = self._erp()
        self._shop_reads()
        self._shop()
        sent += sum(self._deliver().values())
        self._erp_reads()
        return sent

    def _run(self) -> Any:
        self.runs += 1
        return self.world.next_run(f"h{self.runs}")

    def _shop(self) -> None:
        for entity in CUSTOMERS:
            capture.capture(self.world.bridge, entity, self._run(), side="platform")
        emission.emit_orders(self.world.bridge, self._run())

    def _deliver(self) -> dict[str, int]:
        return outbox.deliver(self.world.bridge, self._run())

    def _erp_reads(self) -> None:
        self._carry("erp")

    def _erp(self) -> int:
        crossed = confirm.confirm_orders(self.world.bridge, self._run())
        for entity in (*CUSTOMERS, "order_states"):
            found = capture.capture(self.world.bridge, entity, self._run())
            crossed += found.upserts + found.deletes if found else 0
        return crossed

    def _shop_reads(self) -> None:
        self._carry("platform")

    def _carry(self, reader: Any) -> None:
        done = self.world.run(self._run().run_id, reader=reader)
        wrong = {entity: error for entity, error in done.errors.items() if type(error).__name__ != "LeaseHeld"}
        assert wrong == {}


# ---------------------------------------------------------------- the oracle
def check(history: History, seen: Counter[str]) -> None:
    """AssertionError when the end is not what must be; `seen` counts what the histories have exercised."""
    world = history.world
    seen["crashes"] += history.crashes
    seen["customers"] += len(history.numbers)
    seen["conflicts"] += len(world.rows_of("erp", schema.conflict)) + len(world.rows_of("platform", schema.conflict))
    seen["emitted"] += sum(bool(row["emitted_at"]) for row in world.rows_of("platform", schema.order))
    seen["refused"] += sum(row["state"].startswith("RECHAZADO") for row in world.rows_of("platform", schema.order))
    assert ledger.verify(world.erp, "main") == ledger.verify(world.platform, "main") == []
    _check_customers(history)
    _check_orders(history)


def _check_customers(history: History) -> None:
    world = history.world
    with world.erp.read() as conn:
        there = {row.referencia: row for row in conn.execute(select(own_tables.cliente))}
    with world.platform.read() as conn:
        here = {row.id: row for row in conn.execute(select(own_tables.shop_company))}
    assert sorted(there) == sorted(str(number) for number in here) == sorted(map(str, history.numbers.values()))
    losers = "\n".join(
        row["loser"]
        for side in ("erp", "platform")
        for row in world.rows_of(side, schema.conflict)  # type: ignore[arg-type]
    )
    for who, number in history.numbers.items():
        erp, shop = there[str(number)], here[number]
        assert (shop.erp_id, shop.name, shop.phone) == (erp.cve, erp.nombre, erp.telefono), f"customer {who} differs"
        for value in history.written[who] - history.overwritten[who] - {shop.phone}:
            assert f'"{value}"' in losers, f"customer {who}: {value} was overwritten unseen"


def _check_orders(history: History) -> None:
    world = history.world
    known = {row["order_id"]: row for row in world.rows_of("platform", schema.order)}
    assert known.keys() == history.orders.keys()
    with world.erp.read() as conn:
        headers = Counter(conn.execute(select(own_tables.pedido.c.cve)).scalars())
        lines: dict[str, dict[str, int]] = defaultdict(dict)
        for row in conn.execute(select(own_tables.pedido_linea)):
            lines[row.pedido][row.articulo] = int(Decimal(str(row.cantidad)))
    emitted = {number for number, row in known.items() if row["emitted_at"]}
    assert headers == Counter(emitted), "an order is in the ERP once, or not at all"
    assert dict(lines) == {number: history.orders[number] for number in emitted}
    for product, pieces in STOCK.items():
        assert sum(history.orders[number].get(product, 0) for number in emitted) <= pieces, f"{product} was oversold"
    for number, row in known.items():
        assert (number in emitted) == (row["state"] not in ("VALIDANDO EXISTENCIAS", "RECHAZADO POR EXISTENCIAS"))
        assert row["state"] != "EMITIENDO AL ERP", f"{number}: RECIBIDO was never said"
    mails = Counter((m["order_id"], m["state"], m["recipient"]) for m in world.rows_of("platform", schema.mail))
    assert max(mails.values(), default=1) == 1


# ---------------------------------------------------------------- the test
@pytest.fixture
def hooks() -> Iterator[None]:
    boundaries.install()
    with jobs.remembering():
        yield
    boundaries.remove()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("pair", EXAMPLES)
def test_random_histories_in_both_directions(
    pair: str, make_world: Callable[[str], World], databases: Databases, hooks: None, tmp_path: Path
) -> None:
    world = make_world(pair)
    world.set(
        receive_chunk=3, validate_chunk=3, apply_chunk=2, clear_chunk=2,
        expectations_dir=databases.lean_expectations(),
    )  # fmt: skip
    world.use_profile("erp", {"stock.sql": LOWERED_ON_ARRIVAL})
    for product, pieces in STOCK.items():
        world.own("articulo", cve=product, sku=f"S-{product}", nombre="Llanta", precio="10")
        world.own("almacen", cve=product, piezas=str(pieces))
    world.capture("products")
    world.run_until_quiet()
    begun = History(world)
    begun.begin()
    start, seen = Snapshot(world, tmp_path / "start"), Counter[str]()

    @settings(
        max_examples=THOROUGH or EXAMPLES[pair], derandomize=not THOROUGH, database=None, deadline=None,
        suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )  # fmt: skip
    @given(HISTORIES)
    def play(actions: list[tuple[Any, ...]]) -> None:
        start.restore(world)
        history = History(world).after(begun)
        history.play(actions)
        check(history, seen)

    play()
    assert all(seen[what] for what in ("crashes", "customers", "conflicts", "emitted", "refused")), seen
