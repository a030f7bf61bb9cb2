"""The rows that both tools carry: made by the server itself, the same every time for one size."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, text

HERE = Path(__file__).parent
_KEYS = "COUNT(*), SUM(CRC32(CONCAT_WS('|', {key}, {price}, {stock})))"
BEFORE_CHANGES = "2026-01-15 00:00:00"  # between the two values of MODIFICADO


def make(engine: Engine, rows: int) -> None:
    """Create and fill the ERP's table in an empty database."""
    _run(engine, (HERE / "source.sql").read_text(encoding="utf-8").replace("{rows}", str(rows)))


def change(engine: Engine) -> None:
    """Make the change round."""
    _run(engine, (HERE / "changes.sql").read_text(encoding="utf-8"))


def digest(engine: Engine, table: str, key: str, price: str, stock: str, where: str = "1 = 1") -> tuple[int, int]:
    """Row count and a checksum over key, public price and stock: equal on both sides when nothing was lost."""
    price, stock = (f"CAST({column} AS DECIMAL(18,4))" for column in (price, stock))
    with engine.connect() as conn:
        count, total = conn.execute(
            text(f"SELECT {_KEYS.format(key=key, price=price, stock=stock)} FROM {table} WHERE {where}")
        ).one()
    return int(count), int(total or 0)


def expected(engine: Engine, *, checked: bool) -> tuple[int, int]:
    """What the target must hold. `checked`: without the rows that the gate must set aside."""
    sound = "PRECIO_1 >= 0 AND RIGHT(CLAVE, 8) = RIGHT(CVE_ART, 8)" if checked else "1 = 1"
    return digest(engine, "ARTICULO", "CVE_ART", "PRECIO_1", "EXISTENCIA", sound)


def _run(engine: Engine, script: str) -> None:
    lines = [line for line in script.splitlines() if not line.startswith("--")]
    with engine.begin() as conn:
        for statement in filter(str.strip, "\n".join(lines).split(";\n")):
            conn.exec_driver_sql(statement.replace("%", "%%"))
