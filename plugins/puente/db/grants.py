"""Grants for a login that may do what Puente does and nothing else, for a DBA to read and run.

On the ERP's side: read, insert and delete queue rows (never UPDATE one, never change a table), keep the control
tables, and read what the profile's SELECTs read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from puente.contract import QUEUES
from puente.db import schema
from puente.db.connect import Dialect
from puente.settings import ROOT

LOGIN = "puente_sync"
PASSWORD = "<password>"
ERP_FILE, PLATFORM_FILE = "04_grants.sql", "05_grants_platform.sql"
_DEMO = ROOT / "include" / "sql" / "profiles"
_ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
_TABLE_NAMED = re.compile(r"\b(?:FROM|JOIN)\s+([A-Za-z_]\w*)", re.IGNORECASE)


def render_grants(dialect: Dialect) -> dict[str, str]:
    """File name → text; SQLite has no logins, so nothing for it."""
    if dialect == "sqlite":
        return {}
    return {
        ERP_FILE: _file(dialect, "the ERP's database", [
            _part(dialect, "The queues: rows are inserted, read and deleted. UPDATE is not granted, on purpose.",
                  lambda _: "SELECT, INSERT, DELETE", QUEUES),
            *([_see_triggers(dialect)] if dialect == "mssql" else []),
            _control(dialect),
            _own(dialect, ("SELECT",), "What the profile's capture SELECTs read: name every table or view of yours.",
                 demo_reads("demo_erp", dialect)),
        ]),
        PLATFORM_FILE: _file(dialect, "the platform's database", [
            _control(dialect),
            _own(dialect, _ALL, "The shop's own tables that the profile reads and writes: name yours.",
                 demo_reads("demo_shop", dialect)),
        ]),
    }  # fmt: skip


def demo_reads(profile: str, dialect: Dialect) -> list[str]:
    """The tables that a demo profile's SQL and YAML name, sorted."""
    found: set[str] = set()
    for path in sorted((_DEMO / profile).glob("*.sql")):
        parts = path.name.split(".")
        if len(parts) == 2 or parts[1] == dialect:
            code = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
            found |= {name for name in _TABLE_NAMED.findall(code) if not name.startswith("puente_")}
    return sorted(found)


def _file(dialect: Dialect, where: str, parts: list[str]) -> str:
    header = (
        "-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit; copy, then fill in.\n"
        f"-- Least-privilege login for Puente. Run in {where}, as its owner, after 03_control.sql.\n"
    )
    if dialect == "mysql":
        create = (
            f"CREATE USER IF NOT EXISTS '{LOGIN}'@'%' IDENTIFIED BY '{PASSWORD}';\n"
            "-- Narrow '%' to the host that Airflow runs on, and add REQUIRE SSL where the server has a certificate."
        )
    else:
        create = (
            f"CREATE LOGIN {LOGIN} WITH PASSWORD = N'{PASSWORD}';\nGO\n"
            f"CREATE USER {LOGIN} FOR LOGIN {LOGIN};\nGO\n"
            "-- No server role and no db_owner, db_datareader or db_datawriter: they would add what is left out here."
        )
    return "\n".join([header, create, "", *parts])


def _part(dialect: Dialect, comment: str, rights: Callable[[str], str], tables: Iterable[str], prefix: str = "") -> str:
    end = "GO\n" if dialect == "mssql" else ""
    return f"-- {comment}\n" + "".join(f"{prefix}{_grant(dialect, rights(t), t)}\n" for t in tables) + end


def _grant(dialect: Dialect, rights: str, table: str) -> str:
    if dialect == "mysql":
        return f"GRANT {rights} ON `{table}` TO '{LOGIN}'@'%';"
    return f"GRANT {rights} ON [{table}] TO {LOGIN};"


def control_rights(table: str) -> tuple[str, ...]:
    """What the login needs on a control table. What people decided and the ledger are only ever added to."""
    if table in ("puente_decision", "puente_ledger"):
        return ("SELECT", "INSERT")
    return _ALL


def _control(dialect: Dialect) -> str:
    comment = "Puente's own tables. From the ledger and from people's decisions nothing can be deleted."
    return _part(dialect, comment, lambda table: ", ".join(control_rights(table)), sorted(schema.control.tables))


def _own(dialect: Dialect, rights: tuple[str, ...], comment: str, demo: list[str]) -> str:
    return _part(dialect, f"{comment}\n-- For the demo these are:", lambda _: ", ".join(rights), demo, prefix="-- ")


def _see_triggers(dialect: Dialect) -> str:
    """SQL Server shows a trigger only to those who may see its table's definition."""
    comment = (
        "To see that UPDATE is refused by the trigger: without it rows are read again before they are deleted.\n"
        "-- (A server that does not know this right refuses this part only.)"
    )
    return _part(dialect, comment, lambda _: "VIEW DEFINITION", QUEUES)
