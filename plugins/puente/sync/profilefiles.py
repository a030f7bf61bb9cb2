"""The files of a profile besides capture, apply and delete, and its rules for orders: checked without writing."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from puente import contract
from puente.db.connect import Database
from puente.errors import PuenteError
from puente.orders.rules import OrderRules, erp_rules, platform_rules
from puente.profiles import Profile, split_statements
from puente.sync.findings import Finding, in_one_line
from puente.sync.forms import PLATFORM_ID

_NOBODY = "puente-profile-check"  # asked of stock.sql: a product that no ERP has
_STOCK_BEGINS = ("SELECT", "EXEC", "EXECUTE", "CALL")
Select = Callable[[Database, str, str, tuple[str, ...]], Finding]
Script = Callable[[Database, str, str], list[Finding]]


def check_files(db: Database, profile: Profile, select: Select, script: Script) -> list[Finding]:
    """Findings on confirm_*, bind_*, stock.sql and `orders`; what the side needs for orders and lacks is named."""
    found = [_rules(profile, erp_rules if profile.side == "erp" else platform_rules)]
    for name, entity in contract.ENTITIES.items():
        if (sql := profile.sql("confirm", name)) is not None:
            found.append(select(db, f"confirm_{name}.sql", sql, (entity.key[0], PLATFORM_ID)))
        if profile.side == "platform" and (sql := profile.sql("bind", name)) is not None:
            found += script(db, f"bind_{name}.sql", sql)
    if profile.side == "erp":
        found += _erp(db, profile, select)
    elif profile.sql("capture", "order_headers") is not None:
        found += [
            Finding("fail", f"{stem}.sql", "orders are captured, but the file is missing", "Write it.")
            for stem in ("capture_order_lines", "apply_order_states")
            if profile.text(stem) is None
        ]
    return found


def _rules(profile: Profile, read: Callable[[Profile], OrderRules]) -> Finding:
    try:
        read(profile)
    except PuenteError as error:
        return Finding("fail", "profile.yaml, orders", str(error))
    return Finding("ok", "profile.yaml, orders", "the rules of orders can be read")


def _erp(db: Database, profile: Profile, select: Select) -> list[Finding]:
    found = []
    if (sql := profile.text("confirm_orders")) is not None:
        found.append(select(db, "confirm_orders.sql", sql, ("ID_Pedido_Cabecera",)))
    for name in ("companies", "contacts"):
        if profile.sql("apply", name) is not None and profile.sql("confirm", name) is None:
            found.append(Finding(
                "fail", f"confirm_{name}.sql", "new ones are written, but the file is missing",
                "Write a SELECT of the ERP's id and ID_Plataforma: without it their ids never reach the shop.",
            ))  # fmt: skip
    if profile.sql("apply", "order_headers") is not None:
        needed = {"apply_order_lines": "", "confirm_orders": ": no order is ever RECIBIDO EN ERP",
                  "stock": ": orders wait for ever"}  # fmt: skip
        found += [
            Finding("fail", f"{stem}.sql", f"orders are written, but the file is missing{why}", "Write it.")
            for stem, why in needed.items()
            if profile.text(stem) is None
        ]
    if (sql := profile.text("stock")) is not None:
        found.append(_stock(db, sql))
    return found


def _stock(db: Database, sql: str) -> Finding:
    """Asked once for a product that nobody has, and rolled back: the procedure is there and may be executed."""
    statements = split_statements(sql.strip().rstrip(";"))
    if len(statements) != 1:
        return Finding("fail", "stock.sql", f"holds {len(statements)} statements", "Leave one.")
    statement = statements[0].rstrip(";")
    first = statement.split(None, 1)[0].upper()
    if first not in _STOCK_BEGINS:
        return Finding("fail", "stock.sql", f"begins with {first}; only {', '.join(_STOCK_BEGINS)} belong here")
    if not re.search(r":product\b", statement):
        return Finding("fail", "stock.sql", "does not ask for :product", "Use the bind :product.")
    try:
        with db.engine.connect() as conn, conn.begin() as transaction:
            result = conn.execute(text(statement), {"product": _NOBODY})
            width = len(list(result.keys())) if result.returns_rows else 0
            result.close()
            transaction.rollback()
    except SQLAlchemyError as error:
        return Finding(
            "fail", "stock.sql", in_one_line(error), "Create the procedure, and grant EXECUTE on it to the login."
        )
    if width != 1:
        return Finding("fail", "stock.sql", f"yields {width} columns", "It must yield one number.")
    return Finding("ok", "stock.sql", "answers")
