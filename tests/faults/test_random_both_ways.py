"""P5, P9, P11, P15, P17, P27, H8, H12, H13: both directions at once: edits on both sides, orders, mails, crashes.

Hypothesis makes a history; the oracle knows what people wrote and what they saw when they wrote it. In the end both
sides are equal, nothing crosses any more, and every value that somebody wrote is the one that stands, or was seen by
whoever wrote over it, or is listed as the loser of a conflict. Orders are in the ERP once and whole, or not at all;
of each transition one mail is sent once, or is listed as doubtful after a crash.
A crash is an exception that no further statement of the worker survives.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, and_, insert, select, update

from faults import boundaries, jobs
from faults.jobs import Crash
from faults.state import Snapshot, expire_leases
from kit import own_tables
from kit.databases import Databases
from kit.world import World
from puente.db import schema
from puente.errors import PuenteError
from puente.orders import confirm, emission, mail
from puente.sync import capture, ledger, outbox

EXAMPLES = {"sqlite-sqlite": 10, "mariadb-mariadb": 4}
THOROUGH = int(os.environ.get("PUENTE_FAULTS_EXAMPLES", "0"))
CUSTOMERS = ("companies", "contacts")
DELETED = 3  # the customer who may be deleted, on either side, and who orders nothing
STOCK = {"A1": 3, "A2": 2}
LOWERED_ON_ARRIVAL = """
SELECT CAST(piezas AS DECIMAL(18,4))
       - COALESCE((SELECT SUM(CAST(cantidad AS DECIMAL(18,4))) FROM pedido_linea WHERE articulo = :product), 0)
FROM almacen WHERE cve = :product
"""
COUNTED = ("crashes", "contacts", "deleted", "conflicts", "emitted", "refused", "mails")
ANSWERS = ("ACEPTADO", "PROCESADO", "CANCELADO")

Who = tuple[str, int]
ERP = {"companies": own_tables.cliente, "contacts": own_tables.persona}
SHOP = {"companies": own_tables.shop_company, "contacts": own_tables.shop_contact}
FIELDS = {"companies": ("telefono", "phone"), "contacts": ("correo", "email")}  # what people edit, there and here

_who = st.integers(0, 2)
_edited = st.sampled_from([("companies", who) for who in (0, 1, 2, DELETED)] + [("contacts", who) for who in (0, 1)])
_crash = st.sampled_from((None, None, *range(3, 60, 8), *range(60, 400, 45)))  # at which boundary, if at all
_work = st.sampled_from(("shop", "deliver", "erp_reads", "erp", "shop_reads", "mail"))
_ACTIONS = st.one_of(
    st.tuples(st.just("register"), st.integers(0, 3)),
    st.tuples(st.just("register_contact"), _who),
    st.tuples(st.just("shop_edit"), _edited),
    st.tuples(st.just("erp_edit"), _edited),
    st.tuples(st.just("delete"), st.sampled_from(("erp", "platform"))),
    st.tuples(st.just("order"), _who, st.integers(1, 3), st.booleans()),
    st.tuples(st.just("answer"), st.integers(0, 4), st.sampled_from(ANSWERS)),
    st.tuples(st.just("work"), _work, _crash),
    st.tuples(st.just("work"), _work, _crash),
)
HISTORIES = st.lists(_ACTIONS, min_size=12, max_size=30)


class History:
    """Plays one history in a world and keeps the books of what people wrote and saw."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.numbers: dict[Who, int] = {}  # which customer or contact → the shop's number
        self.written: dict[Who, set[str]] = defaultdict(set)
        self.overwritten: dict[Who, set[str]] = defaultdict(set)  # seen by whoever wrote the next value
        self.deleted = False
        self.orders: dict[str, dict[str, int]] = {}
        self.taken: Counter[str] = Counter()  # by the mail server
        self.runs = self.crashes = self.mail_crashes = 0

    def begin(self) -> None:
        """Customers and a contact whom both sides know, so that edits meet."""
        for who in (0, 1, DELETED):
            self.do_register(who)
        self.do_register_contact(0)
        for _ in range(3):
            self._cycle()

    def after(self, begun: History) -> History:
        """The books as they were when the world was kept."""
        self.numbers |= begun.numbers
        for whom, values in begun.written.items():
            self.written[whom] |= values
        return self

    def play(self, actions: list[tuple[Any, ...]]) -> None:
        for verb, *rest in actions:
            getattr(self, f"do_{verb}")(*rest)
        expire_leases(self.world)
        crossed = [self._cycle() for _ in range(7)]
        assert crossed[-2:] == [0, 0], f"it does not come to rest: {crossed}"

    # ---------------------------------------------------------- people
    def do_register(self, who: int) -> None:
        if ("companies", who) not in self.numbers:
            value = self._new(("companies", who))
            fields = {"name": f"Cliente {who}", "tax_id": f"RFC85010{who}AB1", "phone": value}
            self.numbers["companies", who] = int(self.world.shop_own("shop_company", **fields))

    def do_register_contact(self, who: int) -> None:
        if ("companies", who) in self.numbers and ("contacts", who) not in self.numbers:
            fields = {"names": f"Persona {who}", "email": self._new(("contacts", who))}
            number = self.world.shop_own("shop_contact", company_id=self.numbers["companies", who], **fields)
            self.numbers["contacts", who] = int(number)

    def do_shop_edit(self, whom: Who) -> None:
        table = SHOP[whom[0]]
        self._edit(self.world.platform, table, table.c.id, table.c[FIELDS[whom[0]][1]], table.c.active, whom)

    def do_erp_edit(self, whom: Who) -> None:
        table = ERP[whom[0]]
        self._edit(self.world.erp, table, table.c.referencia, table.c[FIELDS[whom[0]][0]], table.c.activo, whom)

    def _edit(self, db: Any, table: Table, number: Any, column: Any, active: Any, whom: Who) -> None:
        if (value := self.numbers.get(whom)) is None:
            return
        here = and_(number == (str(value) if number.name == "referencia" else value), active == 1)
        with db.begin() as conn:
            seen = conn.execute(select(column).where(here)).scalar()
            if seen is not None:
                self.overwritten[whom].add(seen)
                conn.execute(update(table).where(here).values({column.name: self._new(whom)}))

    def _new(self, whom: Who) -> str:
        value = f"{whom[0][:3]}{whom[1]}-{len(self.written[whom]) + 1}"
        self.written[whom].add(value)
        return value

    def do_delete(self, side: str) -> None:
        number = self.numbers["companies", DELETED]
        with (self.world.erp if side == "erp" else self.world.platform).begin() as conn:
            if side == "erp":
                table = own_tables.cliente
                deleted = update(table).where(table.c.referencia == str(number), table.c.activo == 1).values(activo=0)
            else:
                table = own_tables.shop_company
                deleted = update(table).where(table.c.id == number, table.c.active == 1).values(active=0)
            self.deleted |= bool(conn.execute(deleted).rowcount)

    def do_order(self, who: int, pieces: int, both: bool) -> None:
        if ("companies", who) not in self.numbers or len(self.orders) == 5:
            return
        number = f"O{len(self.orders) + 1}"
        lines = {"A1": pieces, "A2": 1} if both else {"A1": pieces}
        self.orders[number] = lines
        total = str(10 * sum(lines.values()))
        sums = dict.fromkeys(("subtotal", "discounted", "shipped", "total"), total)
        with self.world.platform.begin() as conn:
            fields = {"id": number, "company_id": self.numbers["companies", who], "ship_email": "a@example.mx", **sums}
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
            self.mail_crashes += what == "mail"
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
        self._mail()
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

    def _mail(self) -> None:
        seconds = self.world.settings.lease_seconds
        mail.send_mails(self.world.platform, self.world.link.link_id, self._run().owner, self._take, seconds)

    def _take(self, message: EmailMessage) -> None:
        boundaries.reach("before the mail")
        self.taken[message["Message-ID"]] += 1
        boundaries.reach("after the mail")

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
    seen["contacts"] += sum(kind == "contacts" for kind, _ in history.numbers)
    seen["conflicts"] += len(world.rows_of("erp", schema.conflict)) + len(world.rows_of("platform", schema.conflict))
    seen["emitted"] += sum(bool(row["emitted_at"]) for row in world.rows_of("platform", schema.order))
    seen["refused"] += sum(row["state"].startswith("RECHAZADO") for row in world.rows_of("platform", schema.order))
    assert ledger.verify(world.erp, "main") == ledger.verify(world.platform, "main") == []
    for kind in CUSTOMERS:
        seen["deleted"] += _check_customers(history, kind)
    _check_orders(history)
    seen["mails"] += _check_mails(history)


def _check_customers(history: History, kind: str) -> int:
    """Returns how many are deleted, on both sides."""
    world, (erp_field, shop_field) = history.world, FIELDS[kind]
    with world.erp.read() as conn:
        there = {row.referencia: row for row in conn.execute(select(ERP[kind]))}
    with world.platform.read() as conn:
        here = {row.id: row for row in conn.execute(select(SHOP[kind]))}
    mine = {whom: number for whom, number in history.numbers.items() if whom[0] == kind}
    assert sorted(there) == sorted(str(number) for number in here) == sorted(map(str, mine.values()))
    losers = "\n".join(
        row["loser"]
        for side in ("erp", "platform")
        for row in world.rows_of(side, schema.conflict)  # type: ignore[arg-type]
    )
    gone = 0
    for whom, number in mine.items():
        erp, shop = there[str(number)], here[number]
        assert (shop.erp_id, shop.active) == (erp.cve, erp.activo), f"{whom} differs"
        if not shop.active:
            assert whom == ("companies", DELETED) and history.deleted, f"{whom} was deleted by nobody"
            gone += 1
            continue
        value = getattr(shop, shop_field)
        assert value == getattr(erp, erp_field), f"{whom} differs"
        for other in history.written[whom] - history.overwritten[whom] - {value}:
            assert f'"{other}"' in losers, f"{whom}: {other} was overwritten unseen"
    return gone


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


def _check_mails(history: History) -> int:
    """Returns how many were sent."""
    mails = history.world.rows_of("platform", schema.mail)
    said = {
        (row["order_id"], row["state"])
        for row in history.world.rows_of("platform", schema.order_history)
        if row["verdict"] == "applied"
    }
    assert Counter((row["order_id"], row["state"]) for row in mails) == Counter(said), "one mail for each transition"
    by_status: dict[str, set[str]] = defaultdict(set)
    for row in mails:
        by_status[row["status"]].add(row["message_id"])
    assert by_status.keys() <= {"sent", "doubtful"}, by_status.keys()
    assert len(by_status["doubtful"]) <= history.mail_crashes
    assert max(history.taken.values(), default=0) <= 1, "a mail was sent twice"
    assert by_status["sent"] <= history.taken.keys() <= by_status["sent"] | by_status["doubtful"]
    return len(by_status["sent"])


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
    assert all(seen[what] for what in COUNTED), seen
