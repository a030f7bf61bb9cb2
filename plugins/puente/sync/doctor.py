"""`python -m puente doctor`: whether connections, tables, columns, rights and server options are as needed.

Writes nothing: rights are tried with statements that touch no row, in transactions that are rolled back.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import Connection, inspect, select, text, types
from sqlalchemy.exc import SQLAlchemyError

from puente import contract
from puente.contract import SIDES, Side
from puente.db import schema
from puente.db.connect import Database
from puente.db.grants import ERP_FILE, PLATFORM_FILE, control_rights
from puente.db.queues import QueueShape, inspect_queue
from puente.errors import OncallWrong, PuenteError
from puente.profiles import Profile
from puente.settings import Settings
from puente.sync.findings import Finding, in_one_line
from puente.sync.leases import NOW_MS
from puente.sync.linkcheck import Where, check_links
from puente.sync.profilecheck import check_script, check_select, check_target, derived, not_one_select
from puente.sync.profilefiles import check_files
from puente.sync.route import Bridge
from puente.sync.standing import standing

_OLDEST = {"sqlite": (3, 33), "mysql": (8, 0), "mariadb": (10, 5), "mssql": (13, 0)}
_CLOCKS_APART_MS = 5_000
_PACKET_BYTES = 16 * 1024 * 1024
_MYSQL_OPTIONS = (
    "sql_mode", "local_infile", "max_allowed_packet", "character_set_connection", "transaction_read_only",
    "tx_read_only", "log_bin", "binlog_format",
)  # fmt: skip


def examine(bridge: Bridge, where: Where = str) -> list[Finding]:
    """Everything that can be said about a link without writing to either side, worst problems where they are found.

    A side that cannot be reached is one finding; the other side is examined all the same. `where` names the
    database behind a connection id, so that links which share one are found.
    """
    findings, reachable = [], []
    for side in SIDES:
        found = list(_guarded(f"{side}: connection", lambda side=side: _connection(bridge.database(side), side)))  # type: ignore[misc]
        findings += found
        if found[0].level != "fail":
            reachable.append(side)
    for side in reachable:
        for name, check in _CHECKS.items():
            findings += _guarded(f"{side}: {name}", lambda check=check, side=side: check(bridge, side))  # type: ignore[misc]
    if len(reachable) == len(SIDES):
        findings += _guarded("both sides", lambda: _both(bridge))
    return [*findings, *check_links(bridge.settings, bridge.link, where), *_settings(bridge)]


def _guarded(subject: str, check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(check())
    except SQLAlchemyError as error:
        return [Finding("fail", subject, in_one_line(error), "Check address, login and rights of the connection.")]
    except PuenteError as error:
        return [Finding("fail", subject, str(error))]
    except Exception as error:
        return [Finding("fail", subject, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")]


# ---------------------------------------------------------------- connection and versions
def _connection(db: Database, side: Side) -> Iterator[Finding]:
    with db.read() as conn:
        version = server_version(conn)
        name = "mariadb" if getattr(conn.dialect, "is_mariadb", False) else db.dialect
    where = f"{name} {'.'.join(map(str, version))}, database {db.engine.url.database!r}"
    if version < _OLDEST[name]:
        oldest = ".".join(map(str, _OLDEST[name]))
        yield Finding("fail", f"{side}: connection", f"{where} is too old", f"Puente needs {name} {oldest} or later.")
    else:
        yield Finding("ok", f"{side}: connection", where)


def server_version(conn: Connection) -> tuple[int, ...]:
    """The server's version, as the dialect read it when it connected."""
    return tuple(part for part in conn.dialect.server_version_info or () if isinstance(part, int))


# ---------------------------------------------------------------- tables and columns
def _control_tables(bridge: Bridge, side: Side) -> Iterator[Finding]:
    db, subject = bridge.database(side), f"{side}: control tables"
    catalog = inspect(db.engine)
    present = {name.lower() for name in catalog.get_table_names()}
    absent = [t.name for t in schema.control.sorted_tables if t.name.lower() not in present]
    if absent:
        file = f"include/sql/schema/{db.dialect}/03_control.sql"
        remedy = f"Run `python -m puente init --side {side}`, or have a DBA run {file}."
        yield Finding("fail", subject, f"missing: {_few(absent)}", remedy)
    drifted = []
    for table in schema.control.sorted_tables:
        if table.name.lower() in present:
            real = {column["name"].lower() for column in catalog.get_columns(table.name)}
            drifted += [f"{table.name}.{column.name}" for column in table.c if column.name.lower() not in real]
    if drifted:
        yield Finding(
            "fail", subject, f"columns missing: {_few(drifted)}",
            "The tables were made by another version: compare with include/sql/schema and add the columns.",
        )  # fmt: skip
    if not absent and not drifted:
        yield Finding("ok", subject, f"all {len(schema.control.tables)} present")
    if "puente_side" in present:
        with db.read() as conn:
            known = conn.execute(select(schema.side.c.value).where(schema.side.c.name == "incarnation")).scalar()
        if not known:
            yield Finding(
                "fail", subject, "this side has no incarnation", f"Run `python -m puente init --side {side}`."
            )


def _queues(bridge: Bridge, side: Side) -> Iterator[Finding]:
    if side != "erp":
        return
    needed = {contract.queue_for(entity, "platform").name: entity for entity in contract.READ_SEQUENCE["platform"]}
    profile, shop = bridge.profile("erp"), bridge.profile("platform")
    needed |= {
        name: entity
        for entity in contract.READ_SEQUENCE["erp"]
        if (name := contract.queue_for(entity, "erp").name) not in needed and shop.sql("capture", entity)
    }
    for queue in contract.QUEUES.values():
        subject = f"erp: queue {queue.name}"
        try:
            shape = inspect_queue(bridge.erp, queue)
        except PuenteError as error:
            level = "fail" if queue.name in needed else "info"
            yield Finding(level, subject, str(error))  # type: ignore[arg-type]
            continue
        if queue.name in needed:
            writer = shop if queue.writer == "platform" else profile
            captured = writer.capture_mode(needed[queue.name]) == "sql"
            yield from _queue_shape(bridge.erp, shape, subject, captured)


def _queue_shape(db: Database, shape: QueueShape, subject: str, captured: bool) -> Iterator[Finding]:
    remarks: list[Finding] = []
    optional = [c.name for c in (*shape.queue.columns, *contract.ENVELOPE) if c.name not in shape.columns]
    if optional:
        remarks.append(
            Finding("info", subject, f"has no {', '.join(optional)}; readers take NULL or the agreed default")
        )
    if "Operacion" not in shape.columns and captured:
        remarks.append(Finding(
            "warn", subject, "has no column Operacion, so deletions cannot be sent",
            "Have the column added: CHAR(1), NULL.",
        ))  # fmt: skip
    if not shape.has_created:
        remarks.append(Finding(
            "warn", subject, "has no Fecha_Creacion: a restored row cannot be told from a new one", "Have it added.",
        ))  # fmt: skip
    if not shape.guarded:
        remarks.append(Finding(
            "warn", subject, "Puente's UPDATE trigger is not there, or this login may not see it",
            "Nothing is lost: rows are locked and read again before they are deleted, which is slower. "
            f"include/sql/schema/{db.dialect}/02_triggers.sql has the trigger.",
        ))  # fmt: skip
    narrow = [
        f"{column.name} ({length} of {column.size})"
        for column in shape.queue.columns
        if column.kind in ("key", "text") and (length := getattr(shape.types.get(column.name), "length", None))
        and length < column.size
    ]  # fmt: skip
    if narrow and captured:
        remarks.append(
            Finding("warn", subject, f"narrower than the contract: {_few(narrow)}", "Longer values will be refused.")
        )
    if db.dialect == "mssql":
        plain = [n for n, kind in shape.types.items() if isinstance(kind, types.VARCHAR) and n != contract.CREATED]
        if plain:
            remarks.append(Finding(
                "warn", subject, f"VARCHAR instead of NVARCHAR: {_few(plain)}",
                "Letters outside the database's code page are lost there.",
            ))  # fmt: skip
    yield from remarks or [Finding("ok", subject, "INSERT-only, all columns")]


# ---------------------------------------------------------------- rights
def _rights(bridge: Bridge, side: Side) -> Iterator[Finding]:
    """Statements that touch no row, rolled back: the server checks the rights all the same."""
    db, refused = bridge.database(side), []
    present = {name.lower() for name in inspect(db.engine).get_table_names()}
    if side == "erp":
        profile, shop = bridge.profile("erp"), bridge.profile("platform")
        queues = {contract.queue_for(e, r).name: e for r in SIDES[::-1] for e in contract.READ_SEQUENCE[r]}
        for name, entity in queues.items():
            queue = contract.QUEUES[name]
            if queue.name.lower() in present:
                shape = inspect_queue(db, queue)
                columns = [
                    real for name, real in shape.columns.items() if name not in (contract.ROW_ID, contract.CREATED)
                ]
                filled = shop.sql("capture", entity) and queue.writer != "erp"
                insert_too = ["INSERT"] if filled or profile.capture_mode(entity) == "sql" else []
                refused += _refused(db, shape.table, columns, ["SELECT", "DELETE", *insert_too])
    for table in schema.control.sorted_tables:
        if table.name.lower() in present:
            columns = [column.name for column in table.c if column.autoincrement is not True]
            refused += _refused(db, table.name, columns, control_rights(table.name))
    if not present & {table.name for table in schema.control.sorted_tables}:
        return
    if refused:
        yield Finding(
            "fail", f"{side}: rights", f"refused: {_few(refused)}",
            f"A DBA can grant them: include/sql/schema/{db.dialect}/{ERP_FILE if side == 'erp' else PLATFORM_FILE}.",
        )  # fmt: skip
    else:
        yield Finding("ok", f"{side}: rights", "queues and control tables" if side == "erp" else "control tables")


def _refused(db: Database, table: str, columns: list[str], verbs: Iterable[str]) -> list[str]:
    t, quoted = db.quote(table), [db.quote(name) for name in columns]
    one, every, read = quoted[0], ", ".join(quoted), ", ".join(f"q.{name}" for name in quoted)
    statements = {
        "SELECT": f"SELECT {one} FROM {t} WHERE 1 = 0",
        "INSERT": f"INSERT INTO {t} ({every}) SELECT {read} FROM {t} q WHERE 1 = 0",
        "DELETE": f"DELETE FROM {t} WHERE 1 = 0",
    }
    refused = []
    for right in verbs:
        verb, _, some = right.partition(" ")  # as in "UPDATE (original, value)"
        changed = [db.quote(name) for name in some.strip("()").split(", ")] if some else [one]
        statements["UPDATE"] = f"UPDATE {t} SET {', '.join(f'{name} = {name}' for name in changed)} WHERE 1 = 0"
        with db.engine.connect() as conn, conn.begin() as transaction:
            try:
                conn.exec_driver_sql(statements[verb])
            except SQLAlchemyError as error:
                refused.append(f"{verb} on {table} ({in_one_line(error)[:80]})")
            finally:
                transaction.rollback()
    return refused


def _profile(bridge: Bridge, side: Side) -> Iterator[Finding]:
    db, profile = bridge.database(side), bridge.profile(side)
    subject = f"{side}: profile {profile.name}"
    if profile.side != side:
        yield Finding("fail", subject, f"is for the {profile.side}", "Name another one in config/links.yaml.")
        return
    found = list(_captures(db, profile, side))
    for entity in contract.READ_SEQUENCE[side]:
        if not inspect(db.engine).has_table(schema.stages[entity].name):
            continue  # the control tables' finding says it all
        if contract.ENTITIES[entity].master and entity != "order_headers":
            found += check_target(db, profile, entity)
        elif (sql := profile.sql("apply", entity)) is not None:
            found += check_script(db, f"apply_{entity}.sql", sql)
    if inspect(db.engine).has_table(schema.stages["companies"].name):
        found += check_files(db, profile, check_select, check_script)
    troubles = [f for f in found if f.level != "ok"]
    yield from (Finding(f.level, f"{subject}, {f.subject}", f.what, f.remedy) for f in troubles)
    if not troubles:
        yield Finding("ok", subject, f"{len(found)} files and tables")


def _captures(db: Database, profile: Profile, side: Side) -> Iterator[Finding]:
    for entity in contract.ENTITIES.values():
        sql = profile.sql("capture", entity.name)
        if sql is None:
            if profile.capture_mode(entity.name) == "sql":
                yield Finding(
                    "fail", f"capture_{entity.name}.sql", "capture is `sql`, but the file is missing", "Write it."
                )
            continue
        subject = f"capture_{entity.name}.sql"
        problem = not_one_select(sql)
        if problem:
            yield Finding("fail", subject, problem, "Leave one SELECT in the file.")
            continue
        try:
            with db.read() as conn:
                result = conn.execute(derived("*", sql))
                names = {name.lower() for name in list(result.keys())}
        except SQLAlchemyError as error:
            yield Finding("fail", subject, in_one_line(error), "Run `python -m puente profile check` after mending it.")
            continue
        required = [*entity.key, *(c.name for c in schema.stage_columns(entity) if c.required)]
        missing = [name for name in dict.fromkeys(required) if name.lower() not in names]
        if missing:
            yield Finding("fail", subject, f"yields no {', '.join(missing)}", "Name the columns as the contract does.")
        else:
            yield Finding("ok", subject, "can be read")


# ---------------------------------------------------------------- server options
def _server(bridge: Bridge, side: Side) -> Iterator[Finding]:
    db = bridge.database(side)
    check = {"sqlite": _sqlite, "mysql": _mysql, "mssql": _mssql}[db.dialect]
    yield from check(bridge, db, side)


def _sqlite(bridge: Bridge, db: Database, side: Side) -> Iterator[Finding]:
    with db.read() as conn:
        journal = conn.exec_driver_sql("PRAGMA journal_mode").scalar()
        check = conn.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if check != "ok":
        yield Finding("fail", f"{side}: server", f"the file is damaged: {check}", "Restore it from a backup.")
    if journal != "wal":
        yield Finding(
            "warn", f"{side}: server", f"journal mode {journal}", "Keep the file on a local disk, not a share."
        )
    yield Finding("info", f"{side}: server", "SQLite has one writer at a time: for trials, not for a busy shop")


def _mysql(bridge: Bridge, db: Database, side: Side) -> Iterator[Finding]:
    subject = f"{side}: server"
    with db.read() as conn:
        found = conn.execute(text(f"SHOW SESSION VARIABLES WHERE Variable_name IN {_MYSQL_OPTIONS}"))
        option = {str(name).lower(): str(value) for name, value in found}  # versions differ in which of them exist
        tables = [
            (name, engine, collation or "")
            for name, engine, collation in conn.exec_driver_sql(
                "SELECT TABLE_NAME, ENGINE, TABLE_COLLATION FROM information_schema.TABLES"
                " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'"
            )
        ]
    if "STRICT_" not in option["sql_mode"]:
        yield Finding("fail", subject, "the session is not in strict mode: values would be cut silently",
                      "Something between Puente and the server resets sql_mode: remove it.")  # fmt: skip
    if option["character_set_connection"] != "utf8mb4":
        yield Finding(
            "fail",
            subject,
            f"the connection speaks {option['character_set_connection']}, not utf8mb4",
            "Remove `charset` from the connection.",
        )
    if "ON" in (option.get("transaction_read_only"), option.get("tx_read_only")):
        yield Finding("fail", subject, "the server is read-only", "Connect to the primary, not to a replica.")
    if option.get("local_infile") != "ON":
        yield Finding("warn", subject, "local_infile is off, so bulk loads fall back to the slow path",
                      "SET GLOBAL local_infile = ON, if the rules of the house allow it.")  # fmt: skip
    if int(option["max_allowed_packet"]) < _PACKET_BYTES:
        yield Finding(
            "warn",
            subject,
            f"max_allowed_packet is {int(option['max_allowed_packet']) // 1024} KiB",
            "Set it to 16 MiB or more.",
        )
    if option.get("log_bin") == "ON" and option.get("binlog_format") == "STATEMENT":
        yield Finding("fail", subject, "binlog_format is STATEMENT, which refuses writes at READ COMMITTED",
                      "Set binlog_format to ROW or MIXED.")  # fmt: skip
    ours = [(n, e, c) for n, e, c in tables if _is_used(bridge, side, n)]
    other_engines = [f"{name} ({engine})" for name, engine, _ in ours if engine != "InnoDB"]
    if other_engines:
        yield Finding("fail", subject, f"not InnoDB: {_few(other_engines)}",
                      "They cannot roll back: ALTER TABLE … ENGINE = InnoDB.")  # fmt: skip
    poor = [name for name, _, collation in ours if not collation.startswith("utf8mb4")]
    if poor:
        yield Finding("warn", subject, f"not utf8mb4: {_few(poor)}", "Some letters and all emoji are refused there.")
    if not other_engines:
        yield Finding("ok", subject, "strict, InnoDB")


def _is_used(bridge: Bridge, side: Side, table: str) -> bool:
    """Whether Puente writes `table`: its own tables, the queues, and what the side's profile writes."""
    low = table.lower()
    if low.startswith("puente_") or (side == "erp" and low in {name.lower() for name in contract.QUEUES}):
        return True
    profile = bridge.profile(side)
    if low in {mapping.table.lower() for mapping in profile.tables.values()}:
        return True
    scripts = (profile.sql(kind, entity) or "" for kind in ("apply", "delete") for entity in contract.ENTITIES)
    return any(re.search(rf"\b{re.escape(low)}\b", script.lower()) for script in scripts)


def _mssql(bridge: Bridge, db: Database, side: Side) -> Iterator[Finding]:
    subject = f"{side}: server"
    with db.read() as conn:
        row = conn.execute(text(
            "SELECT is_read_committed_snapshot_on, snapshot_isolation_state, collation_name, is_read_only"
            " FROM sys.databases WHERE name = DB_NAME()"
        )).one()  # fmt: skip
        admin = conn.execute(text("SELECT IS_SRVROLEMEMBER('sysadmin')")).scalar()
    if not row[0]:
        yield Finding("warn", subject, "READ_COMMITTED_SNAPSHOT is off: reading waits for writers, up to a time-out",
                      "ALTER DATABASE … SET READ_COMMITTED_SNAPSHOT ON, in a quiet moment.")  # fmt: skip
    if not row[1]:
        yield Finding("warn", subject, "ALLOW_SNAPSHOT_ISOLATION is off: a capture reads row by row, not one moment",
                      "ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON.")  # fmt: skip
    if row[3]:
        yield Finding("fail", subject, "the database is read-only", "Connect to the primary, not to a replica.")
    if admin:
        yield Finding(
            "warn", subject, "this login is sysadmin", "Use a login of its own: 04_grants.sql has the few rights."
        )
    yield Finding("info", subject, f"collation {row[2]}; keys are compared exactly whatever it is")


# ---------------------------------------------------------------- both sides, settings
def _both(bridge: Bridge) -> Iterator[Finding]:
    if bridge.erp.same_database_as(bridge.platform) or _same_incarnation(bridge):
        yield Finding("fail", "both sides", "are the same database, or one is a copy of the other",
                      "Give each side its own. On a copy, empty puente_side and run `init`.")  # fmt: skip
    moments = []
    for side in SIDES:
        db = bridge.database(side)
        with db.read() as conn:
            moments.append(int(conn.execute(text(f"SELECT {NOW_MS[db.dialect]}")).scalar_one()))
    apart = abs(moments[0] - moments[1])
    remark = "; harmless, order never comes from a clock" if apart > _CLOCKS_APART_MS else ""
    yield Finding("info", "both sides", f"clocks are {apart / 1000:.1f} s apart{remark}")
    yield from standing(bridge)


def _same_incarnation(bridge: Bridge) -> bool:
    found = []
    for side in SIDES:
        db = bridge.database(side)
        if not inspect(db.engine).has_table(schema.side.name):
            return False
        with db.read() as conn:
            found.append(conn.execute(select(schema.side.c.value).where(schema.side.c.name == "incarnation")).scalar())
    return found[0] is not None and found[0] == found[1]


def _settings(bridge: Bridge) -> Iterator[Finding]:
    from puente.quality.suites import load_suite

    settings = bridge.settings
    suites = [(f"{contract.writer_of(side)}_to_{side}", e) for side in SIDES for e in contract.READ_SEQUENCE[side]]
    for direction, entity in suites:
        try:
            load_suite(direction, entity, settings.expectations_dir)
        except (PuenteError, OSError) as error:
            yield Finding("fail", "expectations", str(error), "Nothing of this entity is applied without its suite.")
    if not settings.seal_key:
        yield Finding("warn", "settings", "no seal key: reports and the ledger's head show accidents, not forgery",
                      "Set PUENTE_SEAL_KEY from a secret.")  # fmt: skip
    if settings.keys is None:
        yield Finding("warn", "settings", "no keys: what is landed is not archived, and a restore would lose it",
                      "Set PUENTE_KEYS from a secret; see docs/restore.md.")  # fmt: skip
    yield from _guarded("on-call", lambda: _oncall(settings))
    folder = settings.reports_dir
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        yield Finding("fail", "settings", f"the reports' folder {settings.reports_dir} cannot be written",
                      "Set PUENTE_REPORTS_DIR.")  # fmt: skip


def _oncall(settings: Settings) -> Iterator[Finding]:
    from puente.oncall import targets

    try:
        targets.check(settings)
    except OncallWrong as error:
        yield Finding("fail", "on-call", str(error), "Mend it; then `python -m puente oncall test`.")
        return
    who = targets.read(settings)
    if who.anybody:
        yield Finding("ok", "on-call", f"{len(who.addresses)} mail addresses, {len(who.chats)} chats")
    else:
        yield Finding("warn", "on-call", "nobody is told when something needs a person",
                      "Set PUENTE_ONCALL from a secret file: docs/operations.md.")  # fmt: skip


def _few(names: list[str], limit: int = 6) -> str:
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


_CHECKS: dict[str, Callable[[Bridge, Side], Iterator[Finding]]] = {
    "control tables": _control_tables,
    "queues": _queues,
    "rights": _rights,
    "profile": _profile,
    "server": _server,
}
