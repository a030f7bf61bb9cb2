"""`99_uninstall.sql`: Puente goes, and what it did not make stays as it was."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from kit import own_tables
from kit.servers import Server
from puente.db.connect import Database, open_database
from puente.db.ddl import SCHEMA_DIR, create_missing, trigger_statement
from puente.db.uninstall import FILE
from puente.profiles import split_statements

VENDORS = {"Productos", "Ordenes_Compra"}  # a queue of the vendor's, and a table that only has the same name


@pytest.fixture(params=["sqlite", "mariadb"])
def erp(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An ERP with its own tables, a vendor's tables with Puente's names, and all that `init` adds."""
    if request.param == "sqlite":
        db = open_database(f"sqlite:///{tmp_path}/erp.db")
    else:
        server: Server = request.getfixturevalue("mysql")
        db = open_database(server.create_database(f"uninstall_{secrets.token_hex(3)}"))
    own_tables.erp.create_all(db.engine)
    with db.begin() as conn:
        conn.execute(own_tables.articulo.insert().values(cve="A1", nombre="Llanta"))
        for name in VENDORS:
            conn.execute(text(f"CREATE TABLE {name} (ID_Registro INTEGER PRIMARY KEY, Cosa VARCHAR(20))"))
            conn.execute(text(f"INSERT INTO {name} VALUES (1, 'del proveedor')"))
    yield db
    db.engine.dispose()


def test_nothing_of_puente_is_left_and_nothing_else_is_touched(erp: Database) -> None:
    before = tables(erp)
    made = create_missing(erp, "erp")
    with erp.begin() as conn:  # as doctor advises for a vendor's queue
        conn.exec_driver_sql(trigger_statement(erp.dialect, "Productos"))
    assert not VENDORS & set(made) and set(made) == tables(erp) - before

    run(erp, uncommented=made)
    assert tables(erp) == before and not triggers(erp)
    with erp.read() as conn:
        assert conn.execute(own_tables.articulo.select()).one().nombre == "Llanta"
        for name in VENDORS:
            assert conn.execute(text(f"SELECT Cosa FROM {name}")).scalars().all() == ["del proveedor"]

    run(erp, uncommented=made)  # again does nothing
    assert tables(erp) == before


def test_as_it_stands_the_script_drops_no_queue(erp: Database) -> None:
    before = tables(erp)
    made = create_missing(erp, "erp")
    run(erp)
    assert tables(erp) - before == {name for name in made if not name.startswith("puente_")}
    assert not triggers(erp)
    assert set(create_missing(erp, "erp")) == {name for name in made if name.startswith("puente_")}, "and back again"


def run(db: Database, uncommented: Collection[str] = ()) -> None:
    """The file as a DBA runs it, who took the dashes away before these tables."""
    lines = (SCHEMA_DIR / db.dialect / FILE).read_text(encoding="utf-8").splitlines()
    chosen = [
        line.removeprefix("-- ") if line.startswith("-- DROP TABLE") and named(line) in uncommented else line
        for line in lines
    ]
    with db.begin() as conn:
        for statement in split_statements("\n".join(chosen)):
            conn.exec_driver_sql(statement)


def named(line: str) -> str:
    return line.split()[-1].strip(';"`[]')


def tables(db: Database) -> set[str]:
    return set(inspect(db.engine).get_table_names())


def triggers(db: Database) -> list[str]:
    queries = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "mysql": "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()",
    }
    with db.read() as conn:
        return list(conn.execute(text(queries[db.dialect])).scalars())
