"""DDL rendered from the contract, for a DBA to read in `include/sql/schema/` and for `init` to run.

What a vendor made is never altered: a queue that exists is left alone, whoever made it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from sqlalchemy import Table, inspect, select
from sqlalchemy.engine.interfaces import Dialect as SADialect
from sqlalchemy.schema import CreateIndex, CreateTable

from puente.contract import QUEUES, Side
from puente.db import schema
from puente.db.connect import Database, Dialect
from puente.db.grants import render_grants
from puente.db.queues import update_trigger
from puente.db.uninstall import render_uninstall
from puente.settings import ROOT
from puente.sync.control import renew_incarnation

SCHEMA_DIR = ROOT / "include" / "sql" / "schema"
DIALECTS: tuple[Dialect, ...] = ("mssql", "mysql", "sqlite")
_HEADER = "-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit.\n"


def create_missing(db: Database, side: Side) -> list[str]:
    """Create the queues (on the ERP's side), their triggers, landing and control tables; the names of what was made."""
    made: list[str] = []
    existing = {name.lower() for name in inspect(db.engine).get_table_names()}
    wanted = [*schema.queue_tables[db.dialect].values()] if side == "erp" else []
    wanted += [*schema.landing_tables[db.dialect].values()] if side == "erp" else []
    wanted += schema.control.sorted_tables
    for table in wanted:
        if table.name.lower() in existing:
            continue
        with db.begin() as conn:
            for statement in _table_statements(db.engine.dialect, table):
                conn.exec_driver_sql(_for_driver(db, statement))
            if table.name in QUEUES:
                conn.exec_driver_sql(_for_driver(db, trigger_statement(db.dialect, table.name)))
        made.append(table.name)
    with db.begin() as conn:
        side_table = schema.side
        if conn.execute(select(side_table.c.value).where(side_table.c.name == "incarnation")).scalar() is None:
            renew_incarnation(conn)
    return made


def _for_driver(db: Database, statement: str) -> str:
    """A driver that marks binds with `%s` takes `%%` for `%`; SQLite takes it as it is."""
    return statement.replace("%", "%%") if "format" in db.engine.dialect.paramstyle else statement


def _table_statements(dialect: SADialect, table: Table) -> list[str]:
    statements = [str(CreateTable(table).compile(dialect=dialect)).strip()]
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    return statements + [str(CreateIndex(index).compile(dialect=dialect)).strip() for index in indexes]


def trigger_statement(dialect: Dialect, queue: str) -> str:
    """The trigger that refuses UPDATE: a queue is INSERT-only, so a row never changes under its id."""
    name, message = update_trigger(queue), f"{queue} is INSERT-only: insert a new row instead of updating one"
    match dialect:
        case "sqlite":
            return f"CREATE TRIGGER {name} BEFORE UPDATE ON \"{queue}\" BEGIN SELECT RAISE(ABORT, '{message}'); END"
        case "mysql":
            return (
                f"CREATE TRIGGER {name} BEFORE UPDATE ON `{queue}` FOR EACH ROW"
                f" SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{message}'"
            )
        case "mssql":
            return f"CREATE TRIGGER {name} ON [{queue}] AFTER UPDATE AS\nBEGIN\n    THROW 50000, '{message}', 1;\nEND"


def render(dialect: Dialect) -> dict[str, str]:
    """File name → text of every schema file that is made from the contract."""
    compiler = import_module(f"sqlalchemy.dialects.{dialect}").dialect()
    end = "\nGO\n" if dialect == "mssql" else ";\n"
    queues, triggers = [_HEADER], [_HEADER]
    for name, table in schema.queue_tables[dialect].items():
        queues += [_tidy(s) + end for s in _table_statements(compiler, table)]
        triggers.append(trigger_statement(dialect, name) + end)
    queues.append("-- Not queues: purchase-order requests that a buyer approved, for the ERP's own import.\n")
    for table in schema.landing_tables[dialect].values():
        queues += [_tidy(s) + end for s in _table_statements(compiler, table)]
    control = [_HEADER]
    for table in schema.control.sorted_tables:
        control += [_tidy(s) + end for s in _table_statements(compiler, table)]
    return {
        "01_queues.sql": "\n".join(queues),
        "02_triggers.sql": "\n".join(triggers),
        "03_control.sql": "\n".join(control),
        **render_grants(dialect),
        **render_uninstall(dialect),
    }


def _tidy(statement: str) -> str:
    return "\n".join(line.rstrip() for line in statement.replace("\t", "    ").splitlines())


def write_files(folder: Path = SCHEMA_DIR) -> list[Path]:
    """Render every dialect's files below `folder`."""
    written = []
    for dialect in DIALECTS:
        for name, content in render(dialect).items():
            path = folder / dialect / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            written.append(path)
    return written
