"""A world's durable state: kept and put back, and told apart by what matters."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select, update

from kit.world import World, all_tables
from puente import contract
from puente.contract import SIDES, Side
from puente.db import schema
from puente.db.connect import Database

# What differs between two runs that did the same: moments, and what is derived from them.
_VOLATILE = {
    "Fecha_Creacion", "fecha_creacion", "expires_ms", "token", "last_created", "read_at", "changed_at", "opened_at",
    "settled_at", "at", "waits_until", "prev_hash", "row_hash", "finding_id", "max_id", "owner", "work_id", "report",
    "outbox_id", "history_id", "mail_id", "conflict_id",
}  # fmt: skip
_WHETHER = {"delivered_at", "emitted_at", "confirmed_at", "invoiced_at", "released_at", "tried_at", "resolved_at"}
_BATCH_COLUMNS = {"batch_id", "taken_by"}
_SHOP_NUMBERS = {  # the shop's own numbers: (table, column) → the table that gave them out
    ("shop_company", "id"): "shop_company", ("shop_contact", "id"): "shop_contact",
    ("shop_contact", "company_id"): "shop_company", ("shop_order", "company_id"): "shop_company",
    ("shop_order", "contact_id"): "shop_contact",
}  # fmt: skip


class Snapshot:
    """Both databases as they are now. `restore` puts every row back (ids given out on MariaDB stay given out)."""

    def __init__(self, world: World, folder: Path) -> None:
        self._files: dict[Side, Path] = {}
        self._rows: dict[Side, dict[str, list[dict[str, Any]]]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for side in SIDES:
            db = world.bridge.database(side)
            if db.dialect == "sqlite":
                close(db)
                self._files[side] = folder / f"{side}.db"
                shutil.copyfile(_path(db), self._files[side])
            else:
                self._rows[side] = _all_rows(world, side)

    def restore(self, world: World) -> None:
        """Into `world`, which may be another on the same engines."""
        for side, kept in self._files.items():
            db = world.bridge.database(side)
            db.engine.dispose()
            for suffix in ("-wal", "-shm"):
                Path(f"{_path(db)}{suffix}").unlink(missing_ok=True)
            shutil.copyfile(kept, _path(db))
        for side, wanted in self._rows.items():
            present = _all_rows(world, side)
            with world.bridge.database(side).begin() as conn:
                for table in all_tables("mysql", side):
                    if present.get(table.name) != wanted.get(table.name):
                        conn.execute(delete(table))
                        if rows := wanted.get(table.name):
                            conn.execute(insert(table), [dict(row) for row in rows])


def close(db: Database) -> None:
    """Bring everything into the one file and let go of it."""
    with db.engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.engine.dispose()


def _path(db: Database) -> Path:
    assert db.engine.url.database
    return Path(db.engine.url.database)


def _all_rows(world: World, side: Side) -> dict[str, list[dict[str, Any]]]:
    db = world.bridge.database(side)
    found: dict[str, list[dict[str, Any]]] = {}
    with db.read() as conn:
        for table in all_tables(db.dialect, side):
            if rows := [dict(row) for row in conn.execute(select(table)).mappings()]:
                found[table.name] = rows
    return found


# ---------------------------------------------------------------- the state's fingerprint
def fingerprint(world: World, blind: frozenset[tuple[str, str]] = frozenset()) -> str:
    """A hash of every row of both databases but for moments; ids that the engine gave out count by their rank.

    `blind`: (table, column) pairs that do not count either.
    """
    digest = hashlib.sha256()
    for side in SIDES:
        rows = _all_rows(world, side)
        for name in sorted(rows):
            digest.update(f"{side}.{name}\n".encode())
            for line in sorted(repr(_essence(row, name, rows, side, blind)) for row in rows[name]):
                digest.update(line.encode())
    return digest.hexdigest()


def _essence(
    row: dict[str, Any],
    table: str,
    rows: dict[str, list[dict[str, Any]]],
    side: Side,
    blind: frozenset[tuple[str, str]],
) -> list[tuple[str, Any]]:
    essence = []
    for column, value in row.items():
        if column in _VOLATILE or (table, column) in blind:
            value = None
        elif column in _WHETHER:
            value = value is not None
        elif column in _BATCH_COLUMNS and value is not None:
            value = _rank(value, rows.get("puente_batch", []), "batch_id")
        elif (table, column) in _SHOP_NUMBERS and value is not None:
            value = _rank(value, rows.get(_SHOP_NUMBERS[table, column], []), "id")
        elif column in ("inbox_id", "row_no") and table != "puente_scan":
            inbox = _inbox_of(row, table, side)
            value = _rank(value, rows.get(inbox, []), "inbox_id") if inbox else value
        essence.append((column, value))
    if table == "puente_lease":  # only whether it is held
        essence.append(("held", row["expires_ms"] > 0))
    return essence


def _inbox_of(row: dict[str, Any], table: str, side: Side) -> str | None:
    if table.startswith("puente_inbox_"):
        return table
    if table.startswith("puente_stage_"):
        return None if row["run_id"] == "capture" else _reader_inbox(table.removeprefix("puente_stage_"), side)
    return f"puente_inbox_{row['queue'].lower()}" if row.get("queue") else None


def _reader_inbox(entity: str, side: Side) -> str:
    return schema.inboxes[contract.queue_for(entity, side).name].name


def _rank(value: Any, rows: list[dict[str, Any]], column: str) -> int:
    return sum(1 for row in rows if row[column] <= value)


# ---------------------------------------------------------------- what the outcome is
def outcome(world: World) -> dict[str, Any]:
    """What people see of a world at rest: the shop, every queue row's fate and reasons, what is known and sent."""
    found: dict[str, Any] = {}
    for entity in contract.READ_SEQUENCE["platform"]:
        inbox = sorted(world.inbox(entity), key=lambda row: (row["epoch"], row["id_registro"], row["revision"]))
        place = {row["inbox_id"]: number for number, row in enumerate(inbox)}
        found[f"{entity}: inbox"] = [
            (row["op"], row["record_key"], row["content_hash"], row["state"], row["cleared"], row["waits_for"],
             row["waits_key"])
            for row in inbox
        ]  # fmt: skip
        found[f"{entity}: reasons"] = sorted(
            (place[f["inbox_id"]], f["rule_id"], f["outcome"], f["message"]) for f in world.findings(entity)
        )
        found[f"{entity}: queue"] = world.queue_ids(entity)
        if entity != "order_states":
            found[f"{entity}: shop"] = world.shop_rows(entity, active_only=False)
    for side in SIDES:
        found[f"{side}: records"] = outcome_of_records(world, side)
    ledger_rows = world.rows_of("platform", schema.ledger)
    final = ("applied", "unchanged", "superseded", "duplicate")
    found["ledger"] = {n: sum(r[f"rows_{n}"] for r in ledger_rows) for n in ("landed", *final)}
    failed: Counter[str] = Counter()
    for row in world.rows_of("platform", schema.rule_result):
        failed[row["rule_id"]] += row["failed"]
    found["rules"] = +failed
    return found


def outcome_of_records(world: World, side: Side) -> list[tuple[Any, ...]]:
    """What a side knows of each record."""
    return sorted(
        (r["entity"], r["record_key"], r["active"], r["unique_value"] or "", r["parent_key"] or "", r["version"],
         r["fingerprint"] or "", r["applied_hash"] or "")
        for r in world.rows_of(side, schema.record)
    )  # fmt: skip


def assert_same(world: World, expected: dict[str, Any], *, after: str, ignore: tuple[str, ...] = ()) -> None:
    """The world's outcome is `expected`, its invariants hold, and every settled batch has its report."""
    actual = outcome(world)
    for part, value in expected.items():
        if part not in ignore:
            assert actual[part] == value, f"after {after}: {part} differs"
    world.check_invariants()
    for batch in world.rows_of("platform", schema.batch):
        if batch["status"] == "settled" and batch["report"]:
            assert Path(batch["report"]).exists(), f"after {after}: batch {batch['batch_id']} has no report"


def expire_leases(world: World) -> None:
    """Let the time of every lease run out without waiting for it."""
    lease = schema.lease
    for side in SIDES:
        with world.bridge.database(side).begin() as conn:
            conn.execute(update(lease).where(lease.c.expires_ms > 0).values(expires_ms=1))
