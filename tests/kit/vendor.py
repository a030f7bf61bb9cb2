"""Queues as a vendor makes them: with the agreed fields only, in an order, letter case and types of its own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from kit.world import World
from puente import contract
from puente.db.connect import Dialect

_TEXT = {"sqlite": "TEXT", "mysql": "VARCHAR({n}) CHARACTER SET utf8mb4", "mssql": "NVARCHAR({n})"}
TYPES: dict[str, dict[Dialect, str]] = {
    "id": {
        "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "mysql": "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
        "mssql": "BIGINT NOT NULL IDENTITY(1,1) PRIMARY KEY",
    },
    "int id": {
        "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "mysql": "INT NOT NULL AUTO_INCREMENT PRIMARY KEY",
        "mssql": "INT NOT NULL IDENTITY(1,1) PRIMARY KEY",
    },
    "text": {k: v.format(n=255) for k, v in _TEXT.items()},  # type: ignore[misc]
    "wide": {k: v.format(n=2000) for k, v in _TEXT.items()},  # type: ignore[misc]
    "char": {"sqlite": "TEXT", "mysql": "CHAR(20)", "mssql": "NCHAR(20)"},
    "money": {"sqlite": "TEXT", "mysql": "DECIMAL(18,4)", "mssql": "DECIMAL(18,4)"},
    "float": {"sqlite": "REAL", "mysql": "DOUBLE", "mssql": "FLOAT"},
    "single": {"sqlite": "REAL", "mysql": "FLOAT", "mssql": "REAL"},
    "int": {"sqlite": "INTEGER", "mysql": "INT", "mssql": "INT"},
    "created": {
        "sqlite": "TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now'))",
        "mysql": "DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3)",
        "mssql": "DATETIME2(3) DEFAULT SYSUTCDATETIME()",
    },
    "micros": {
        "sqlite": "TEXT",
        "mysql": "DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6)",
        "mssql": "DATETIME2(6) DEFAULT SYSUTCDATETIME()",
    },
    "coarse": {  # SQL Server's DATETIME ticks every 3.33 ms, MySQL's every second
        "sqlite": "TEXT DEFAULT (datetime('now'))",
        "mysql": "DATETIME DEFAULT CURRENT_TIMESTAMP",
        "mssql": "DATETIME DEFAULT GETUTCDATE()",
    },
}


def make_queue(world: World, entity: str, columns: dict[str, str], *, table: str | None = None) -> None:
    """Replace the queue by a table with these columns (name → a word of `TYPES`), in this order, without trigger."""
    name = table or contract.ENTITIES[entity].queue["erp"]
    dialect, quote = world.erp.dialect, world.erp.quote
    fields = ", ".join(f"{quote(column)} {TYPES[word][dialect]}" for column, word in columns.items())
    world.remake_queue(entity, f"CREATE TABLE {quote(name)} ({fields})")


def vendor_put(world: World, entity: str, table: str | None = None, **values: Any) -> None:
    """One row, by the columns' real names, as the vendor's own program inserts it."""
    name = table or contract.ENTITIES[entity].queue["erp"]
    quote = world.erp.quote
    names = ", ".join(quote(column) for column in values)
    binds = ", ".join(f":b{number}" for number in range(len(values)))
    own_id = world.erp.dialect == "mssql" and any(column.lower() == "id_registro" for column in values)
    with world.erp.begin() as conn:
        if own_id:
            conn.exec_driver_sql(f"SET IDENTITY_INSERT {quote(name)} ON")
        conn.execute(
            text(f"INSERT INTO {quote(name)} ({names}) VALUES ({binds})"),
            {f"b{number}": value for number, value in enumerate(values.values())},
        )
        if own_id:
            conn.exec_driver_sql(f"SET IDENTITY_INSERT {quote(name)} OFF")


CATEGORIES = {"ID_Registro": "id", "Fecha_Creacion": "created", "ID_Categoria": "text", "Nombre": "text"}
PRODUCTS = {
    "ID_Registro": "id", "Fecha_Creacion": "created", "ID_Producto": "text", "SKU": "text", "Nombre": "text",
    "Precio_1": "money", "Existencia": "money",
}  # fmt: skip
