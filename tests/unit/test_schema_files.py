"""`include/sql/schema/` is what the contract says, and the contract's files are what a DBA may run."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from puente import contract
from puente.db.connect import open_database
from puente.db.ddl import DIALECTS, SCHEMA_DIR, create_missing, render, write_files
from puente.db.grants import LOGIN, PASSWORD


@pytest.mark.parametrize("dialect", DIALECTS)
def test_checked_in_files_are_what_the_contract_says(dialect: str) -> None:
    folder = SCHEMA_DIR / dialect
    rendered = render(dialect)  # type: ignore[arg-type]
    assert {path.name for path in folder.glob("*.sql")} == set(rendered), "run `python -m puente ddl`"
    for name, content in rendered.items():
        assert (folder / name).read_text(encoding="utf-8") == content, f"{name}: run `python -m puente ddl`"


def test_files_go_where_they_are_told(tmp_path: Path) -> None:
    assert all(path.is_relative_to(tmp_path) for path in write_files(tmp_path))


def test_the_sqlite_files_make_what_init_makes(tmp_path: Path) -> None:
    file = tmp_path / "by_hand.db"
    made = sqlite3.connect(file)
    for path in sorted((SCHEMA_DIR / "sqlite").glob("0*.sql")):
        made.executescript(path.read_text(encoding="utf-8"))
    made.close()
    db = open_database(f"sqlite:///{file}")
    assert create_missing(db, "erp") == []
    db.engine.dispose()


def test_init_gives_a_side_its_incarnation_once(tmp_path: Path) -> None:
    db = open_database(f"sqlite:///{tmp_path}/side.db")
    create_missing(db, "platform")
    incarnations = []
    for _ in range(2):
        create_missing(db, "platform")
        with db.read() as conn:
            incarnations.append(
                conn.exec_driver_sql("SELECT value FROM puente_side WHERE name = 'incarnation'").scalar()
            )
    assert incarnations[0] and incarnations[0] == incarnations[1]
    db.engine.dispose()


def test_queue_rows_get_their_creation_time_from_the_database(tmp_path: Path) -> None:
    db = open_database(f"sqlite:///{tmp_path}/side.db")
    create_missing(db, "erp")
    with db.begin() as conn:
        conn.exec_driver_sql("INSERT INTO Productos (ID_Producto) VALUES ('1')")
        created = conn.exec_driver_sql("SELECT Fecha_Creacion FROM Productos").scalar()
    assert str(created)[:2] == "20" and len(str(created)) == 23
    db.engine.dispose()


@pytest.mark.parametrize("dialect", ["mysql", "mssql"])
def test_grants_give_no_update_on_a_queue_and_no_secret(dialect: str) -> None:
    files = render(dialect)  # type: ignore[arg-type]
    erp = files["04_grants.sql"]
    for line in erp.splitlines():
        if line.startswith("GRANT") and any(f"{q}`" in line or f"{q}]" in line for q in contract.QUEUES):
            rights = line.split(" ON ")[0]
            assert rights in ("GRANT SELECT, INSERT, DELETE", "GRANT VIEW DEFINITION")
    for content in (erp, files["05_grants_platform.sql"]):
        assert LOGIN in content and PASSWORD in content
        assert "GRANT ALL" not in content and "db_owner " not in content.replace("no db_owner", "")
    assert not [name for name in render("sqlite") if "grants" in name]
