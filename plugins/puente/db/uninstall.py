"""What takes Puente out of a database again, for a DBA to read and run.

Puente's own tables and triggers go. A queue goes only by a person's hand: neither its name, nor its columns, nor the
trigger (which a DBA may have given to a vendor's queue) says who made it, and its rows may be wanted.
"""

from __future__ import annotations

from collections.abc import Iterable

from puente.contract import QUEUES
from puente.db import schema
from puente.db.connect import Dialect
from puente.db.grants import LOGIN
from puente.db.queues import update_trigger

FILE = "99_uninstall.sql"
_HEAD = """\
-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit; copy, then fill in.
-- Takes Puente out of a database, the ERP's or the platform's; it may be run again. First stop the Dags, and copy what
-- an auditor may ask for: puente_ledger, puente_decision, puente_order_history, and the folder of reports.
-- No table of the ERP's or the shop's own is named here.
"""
_QUEUES = """\
-- Queues and purchase-order requests, in the ERP's database: take the dashes away before those that Puente made. `init`
-- named them when it made them; a vendor's stay. Look first whether they still hold rows.
"""
_COPIES = """\
-- Restores and drills leave <database>_restored, _drill and _before beside this one, until a person drops them.
"""
_LOGIN = {
    "sqlite": "",
    "mysql": f"-- The login, once the other side needs it no more:\n-- DROP USER '{LOGIN}'@'%';\n",
    "mssql": "-- The login; its second line once the other side needs it no more:\n"
    f"-- DROP USER {LOGIN};\n-- DROP LOGIN {LOGIN};\n",
}


def render_uninstall(dialect: Dialect) -> dict[str, str]:
    """File name → text."""
    end = "GO\n" if dialect == "mssql" else ""
    triggers = "".join(f"DROP TRIGGER IF EXISTS {update_trigger(name)};\n" for name in QUEUES)
    parts = [
        _HEAD,
        "-- The triggers that keep queues INSERT-only.\n" + triggers + end,
        "-- Puente's own tables, on either side.\n"
        + _drops(dialect, (table.name for table in reversed(schema.control.sorted_tables)))
        + end,
        _QUEUES + _drops(dialect, [*QUEUES, *schema.landing_tables[dialect]], "-- "),
        _COPIES + _LOGIN[dialect],
    ]
    return {FILE: "\n".join(parts)}


def _drops(dialect: Dialect, tables: Iterable[str], prefix: str = "") -> str:
    quotes = {"mssql": "[]", "mysql": "``", "sqlite": '""'}[dialect]
    return "".join(f"{prefix}DROP TABLE IF EXISTS {quotes[0]}{table}{quotes[1]};\n" for table in tables)
