"""Creates the demo tables and fills them, on SQLite, MySQL or MariaDB (pymysql) and SQL Server alike."""

from __future__ import annotations

from sqlalchemy import Engine, text

from puente.demo.erp import TABLES, DemoErp, Row
from puente.profiles import split_statements
from puente.settings import ROOT

SQL_HOME = ROOT / "include" / "sql" / "demo"
ROWS_PER_CALL = 5000


def create_erp(engine: Engine) -> None:
    """Make the demo ERP's own tables in an empty database. The server's error when one exists already."""
    _run_file(engine, "erp")


def create_shop(engine: Engine) -> None:
    """Make the demo shop's own tables in an empty database. The server's error when one exists already."""
    _run_file(engine, "shop")


def fill_erp(engine: Engine, data: DemoErp) -> None:
    """Put all rows into empty tables, in one transaction: all or nothing."""
    with engine.begin() as connection:
        for table in TABLES:
            rows = data.tables[table]
            for start in range(0, len(rows), ROWS_PER_CALL):
                connection.execute(text(insert_sql(table, rows[0])), rows[start : start + ROWS_PER_CALL])


def insert_sql(table: str, row: Row) -> str:
    """INSERT with named binds for the columns of `row`. Names come from the generator, never from outside."""
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{c}' for c in row)})"


def _run_file(engine: Engine, which: str) -> None:
    dialect = "mysql" if engine.dialect.name == "mariadb" else engine.dialect.name
    script = (SQL_HOME / which / f"{dialect}.sql").read_text(encoding="utf-8")
    with engine.begin() as connection:
        for statement in split_statements(script):
            connection.execute(text(statement))
