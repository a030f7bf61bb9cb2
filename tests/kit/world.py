"""One link between a small ERP and a small shop on a pair of engines, and the means to drive and to inspect it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    MetaData,
    Numeric,
    Table,
    delete,
    event,
    func,
    insert,
    inspect,
    literal,
    select,
    text,
    union_all,
    update,
)

from kit import own_tables
from puente import contract
from puente.db import schema
from puente.db.connect import Database, open_database
from puente.db.ddl import create_missing
from puente.db.queues import inspect_queue, read_pages
from puente.errors import PuenteError
from puente.settings import ROOT, Link, Settings
from puente.sync import apply, capture, clear, ledger, peek, receive, validate
from puente.sync.control import renew_incarnation
from puente.sync.route import Bridge, Route, Run
from puente.transforms.canonical import contract_columns, record_keys, row_hashes

PROFILES = Path(__file__).resolve().parents[1] / "profiles"
SEAL = b"seal key of the tests"
_ERP_NUMBERS = ("precio", "piezas", "total", "cantidad", "importe")


# ---------------------------------------------------------------- databases made once, emptied between tests
def prepare(db: Database, side: contract.Side) -> None:
    """Create everything a side of the test world has, in an empty database."""
    (own_tables.erp if side == "erp" else own_tables.shop).create_all(db.engine)
    create_missing(db, side)


def all_tables(dialect: str, side: contract.Side) -> list[Table]:
    own: MetaData = own_tables.erp if side == "erp" else own_tables.shop
    queues = [*schema.queue_tables[dialect].values(), *schema.landing_tables[dialect].values()] if side == "erp" else []
    return [*own.sorted_tables, *queues, *schema.control.sorted_tables]


def reset(db: Database, side: contract.Side) -> None:
    """Bring a side back to what `prepare` made: no rows, identities at 1, every table in its own shape."""
    wanted = {t.name: t for t in all_tables(db.dialect, side)}
    with db.begin() as conn:
        present = set(inspect(conn).get_table_names())
        full = [name for name in present & set(wanted) if _was_used(conn, db, wanted[name])]
        for name in full:
            conn.exec_driver_sql(f"TRUNCATE TABLE {db.quote(name)}")
        conn.execute(delete(schema.side))
        renew_incarnation(conn)


def rebuild(db: Database, side: contract.Side, tables: Iterable[str] | None = None) -> None:
    """Drop the tables (None: all) that a test has altered or made, and make those again that `prepare` makes."""
    with db.begin() as conn:
        present = set(inspect(conn).get_table_names())
        for name in present if tables is None else present & set(tables):
            conn.exec_driver_sql(f"DROP TABLE {db.quote(name)}")
    prepare(db, side)


def _was_used(conn: Connection, db: Database, table: Table) -> bool:
    if conn.exec_driver_sql(f"SELECT COUNT(*) FROM {db.quote(table.name)}").scalar():
        return True
    if db.dialect == "mysql":
        counter = text(
            "SELECT AUTO_INCREMENT FROM information_schema.TABLES"
            " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = :name"
        )
        return (conn.execute(counter, {"name": table.name}).scalar() or 1) > 1
    return bool(table.autoincrement_column is not None)


# ---------------------------------------------------------------- one pass
@dataclass
class Pass:
    """What one pass over all entities with work did, by entity."""

    work: list[str] = field(default_factory=list)
    receipts: dict[str, receive.Receipt] = field(default_factory=dict)
    cleared: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, validate.Verdict] = field(default_factory=dict)
    applied: dict[str, apply.Applied] = field(default_factory=dict)
    deleted: dict[str, apply.Applied] = field(default_factory=dict)
    settled: dict[str, dict[str, int]] = field(default_factory=dict)
    errors: dict[str, PuenteError] = field(default_factory=dict)


@dataclass(frozen=True)
class Address:
    """Where a world is, for another process (`World.at`)."""

    pair: str
    erp_url: str
    platform_url: str
    folder: str
    link: Link = Link(link_id="main", erp_profile="mini_erp", platform_profile="mini_shop")


class World:
    """The bridge of link `main`, reader `platform`, unless told otherwise. Run names are r1, r2, …"""

    def __init__(self, pair: str, erp: Database, platform: Database, folder: Path, link: Link | None = None) -> None:
        self.pair, self.erp, self.platform, self.folder = pair, erp, platform, folder
        self.link = link or Address.link
        self.settings = Settings(
            reports_dir=folder / "reports",
            archive_dir=folder / "archive",
            seal_key=SEAL,
            profiles_dir=PROFILES,
            expectations_dir=ROOT / "expectations",
            links={self.link.link_id: self.link},
        )
        self.altered: set[contract.Side] = set()  # sides to build anew after the test
        self.altered_tables: dict[contract.Side, set[str]] = {"erp": set(), "platform": set()}  # or only these
        self._runs = 0

    @classmethod
    def at(cls, address: Address) -> World:
        """The same world from another process, or with connections of its own."""
        databases = open_database(address.erp_url), open_database(address.platform_url)
        return cls(address.pair, *databases, Path(address.folder), address.link)

    @property
    def address(self) -> Address:
        urls = [db.engine.url.render_as_string(hide_password=False) for db in (self.erp, self.platform)]
        return Address(self.pair, *urls, str(self.folder), self.link)

    @property
    def bridge(self) -> Bridge:
        return Bridge(self.link, self.erp, self.platform, self.settings)

    def set(self, **settings: Any) -> None:
        """Change settings of this world, for instance `set(apply_chunk=3)`."""
        self.settings = replace(self.settings, **settings)

    def with_link(self, link_id: str, erp: Database | None = None) -> World:
        """A second link into the same platform, from the same ERP or another."""
        other = World(self.pair, erp or self.erp, self.platform, self.folder, replace(self.link, link_id=link_id))
        other.settings = replace(self.settings, links={link_id: other.link})
        return other

    def use_profile(self, side: contract.Side, files: dict[str, str]) -> None:
        """Put a side on a copy of its profile with some files replaced or added (name → text)."""
        old = self.link.erp_profile if side == "erp" else self.link.platform_profile
        home = self.folder / "profiles"
        if not home.exists():
            shutil.copytree(PROFILES, home)
        name = f"{old}_{len(list(home.iterdir()))}"
        shutil.copytree(home / old, home / name)
        for file, content in files.items():
            (home / name / file).write_text(content, encoding="utf-8")
        self.set(profiles_dir=home)
        self.link = replace(self.link, **{f"{side}_profile": name})

    def route(self, entity: str, reader: contract.Side = "platform") -> Route:
        return self.bridge.route(reader, entity)

    def next_run(self, name: str | None = None) -> Run:
        if name is None:
            self._runs += 1
            name = f"r{self._runs}"
        return Run(name, "test")

    # ------------------------------------------------------------ the queue
    def put(
        self,
        entity: str,
        key: str | None = None,
        /,
        *,
        row_id: int | None = None,
        created: str | None = None,
        op: str = "U",
        writer: contract.Side = "erp",
        conn: Connection | None = None,
        **fields: Any,
    ) -> int:
        """Insert one queue row and return its ID_Registro.

        Required fields left out get plausible values; `key` is the first key column. With `conn` the row becomes
        part of that transaction, else it is committed.
        """
        row = self.queue_row(entity, key, row_id=row_id, created=created, op=op, writer=writer, **fields)
        table = self.queue_table(entity, writer)
        if conn is None:
            with self.erp.begin() as conn:
                return int(conn.execute(insert(table), row).inserted_primary_key[0])
        return int(conn.execute(insert(table), row).inserted_primary_key[0])

    def put_many(
        self,
        entity: str,
        rows: Iterable[dict[str, Any]],
        conn: Connection | None = None,
        *,
        writer: contract.Side = "erp",
    ) -> None:
        """Many rows in one transaction; each dict as the keywords of `queue_row` (`key` for the key)."""
        full = [self.queue_row(entity, row.pop("key", None), writer=writer, **row) for row in map(dict, rows)]
        if conn is None:
            with self.erp.begin() as conn:
                conn.execute(insert(self.queue_table(entity, writer)), full)
        else:
            conn.execute(insert(self.queue_table(entity, writer)), full)

    def queue_row(
        self,
        entity: str,
        key: str | None = None,
        *,
        row_id: int | None = None,
        created: str | None = None,
        op: str = "U",
        writer: contract.Side = "erp",
        **fields: Any,
    ) -> dict[str, Any]:
        definition = contract.ENTITIES[entity]
        queue = contract.QUEUES[definition.queue[writer]]
        if key is not None:
            fields = {definition.key[0]: key, **fields}
        row: dict[str, Any] = {
            "Operacion": op,
            **({"Origen": contract.ORIGIN[writer]} if queue.writer == "both" else {}),
        }
        known = fields.get(definition.key[0])
        if op == "U":
            for column in queue.columns:
                if column.required and column.name not in fields:
                    row[column.name] = f"SKU-{known}" if column.name == "SKU" else f"{column.name} {known}"
        if row_id is not None:
            row[contract.ROW_ID] = row_id
        if created is not None:
            row[contract.CREATED] = self._moment(created)
        decimals = {c.name for c in queue.columns if c.kind == "decimal"}
        return row | {name: self._number(v) if name in decimals else v for name, v in fields.items()}

    def _moment(self, value: str) -> Any:
        return value if self.erp.dialect == "sqlite" else dt.datetime.fromisoformat(value)

    def _number(self, value: Any) -> Any:
        if value is None or self.erp.dialect == "sqlite":
            return value
        try:
            return Decimal(str(value))
        except InvalidOperation:
            return value

    def queue_table(self, entity: str, writer: contract.Side = "erp") -> Table:
        return schema.queue_tables[self.erp.dialect][contract.ENTITIES[entity].queue[writer]]

    def queue_ids(self, entity: str, writer: contract.Side = "erp") -> list[int]:
        """The ids that lie in the queue now."""
        name = contract.ENTITIES[entity].queue[writer]
        with self.erp.read() as conn:
            query = f"SELECT {self.erp.quote(contract.ROW_ID)} FROM {self.erp.quote(name)} ORDER BY 1"
            return [int(row[0]) for row in conn.exec_driver_sql(query)]

    def empty_queue(self, entity: str, *, restart: bool = True) -> None:
        """What a vendor's TRUNCATE does: all rows gone and, on request, ids from 1 again."""
        name = contract.ENTITIES[entity].queue["erp"]
        with self.erp.begin() as conn:
            if self.erp.dialect == "sqlite":
                conn.exec_driver_sql(f'DELETE FROM "{name}"')
                if restart:
                    conn.execute(text("DELETE FROM sqlite_sequence WHERE name = :n"), {"n": name})
            else:
                verb = "TRUNCATE TABLE" if restart else "DELETE FROM"
                conn.exec_driver_sql(f"{verb} {self.erp.quote(name)}")

    def queue_backup(self, entity: str) -> list[dict[str, Any]]:
        """Every row of the queue as it is, for `restore_queue`."""
        with self.erp.read() as conn:
            table = self.queue_table(entity)
            return [dict(row) for row in conn.execute(select(table).order_by(table.c.ID_Registro)).mappings()]

    def restore_queue(self, entity: str, rows: list[dict[str, Any]]) -> None:
        """What the restore of a backup does: exactly these rows, and the server gives out ids after the last."""
        self.empty_queue(entity)
        with self.erp.begin() as conn:
            if rows:
                conn.execute(insert(self.queue_table(entity)), rows)

    def remake_queue(self, entity: str, ddl: str) -> None:
        """Replace a queue by a table of a vendor's making; `ddl` is one CREATE TABLE."""
        name = contract.ENTITIES[entity].queue["erp"]
        self.altered_tables["erp"].add(name)
        self.erp_sql(f"DROP TABLE {self.erp.quote(name)}", ddl)

    # ------------------------------------------------------------ plain SQL and own tables
    def erp_sql(self, *statements: str, **binds: Any) -> None:
        self._sql(self.erp, statements, binds)

    def platform_sql(self, *statements: str, **binds: Any) -> None:
        self._sql(self.platform, statements, binds)

    def _sql(self, db: Database, statements: tuple[str, ...], binds: dict[str, Any]) -> None:
        with db.begin() as conn:
            for statement in statements:
                conn.execute(text(statement), binds)

    def own(self, table: str, **values: Any) -> None:
        """Insert or update one row of the small ERP's own table, by its primary key."""
        target = own_tables.erp.tables[table]
        row = {n: self._number(v) if n in _ERP_NUMBERS else v for n, v in values.items()}
        where = [c == row[c.name] for c in target.primary_key]
        rest = {n: v for n, v in row.items() if n not in target.primary_key.columns}
        with self.erp.begin() as conn:
            known = conn.execute(select(*target.primary_key).where(*where)).first()
            if known is None:
                conn.execute(insert(target).values(**row))
            elif rest:
                conn.execute(update(target).where(*where).values(**rest))

    def shop_own(self, table: str, id: int | str | None = None, **values: Any) -> Any:
        """Insert one row into a table of the small shop that has an `id`, or update it; returns the id.

        Without `id` a customer gets the shop's next number.
        """
        target = own_tables.shop.tables[table]
        numbers = {c.name for c in target.c if isinstance(c.type, Numeric)}
        row = {n: v if v is None or n not in numbers else self._shop_number(v) for n, v in values.items()}
        with self.platform.begin() as conn:
            if id is not None and conn.execute(select(target.c.id).where(target.c.id == id)).first():
                if row:
                    conn.execute(update(target).where(target.c.id == id).values(**row))
                return id
            given = {} if id is None else {"id": id}
            return conn.execute(insert(target).values(**given, **row)).inserted_primary_key[0]

    def _shop_number(self, value: Any) -> Any:
        return str(value) if self.platform.dialect == "sqlite" else Decimal(str(value))

    def own_delete(self, table: str, **where: Any) -> None:
        target = own_tables.erp.tables[table]
        with self.erp.begin() as conn:
            conn.execute(delete(target).where(*(target.c[n] == v for n, v in where.items())))

    # ------------------------------------------------------------ steps
    def capture(self, entity: str, *, send: bool = True, run: str | None = None) -> capture.Captured | None:
        return capture.capture(self.bridge, entity, self.next_run(run), send=send)

    def receive(self, entity: str, run: str | None = None, *, reader: contract.Side = "platform") -> receive.Receipt:
        return receive.receive(self.route(entity, reader), self.next_run(run))

    def clear(self, entity: str, run: str | None = None, *, reader: contract.Side = "platform") -> int:
        return clear.clear(self.route(entity, reader), self.next_run(run))

    def validate(
        self, entity: str, batch_id: int, run: str | None = None, *, reader: contract.Side = "platform"
    ) -> validate.Verdict:
        return validate.validate(self.route(entity, reader), self.next_run(run), batch_id)

    def apply(self, entity: str, run: str | None = None, *, reader: contract.Side = "platform") -> apply.Applied:
        return apply.apply(self.route(entity, reader), self.next_run(run))

    def apply_deletions(
        self, entity: str, run: str | None = None, *, reader: contract.Side = "platform"
    ) -> apply.Applied:
        return apply.apply_deletions(self.route(entity, reader), self.next_run(run))

    def settle(self, entity: str, run: str | None = None, *, reader: contract.Side = "platform") -> dict[str, int]:
        return ledger.settle(self.route(entity, reader), self.next_run(run))

    def work(self, *, reader: contract.Side = "platform") -> list[str]:
        return peek.find_work(self.bridge, reader)

    def carry(self, entity: str, done: Pass, run: str, *, reader: contract.Side = "platform") -> None:
        """receive → clear → validate → apply of one entity."""
        done.receipts[entity] = receipt = self.receive(entity, run, reader=reader)
        done.cleared[entity] = self.clear(entity, run, reader=reader)
        done.verdicts[entity] = self.validate(entity, receipt.batch_id, run, reader=reader)
        done.applied[entity] = self.apply(entity, run, reader=reader)

    def run(
        self,
        name: str | None = None,
        *,
        entities: Iterable[str] | None = None,
        reader: contract.Side = "platform",
    ) -> Pass:
        """One whole pass as the Dag does it; an entity that fails on purpose does not stop the next."""
        run = self.next_run(name).run_id
        done = Pass(work=list(entities) if entities is not None else self.work(reader=reader))
        for entity in done.work:
            try:
                self.carry(entity, done, run, reader=reader)
            except PuenteError as error:
                done.errors[entity] = error
        for entity in reversed(done.work):
            if entity not in done.errors:
                done.deleted[entity] = self.apply_deletions(entity, run, reader=reader)
        for entity in done.work:
            done.settled[entity] = self.settle(entity, run, reader=reader)
        return done

    def run_until_quiet(self, limit: int = 10, *, reader: contract.Side = "platform") -> list[Pass]:
        """Passes until there is no work left. AssertionError when that takes more than `limit`."""
        passes: list[Pass] = []
        while self.work(reader=reader):
            assert len(passes) < limit, f"still work after {limit} passes: {self.work(reader=reader)}"
            passes.append(self.run(reader=reader))
        return passes

    # ------------------------------------------------------------ looking
    def shop_rows(self, entity: str, *, active_only: bool = True) -> dict[str, dict[str, Any]]:
        """The shop's own rows by record key; decimals as text at scale 4.

        Customers without the numbers that the engine gave them (`shop_ids` has those).
        """
        table = own_tables.SHOP_TABLES[entity]
        with self.platform.read() as conn:
            rows = [dict(r) for r in conn.execute(select(table)).mappings()]
        result = {}
        for row in rows:
            if active_only and row.pop("active", 1) != 1:
                continue
            key = own_tables.shop_key(entity, row)
            result[key] = {n: _plain(v) for n, v in row.items() if n != "id" or "erp_id" not in row}
        return result

    def shop_ids(self, entity: str) -> dict[str, int]:
        """Record key → the shop's own number, of customers."""
        table = own_tables.SHOP_TABLES[entity]
        with self.platform.read() as conn:
            rows = [dict(r) for r in conn.execute(select(table)).mappings()]
        return {own_tables.shop_key(entity, row): int(row["id"]) for row in rows}

    def inbox(self, entity: str, *, reader: contract.Side = "platform") -> list[dict[str, Any]]:
        """Every inbox row of this link, in the order of landing."""
        table = self.route(entity, reader).inbox
        with self.bridge.database(reader).read() as conn:
            query = select(table).where(table.c.link_id == self.link.link_id).order_by(table.c.inbox_id)
            return [dict(row) for row in conn.execute(query).mappings()]

    def inbox_states(self, entity: str, *, reader: contract.Side = "platform") -> dict[str, int]:
        """How many rows of the inbox are in each state."""
        return dict(Counter(row["state"] for row in self.inbox(entity, reader=reader)))

    def state_of(self, entity: str, row_id: int, *, reader: contract.Side = "platform") -> str:
        """The state of the row with this ID_Registro, in its latest epoch and revision."""
        rows = [r for r in self.inbox(entity, reader=reader) if r["id_registro"] == row_id]
        assert rows, f"ID_Registro {row_id} of {entity} was never landed"
        return str(max(rows, key=lambda r: (r["epoch"], r["revision"]))["state"])

    def findings(self, entity: str, *, reader: contract.Side = "platform") -> list[dict[str, Any]]:
        """Why rows were set aside: rule_id, message, outcome, inbox_id."""
        table, queue = schema.finding, self.route(entity, reader).queue.name
        with self.bridge.database(reader).read() as conn:
            query = select(table).where(table.c.link_id == self.link.link_id, table.c.queue == queue)
            return [dict(row) for row in conn.execute(query.order_by(table.c.finding_id)).mappings()]

    def records(self, entity: str, side: contract.Side = "platform") -> dict[str, dict[str, Any]]:
        """What the control tables of a side know of each record, by key."""
        table = schema.record
        db = self.platform if side == "platform" else self.erp
        query = select(table).where(table.c.link_id == self.link.link_id, table.c.entity == entity)
        with db.read() as conn:
            return {row["record_key"]: dict(row) for row in conn.execute(query).mappings()}

    def record(self, entity: str, key: str, side: contract.Side = "platform") -> dict[str, Any] | None:
        return self.records(entity, side).get(key)

    def report(self, batch_id: int) -> dict[str, Any]:
        """The body of a batch's validation report."""
        (path,) = [b["report"] for b in self.rows_of("platform", schema.batch) if b["batch_id"] == batch_id]
        return dict(json.loads(Path(path).read_text(encoding="utf-8"))["report"])

    def batches(self, entity: str, *, reader: contract.Side = "platform") -> list[dict[str, Any]]:
        table = schema.batch
        with self.bridge.database(reader).read() as conn:
            query = select(table).where(table.c.link_id == self.link.link_id, table.c.entity == entity)
            return [dict(row) for row in conn.execute(query.order_by(table.c.batch_id)).mappings()]

    def rows_of(self, side: contract.Side, table: Table) -> list[dict[str, Any]]:
        db = self.platform if side == "platform" else self.erp
        with db.read() as conn:
            return [dict(row) for row in conn.execute(select(table)).mappings()]

    # ------------------------------------------------------------ what must always hold
    def check_invariants(self, *, quiet: bool = True) -> None:
        """AssertionError when something landed is unaccounted for (I6), out of order (I3) or left lying about.

        `quiet`: the world is at rest after whole passes: nothing uncleared, no rows in any worker's hands.
        """
        assert ledger.verify(self.platform, self.link.link_id) == []
        assert ledger.verify(self.erp, self.link.link_id) == []
        readers: tuple[contract.Side, ...] = ("platform", "erp")
        for reader in readers:
            batches = self.rows_of(reader, schema.batch)
            if not batches and reader == "erp":
                continue  # this direction was not used
            for entity in contract.READ_SEQUENCE[reader]:
                rows = self.inbox(entity, reader=reader)
                self._check_states(entity, rows, reader)
                if not entity.startswith("order_"):
                    self._check_positions(entity, rows, reader)
                self._check_queue(entity, rows, quiet, reader)
            for batch in batches:
                assert batch["rows_read"] == batch["rows_landed"] + batch["rows_seen_again"], batch
        if quiet:
            self._check_tidy("erp")
            self._check_tidy("platform")

    def _check_tidy(self, side: contract.Side) -> None:
        """No rows in any worker's hands."""
        tables = (schema.work, schema.scan, schema.clearing, schema.compare, *schema.stages.values())
        left = union_all(*(select(literal(t.name), func.count()).select_from(t) for t in tables))
        db = self.platform if side == "platform" else self.erp
        with db.read() as conn:
            untidy = [name for name, count in conn.execute(left) if count]
        assert untidy == [], f"{', '.join(untidy)} on {side}: not tidied up"

    def _check_states(self, entity: str, rows: list[dict[str, Any]], reader: contract.Side) -> None:
        assert {row["state"] for row in rows} <= set(schema.STATES)
        identities = Counter((row["epoch"], row["id_registro"], row["revision"]) for row in rows)
        assert max(identities.values(), default=1) == 1, f"{entity}: landed twice"
        batches = {b["batch_id"]: b for b in self.batches(entity, reader=reader)}
        landed = Counter(row["batch_id"] for row in rows)
        for batch_id, batch in batches.items():
            assert landed[batch_id] <= batch["rows_landed"], f"{entity}: batch {batch_id} has rows that nobody counted"

    def _check_positions(self, entity: str, rows: list[dict[str, Any]], reader: contract.Side) -> None:
        """What a record is now came from the last position that was applied for its key."""
        last: dict[str, tuple[int, ...]] = defaultdict(tuple)
        for row in rows:
            if row["state"] in ("applied", "unchanged", "conflict"):  # what lost a conflict counts as seen
                position = tuple(row[name] for name in ("epoch", "id_registro", "revision"))
                last[row["record_key"]] = max(last[row["record_key"]], position)
        records = self.records(entity, reader)
        for key, position in last.items():
            record = records[key]  # also of a delete for what was never here: an older upsert must find its position
            now = tuple(record[name] for name in ("epoch", "id_registro", "revision"))
            assert now == position, f"{entity} {key}: older overwrote newer"

    def _check_queue(self, entity: str, rows: list[dict[str, Any]], quiet: bool, reader: contract.Side) -> None:
        """Cleared means absent from the queue, by id, creation time and content."""
        waiting = self._queue_identities(entity, reader)
        for row in rows:
            identity = (row["id_registro"], row["fecha_creacion"], row["content_hash"])
            if row["cleared"]:
                assert identity not in waiting, f"{entity}: {identity} is marked as cleared, but lies in the queue"
        if quiet:
            assert all(row["cleared"] for row in rows), f"{entity}: rows were left uncleared"

    def _queue_identities(self, entity: str, reader: contract.Side) -> set[tuple[int, str, str]]:
        route = self.route(entity, reader)
        shape = inspect_queue(self.erp, route.queue)
        found: set[tuple[int, str, str]] = set()
        for page in read_pages(self.erp, shape, route.writer, 10_000):
            columns = contract_columns(page, (*route.queue.columns, *contract.ENVELOPE))
            hashes = row_hashes(list(columns.values()))
            ids = [int(i) for i in page.column(contract.ROW_ID).to_pylist()]
            created = page.column(contract.CREATED).to_pylist() if contract.CREATED in page.column_names else ids
            found |= {(i, c if isinstance(c, str) else "", h) for i, c, h in zip(ids, created, hashes, strict=True)}
        return found

    # ------------------------------------------------------------ concurrency
    @contextmanager
    def open_transaction(self, db: Database | None = None) -> Iterator[Connection]:
        """A producer's own transaction, open for the length of the block unless it commits itself."""
        db = db or self.erp
        conn = db.engine.connect().execution_options(puente_writes=True)
        conn.begin()
        try:
            yield conn
        finally:
            if conn.in_transaction():
                conn.rollback()
            conn.close()

    @contextmanager
    def count_statements(self) -> Iterator[list[str]]:
        """The statements that both sides' engines execute within the block."""
        seen: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        engines = {id(db.engine): db.engine for db in (self.erp, self.platform)}.values()
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            for engine in engines:
                event.remove(engine, "before_cursor_execute", note)


def key_of(*parts: str) -> str:
    """A record key as the control tables write it."""
    import pyarrow as pa

    return record_keys([pa.array([part]) for part in parts])[0]


def _plain(value: Any) -> Any:
    return format(value, "f") if isinstance(value, Decimal) else value
