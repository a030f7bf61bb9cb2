"""Grants for a login that may do what Puente does and nothing else, for a DBA to read and run.

On the ERP's side: read, insert and delete queue rows (never UPDATE one, never change a table), keep the control
tables, read what the profile's SELECTs read, write what its apply and delete files write, and ask for stock.
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
_READS = re.compile(r"\b(?:FROM|JOIN)\s+([A-Za-z_]\w*)", re.IGNORECASE)
_WRITES = {
    "INSERT": re.compile(r"\bINSERT\s+INTO\s+([A-Za-z_]\w*)", re.IGNORECASE),
    "UPDATE": re.compile(r"(?<!FOR )\bUPDATE\s+([A-Za-z_]\w*)", re.IGNORECASE),
    "DELETE": re.compile(r"\bDELETE\s+FROM\s+([A-Za-z_]\w*)", re.IGNORECASE),
}
_PROCEDURE = re.compile(r"^\s*(?:EXEC|EXECUTE|CALL)\s+([A-Za-z_]\w*)", re.IGNORECASE | re.MULTILINE)


def render_grants(dialect: Dialect) -> dict[str, str]:
    """File name → text; SQLite has no logins, so nothing for it."""
    if dialect == "sqlite":
        return {}
    return {
        ERP_FILE: _file(dialect, "the ERP's database", [
            _part(dialect, "The queues: rows are inserted, read and deleted. UPDATE is not granted, on purpose.",
                  lambda _: "SELECT, INSERT, DELETE", QUEUES),
            *([_see_triggers(dialect)] if dialect == "mssql" else []),
            _part(dialect, "Purchase-order requests that a buyer approved: written once, for the ERP's own import.",
                  lambda _: "SELECT, INSERT", schema.landing_tables[dialect]),
            _control(dialect),
            _own(dialect, "What the profile's files read and write: name every table or view of yours, and give "
                 "INSERT or UPDATE\n-- only where an apply or delete file writes.", demo_rights("demo_erp", dialect)),
            _procedures(dialect, demo_procedures("demo_erp", dialect)),
        ]),
        PLATFORM_FILE: _file(dialect, "the platform's database", [
            _control(dialect),
            _own(dialect, "The shop's own tables that the profile reads and writes: name yours.",
                 dict.fromkeys(demo_reads("demo_shop", dialect), _ALL)),
        ]),
    }  # fmt: skip


def demo_rights(profile: str, dialect: Dialect) -> dict[str, tuple[str, ...]]:
    """The tables that a demo profile's SQL names, sorted, with the rights that its statements need."""
    code = _code(profile, dialect)
    rights: dict[str, list[str]] = {name: ["SELECT"] for name in _READS.findall(code)}
    for verb, pattern in _WRITES.items():
        for name in dict.fromkeys(pattern.findall(code)):
            rights.setdefault(name, ["SELECT"]).append(verb)
    return {name: tuple(rights[name]) for name in sorted(rights) if not name.startswith("puente_")}


def demo_reads(profile: str, dialect: Dialect) -> list[str]:
    """The tables that a demo profile's SQL names, sorted."""
    return list(demo_rights(profile, dialect))


def demo_procedures(profile: str, dialect: Dialect) -> list[str]:
    return sorted(set(_PROCEDURE.findall(_code(profile, dialect))))


def _code(profile: str, dialect: Dialect) -> str:
    """The files that this engine runs, without comments."""
    chosen: dict[str, str] = {}
    for path in sorted((_DEMO / profile).glob("*.sql"), key=lambda path: path.name.count(".")):
        stem, *variant = path.name.removesuffix(".sql").split(".")
        if not variant or variant == [dialect]:
            chosen[stem] = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
    return "\n".join(chosen.values())


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
    """What the login needs on a control table. What people decided and the ledger are only ever added to; of a
    decision the edited values alone can be blanked, when a person is erased."""
    if table == "puente_ledger":
        return ("SELECT", "INSERT")
    if table == "puente_decision":
        return ("SELECT", "INSERT", "UPDATE (original, value)")
    return _ALL


def _control(dialect: Dialect) -> str:
    comment = (
        "Puente's own tables. From the ledger and from people's decisions nothing can be deleted. Of a decision only\n"
        "-- the edited values can be blanked, as erasing a person does (docs/personal_data.md)."
    )
    return _part(dialect, comment, lambda table: ", ".join(control_rights(table)), sorted(schema.control.tables))


def _own(dialect: Dialect, comment: str, demo: dict[str, tuple[str, ...]]) -> str:
    whole = f"{comment}\n-- For the demo these are:"
    return _part(dialect, whole, lambda table: ", ".join(demo[table]), demo, prefix="-- ")


def _procedures(dialect: Dialect, names: list[str]) -> str:
    """MySQL names the kind of object, SQL Server does not."""
    kind = "PROCEDURE " if dialect == "mysql" else ""
    lines = [f"-- {_grant(dialect, 'EXECUTE', name).replace(' ON ', f' ON {kind}', 1)}\n" for name in names]
    end = "GO\n" if dialect == "mssql" else ""
    return "-- The stock procedure that stock.sql calls; for the demo:\n" + "".join(lines) + end


def _see_triggers(dialect: Dialect) -> str:
    """SQL Server shows a trigger only to those who may see its table's definition."""
    comment = (
        "To see that UPDATE is refused by the trigger: without it rows are read again before they are deleted.\n"
        "-- (A server that does not know this right refuses this part only.)"
    )
    return _part(dialect, comment, lambda _: "VIEW DEFINITION", QUEUES)
