"""P1, P3, P4, P5, P14, P28, H1, H2, H6: random interleavings of producers, late commits, readers, crashes and reruns.

Hypothesis makes a history; a simple oracle, which only knows what the producers did, says what the shop must show
in the end: for each key the last row by position that was not set aside, applied once, and a reason for all others.
A crash is an exception that no further statement of the worker survives (real kills are in test_kill_sweep).
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, update

from faults import boundaries, jobs
from faults.jobs import Batches, Crash, Done, Step, carriage, carry_all, run_step
from faults.state import Snapshot, expire_leases
from kit.world import World
from puente.contract import ENTITIES, queue_for
from puente.db import schema
from puente.db.queues import update_trigger
from puente.errors import PuenteError
from puente.quality.suites import load_suite
from puente.settings import ROOT
from puente.sync import peek, quarantine, validate
from puente.transforms.canonical import canonical_text
from puente.transforms.frames import gate_frame

USED = ("categories", "products", "product_categories", "companies")
UNGUARDED = "companies"  # a vendor's queue, where a row may be updated
EXAMPLES = {"sqlite-sqlite": 35, "mariadb-mariadb": 10}
THOROUGH = int(os.environ.get("PUENTE_FAULTS_EXAMPLES", "0"))

# ---------------------------------------------------------------- histories
_key = st.integers(1, 4)
_put = st.one_of(
    st.tuples(st.just("put"), st.just("categories"), _key, st.sampled_from((None, 1, 2, 3, 4, 9)), st.integers(0, 3)),
    st.tuples(st.just("put"), st.just("products"), _key, st.integers(1, 5), st.sampled_from((0, 1, 2, 3, -1))),
    st.tuples(st.just("put"), st.just("product_categories"), _key, st.integers(1, 4), st.just(0)),
    st.tuples(st.just("put"), st.just("companies"), _key, st.none(), st.sampled_from((0, 1, 2, 3, -1))),
)
_delete = st.tuples(st.just("delete"), st.sampled_from(USED), _key, st.integers(1, 4))
_crash = st.sampled_from((None, None, None, *range(3, 60, 6), *range(60, 600, 45)))  # at which boundary, if at all
_expired = st.sampled_from((True, True, True, False))  # whether the leases of the dead ran out before
_run = st.tuples(st.just("run"), _crash, _expired)
_step = st.tuples(st.just("step"), st.integers(0, 1), st.integers(1, 12), _crash, _expired)
_again = st.tuples(st.just("again"), st.integers(0, 1), st.integers(0, 30), _crash, _expired)
_truncate = st.tuples(st.just("truncate"), st.sampled_from(("categories", "products", "companies")), st.booleans())
_update = st.tuples(st.just("update"), st.integers(0, 3), st.integers(4, 7))
_open = st.tuples(st.just("open"), _key, st.integers(0, 3))
_commit = st.tuples(st.just("commit"), st.sampled_from((True, True, True, False)))
_release = st.tuples(st.just("release"), st.integers(0, 5), st.booleans())
_discard = st.tuples(st.just("discard"), st.integers(0, 5))
_WEIGHTS = (
    (_put, 14), (_delete, 3), (_run, 3), (_step, 5), (_again, 2), (_truncate, 1), (_update, 2), (_open, 2),
    (_commit, 1), (_release, 2), (_discard, 1),
)  # fmt: skip
_action = st.sampled_from([kind for kind, weight in _WEIGHTS for _ in range(weight)]).flatmap(lambda kind: kind)
HISTORIES = st.lists(_action, min_size=15, max_size=40)


# ---------------------------------------------------------------- what the producers did
@dataclass
class Produced:
    """One version of one queue row. `rank` says which of two rows of a key is the later one."""

    entity: str
    key: str
    row_id: int
    rank: tuple[int, int, int]  # (restarts of the queue's ids, ID_Registro, updates of the row)
    op: str
    fields: dict[str, Any]
    bad: bool
    lost: bool = False  # its producer took it back before anybody had read it


@dataclass
class Model:
    produced: list[Produced] = field(default_factory=list)
    restarts: Counter[str] = field(default_factory=Counter)

    def add(self, entity: str, key: str, row_id: int, op: str, fields: dict[str, Any], *, bad: bool) -> None:
        rank = (self.restarts[entity], row_id, 0)
        self.produced.append(Produced(entity, key, row_id, rank, op, fields, bad))


def _row(entity: str, key: int, other: int | None, variant: int) -> tuple[str, dict[str, Any]]:
    match entity:
        case "categories":
            parent = None if other is None or other == key else f"F{other}"
            return f"F{key}", {"ID_Categoria": f"F{key}", "Nombre": f"n{variant}", "ID_Categoria_Padre": parent}
        case "products":
            fields = {"ID_Producto": f"A{key}", "SKU": f"S{other}", "Nombre": "n", "Precio_1": f"{variant}"}
            return f"A{key}", fields
        case "product_categories":
            return f"F{key}|A{other}", {"ID_Categoria": f"F{key}", "ID_Producto": f"A{other}"}
    return f"C{key}", {"ID_Empresa": f"C{key}", "Nombre_Empresa": f"n{variant}" if variant >= 0 else None}


class History:
    """Plays one history in a world and keeps the books."""

    def __init__(self, world: World) -> None:
        self.world, self.model = world, Model()
        self.late: tuple[Connection, str, int, dict[str, Any]] | None = None
        self.runs: list[tuple[list[Step], int, Batches]] = [(carriage(f"a{n}", USED), 0, {}) for n in range(2)]
        self.number = 0

    def play(self, actions: list[tuple[Any, ...]]) -> None:
        try:
            for verb, *rest in actions:
                getattr(self, f"do_{verb}")(*rest)
            self.do_commit(True)
        finally:
            self._close_late()
        self._come_to_rest()

    # ---------------------------------------------------------- producers
    def do_put(self, entity: str, key: int, other: int | None, variant: int) -> None:
        name, fields = _row(entity, key, other, variant)
        row_id = self._insert(entity, fields, "U")
        self.model.add(entity, name, row_id, "U", fields, bad=variant < 0)

    def do_delete(self, entity: str, key: int, other: int) -> None:
        name, fields = _row(entity, key, other, 0)
        fields = {c: fields[c] for c in ENTITIES[entity].key}
        self.model.add(entity, name, self._insert(entity, fields, "D"), "D", fields, bad=False)

    def _insert(self, entity: str, fields: dict[str, Any], op: str, conn: Connection | None = None) -> int:
        row = {"Operacion": op, **fields}
        if "Precio_1" in row:
            row["Precio_1"] = self.world._number(row["Precio_1"])
        statement = insert(self.world.queue_table(entity))
        if conn is not None:
            return int(conn.execute(statement, row).inserted_primary_key[0])
        with self.world.erp.begin() as own:
            return int(own.execute(statement, row).inserted_primary_key[0])

    def do_truncate(self, entity: str, restart: bool) -> None:
        if self.late is not None:
            return  # TRUNCATE would wait for the open transaction
        landed = self._landed(entity)
        waiting = set(self.world.queue_ids(entity))
        self.world.empty_queue(entity, restart=restart)
        for row in self.model.produced:
            now = row.rank[0] == self.model.restarts[entity]
            if row.entity == entity and now and row.row_id in waiting and _identity(row) not in landed:
                row.lost = True
        self.model.restarts[entity] += restart

    def do_update(self, which: int, variant: int) -> None:
        """A vendor's program changes the last queue row of a company in place."""
        now, waiting = self.model.restarts[UNGUARDED], set(self.world.queue_ids(UNGUARDED))
        last = {r.key: r for r in sorted(self.model.produced, key=lambda r: r.rank) if r.entity == UNGUARDED}
        rows = [r for r in last.values() if r.rank[0] == now and r.row_id in waiting and r.op == "U"]
        if not rows or self.late is not None and self.world.erp.dialect == "sqlite":
            return
        row = rows[which % len(rows)]
        if _identity(row) not in self._landed(UNGUARDED):
            row.lost = True
        fields = {**row.fields, "Nombre_Empresa": f"n{variant}"}
        table = self.world.queue_table(UNGUARDED)
        with self.world.erp.begin() as conn:
            conn.execute(update(table).where(table.c.ID_Registro == row.row_id).values(Nombre_Empresa=f"n{variant}"))
        rank = (row.rank[0], row.row_id, row.rank[2] + 1)
        self.model.produced.append(Produced(UNGUARDED, row.key, row.row_id, rank, "U", fields, bad=False))

    def _landed(self, entity: str) -> set[tuple[Any, ...]]:
        return {_landed_identity(entity, row) for row in self.world.inbox(entity)}

    def do_open(self, key: int, variant: int) -> None:
        """A transaction that takes an id and stays open (MariaDB: SQLite has one writer)."""
        if self.late is not None or self.world.erp.dialect == "sqlite":
            return
        _, fields = _row("products", key, key, variant)
        conn = self.world.erp.engine.connect()
        conn.begin()
        self.late = (conn, f"A{key}", self._insert("products", fields, "U", conn), fields)

    def do_commit(self, really: bool) -> None:
        if self.late is None:
            return
        conn, key, row_id, fields = self.late
        if really:
            conn.commit()
            self.model.add("products", key, row_id, "U", fields, bad=False)
        self._close_late()

    def _close_late(self) -> None:
        if self.late is not None:
            self.late[0].close()
            self.late = None

    # ---------------------------------------------------------- readers
    def do_run(self, crash: int | None, expired: bool) -> None:
        self.number += 1
        self._work(crash, expired, lambda: carry_all(self.world, f"r{self.number}", Done()))

    def do_step(self, which: int, count: int, crash: int | None, expired: bool) -> None:
        """The next tasks of one of two runs that go on side by side."""

        def work() -> None:
            for _ in range(count):
                steps, at, batches = self.runs[which]
                if at == len(steps):
                    self.number += 1
                    steps, at, batches = carriage(f"b{self.number}", USED), 0, {}
                self.runs[which] = (steps, at, batches)
                run_step(self.world, steps[at], batches)
                self.runs[which] = (steps, at + 1, batches)

        self._work(crash, expired, work)

    def do_again(self, which: int, back: int, crash: int | None, expired: bool) -> None:
        """Clear a task that was done before, alone."""
        steps, at, batches = self.runs[which]
        if at:
            step = steps[max(0, at - 1 - back)]
            self._work(crash, expired, lambda: run_step(self.world, step, batches))

    def _work(self, crash: int | None, expired: bool, work: Callable[[], object]) -> None:
        """Work until it is done, or crashes at that boundary, or is refused."""

        def act(number: int, label: str) -> None:
            if crash is not None and number >= crash:
                raise Crash(label)

        if expired:
            expire_leases(self.world)
        boundaries.watch(boundaries.Counter(act))
        try:
            work()
        except Crash:
            for db in (self.world.erp, self.world.platform):
                db.engine.dispose()
        except PuenteError as error:
            assert type(error).__name__ in ("LeaseHeld", "GateClosed"), error
        finally:
            boundaries.watch(None)

    # ---------------------------------------------------------- people
    def do_release(self, which: int, mended: bool) -> None:
        row = self._set_aside(which)
        if row is None:
            return
        entity, inbox_id = row.entity, row.inbox_id
        changes = {"products": {"Precio_1": "5"}, "companies": {"Nombre_Empresa": "mended"}}.get(entity, {})
        if row.operation == "D" or not mended:
            changes = {}
        self._decide(lambda: quarantine.release(self.world.route(entity), inbox_id, "Ana", "prueba", changes))

    def do_discard(self, which: int) -> None:
        row = self._set_aside(which)
        if row is not None:
            entity, inbox_id = row.entity, row.inbox_id
            self._decide(lambda: quarantine.discard(self.world.route(entity), inbox_id, "Ana", "prueba"))

    def _set_aside(self, which: int) -> quarantine.SetAside | None:
        rows = quarantine.list_rows(self.world.bridge, "platform")
        return rows[which % len(rows)] if rows else None

    def _decide(self, decision: Callable[[], object]) -> None:
        try:
            decision()
        except PuenteError as error:  # a dead worker's lease
            assert type(error).__name__ == "LeaseHeld", error

    def _come_to_rest(self) -> None:
        """Whole runs until there is nothing to do; whoever looks after it opens the gates that closed."""
        expire_leases(self.world)
        for _ in range(12):
            for batch in quarantine.list_batches(self.world.bridge, "platform"):
                quarantine.release_batch(self.world.bridge, "platform", batch["batch_id"], "Ana", "prueba")
            if not peek.find_work(self.world.bridge, "platform"):
                return
            self.number += 1
            done = carry_all(self.world, f"r{self.number}", Done())
            assert all(error.startswith("GateClosed") for error in done.errors.values()), done.errors
        raise AssertionError(f"it does not come to rest: {peek.find_work(self.world.bridge, 'platform')}")


def _identity(row: Produced) -> tuple[Any, ...]:
    return (row.row_id, row.op, tuple(sorted((k, _text(v)) for k, v in row.fields.items())))


def _landed_identity(entity: str, row: dict[str, Any]) -> tuple[Any, ...]:
    names = {
        "categories": ("ID_Categoria", "Nombre", "ID_Categoria_Padre"),
        "products": ("ID_Producto", "SKU", "Nombre", "Precio_1"),
        "product_categories": ("ID_Categoria", "ID_Producto"),
        "companies": ("ID_Empresa", "Nombre_Empresa"),
    }[entity]
    if row["op"] == "D":
        names = ENTITIES[entity].key
    return (row["id_registro"], row["op"], tuple(sorted((name, _text(row[name])) for name in names)))


def _text(value: Any) -> str:
    """Whole prices only, so that '5' and '5.0000' are told to be the same simply."""
    return "" if value is None else str(value).removesuffix(".0000")


# ---------------------------------------------------------------- the oracle
GOOD_ENDS = ("applied", "unchanged")
SHOP = {  # inbox column → shop column
    "categories": {"Nombre": "title", "ID_Categoria_Padre": "parent"},
    "products": {"SKU": "sku", "Nombre": "name", "Precio_1": "price_1"},
    "product_categories": {},
    "companies": {"Nombre_Empresa": "name"},
}
SET_RULES = {
    "categories.parents.known", "categories.parents.no_cycle", "products.sku.unique",
    "product_categories.parents.known", "target.refused", "worker.killed",
}  # fmt: skip


def check(history: History) -> None:
    world = history.world
    world.check_invariants()
    for entity in USED:
        _check_entity(world, history.model, entity)


def _check_entity(world: World, model: Model, entity: str) -> None:
    original = _originals(world, entity)
    inbox = [row for row in world.inbox(entity) if row["state"] != "duplicate"]
    found = Counter(_landed_identity(entity, {**row, **original.get(row["inbox_id"], {})}) for row in inbox)
    made = Counter(_identity(p) for p in model.produced if p.entity == entity and not p.lost)
    assert found == made, f"{entity}: lost {made - found}, doubled {found - made}"

    ranks: dict[tuple[Any, ...], list[Produced]] = defaultdict(list)
    for produced in sorted((p for p in model.produced if p.entity == entity and not p.lost), key=lambda p: p.rank):
        ranks[_identity(produced)].append(produced)
    by_key: dict[str, list[tuple[tuple[int, int, int], dict[str, Any]]]] = defaultdict(list)
    for row in sorted(inbox, key=_position):  # of two rows that say the same under one id, the older was landed first
        produced = ranks[_landed_identity(entity, {**row, **original.get(row["inbox_id"], {})})].pop(0)
        by_key[row["record_key"]].append((produced.rank, row))
        if produced.bad and row["inbox_id"] not in original:
            assert row["state"] in ("quarantined", "discarded"), f"{entity}: a bad row is {row['state']}: {row}"

    shop = world.shop_rows(entity, active_only=False)
    rules: dict[int, set[str]] = defaultdict(set)
    for finding in world.findings(entity):
        rules[finding["inbox_id"]].add(finding["rule_id"])
    for key, rows in by_key.items():
        _check_key(world, entity, key, rows, rules, shop.get(key), bad={
            p.row_id for p in model.produced if p.entity == entity and p.bad
        })  # fmt: skip
    assert shop.keys() <= by_key.keys()


def _position(row: dict[str, Any]) -> tuple[int, int, int]:
    return (row["epoch"], row["id_registro"], row.get("revision") or 0)


def _check_key(
    world: World,
    entity: str,
    key: str,
    rows: list[tuple[tuple[int, int, int], dict[str, Any]]],
    rules: dict[int, set[str]],
    shown: dict[str, Any] | None,
    bad: set[int],
) -> None:
    by_rank = sorted(rows, key=lambda pair: pair[0])
    by_position = sorted(rows, key=lambda pair: _position(pair[1]))
    assert [id(row) for _, row in by_rank] == [id(row) for _, row in by_position], f"{entity} {key}: order was lost"

    ended = [row for _, row in by_rank if row["state"] in GOOD_ENDS]
    last = ended[-1] if ended else None
    for number, (_, row) in enumerate(by_rank):
        later = [other for _, other in by_rank[number + 1 :]]
        match row["state"]:
            case "superseded":
                good = [
                    other for other in later if other["gate"] == 1 or other["forced"] or other["state"] == "discarded"
                ]
                assert good, f"{entity} {key}: superseded by nothing: {row}"
            case "quarantined":
                why = rules[row["inbox_id"]]
                assert why, f"{entity} {key}: set aside without a reason: {row}"
                assert row["id_registro"] in bad or row["forced"] or why <= SET_RULES, f"{entity} {key}: {why}"
            case "held":
                assert rules[row["inbox_id"]] <= SET_RULES and row["waits_for"], row
                if not row["waits_for"].startswith("free:"):
                    parent = world.record(row["waits_for"], row["waits_key"])
                    assert parent is None or not parent["active"], f"{entity} {key} waits for what is there"
            case state:
                assert state in (*GOOD_ENDS, "discarded"), f"{entity} {key}: {state} at rest"

    record = world.record(entity, key)
    applied = sum(row["state"] == "applied" for _, row in by_rank)
    stones = bool(ended) and ended[0]["op"] == "D"  # a delete of what never was leaves a record, so that it is known
    assert (record["version"] if record else 0) == applied + stones, f"{entity} {key}: {record} after {applied} rows"
    if last is None or (last["op"] == "D" and not applied):
        assert shown is None or not applied, f"{entity} {key}: nobody sent {shown}"
    elif last["op"] == "D":
        assert shown is None if entity == "product_categories" else shown and not shown["active"], (last, shown)
    else:
        assert shown is not None, f"{entity} {key}: {last} is missing from the shop"
        assert shown.get("active", 1) == 1
        for ours, theirs in SHOP[entity].items():
            assert _text(shown[theirs]) == _text(last[ours]), f"{entity} {key}: {theirs} is not that of {last}"


def _originals(world: World, entity: str) -> dict[int, dict[str, Any]]:
    """What edited rows said before a person changed them."""
    queue = world.route(entity).queue.name
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for decision in world.rows_of("platform", schema.decision):
        if decision["queue"] == queue and decision["field"]:
            found[decision["inbox_id"]].setdefault(decision["field"], decision["original"])
    return found


# ---------------------------------------------------------------- the test
@pytest.fixture(scope="module")
def hooks() -> Iterator[None]:
    """Boundaries are counted in this process, and the gate remembers; both end with the module."""
    boundaries.install()
    with jobs.remembering():
        _ask_about_every_row()
        yield
    boundaries.remove()


def _ask_about_every_row() -> None:
    """Great Expectations judges every row that a history can hold, in one call per entity."""
    for entity in USED:
        queue = queue_for(entity, "platform")
        rows = [_row(entity, k, o, v)[1] for k in range(1, 5) for o in (None, *range(1, 10)) for v in range(-1, 8)]
        raw = {c: pa.array([row.get(c.name) for row in rows], pa.string()) for c in queue.columns}
        texts = {c.name: canonical_text(values, c.kind) for c, values in raw.items()}
        table = pa.table({"inbox_id": pa.array(range(len(rows))), **texts})
        suite = load_suite("erp_to_platform", entity, ROOT / "expectations")
        validate.run_stage(suite, "row", gate_frame(table, queue.columns))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("pair", EXAMPLES)
def test_random_histories(pair: str, make_world: Callable[[str], World], hooks: None, tmp_path: Path) -> None:
    world = make_world(pair)
    world.set(receive_chunk=3, validate_chunk=3, apply_chunk=2, clear_chunk=2)
    world.altered.add("erp")
    world.erp_sql(f"DROP TRIGGER IF EXISTS {update_trigger(queue_for(UNGUARDED, 'platform').name)}")
    start = Snapshot(world, tmp_path / "start")

    @settings(
        max_examples=THOROUGH or EXAMPLES[pair], derandomize=not THOROUGH, database=None, deadline=None,
        suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )  # fmt: skip
    @given(HISTORIES)
    def play(actions: list[tuple[Any, ...]]) -> None:
        start.restore(world)
        history = History(world)
        history.play(actions)
        check(history)

    play()
