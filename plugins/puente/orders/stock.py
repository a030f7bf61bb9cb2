"""Asking the ERP's own stock procedure for one product, without ever inventing an answer.

The procedure may be slow, gone or wrong. A question has a time limit, kept by the server where it can and by us in
any case; after a few failures in a row the desk stops asking for the rest of its run, so that a hundred orders do
not wait a hundred times.
"""

from __future__ import annotations

import logging
import math
from concurrent.futures import Future
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from threading import Thread
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from puente.db.connect import Database
from puente.errors import ContractBroken, PuenteError
from puente.orders.rules import erp_rules
from puente.profiles import split_statements
from puente.sync.forms import embedded
from puente.sync.route import Bridge

_log = logging.getLogger(__name__)
FAILURES_ALLOWED = 3  # in a row


class StockUnknown(PuenteError):
    """The procedure answered, but no usable number: no row, NULL, negative, not a number."""


class StockUnavailable(PuenteError):
    """The procedure did not answer: it failed, took too long, or has failed too often in this run."""


class StockDesk:
    """One run's questions to the stock procedure; `close()` it at the end. Not for use by several threads."""

    def __init__(self, bridge: Bridge) -> None:
        """PuenteError when the profile's rules are wrong, ContractBroken when it has no stock.sql."""
        profile = bridge.profile("erp")
        statements = split_statements(profile.text("stock") or "")
        if len(statements) != 1 or ":product" not in statements[0]:
            raise ContractBroken(
                f"Profile {profile.name} needs a stock.sql of one statement that asks for `:product`: no order is "
                "emitted without asking the ERP."
            )
        self.rules = erp_rules(profile)
        self._db = bridge.erp
        self._question = text(embedded(statements[0]).replace(r"\:product", ":product"))
        self._failures = 0
        self._session: _Session | None = None

    def quantity(self, product_id: str, sku: str | None) -> Decimal:
        """The ERP's figure, in the product's own units, from 0 on. StockUnknown or StockUnavailable otherwise."""
        if self._failures >= FAILURES_ALLOWED:
            raise StockUnavailable(f"El ERP no contesta: {self._failures} consultas de existencia fallaron seguidas.")
        argument = product_id if self.rules.stock_argument == "ID_Producto" else sku
        if not argument:
            raise StockUnknown(f"El producto {product_id} no tiene SKU con qué consultar su existencia.")
        rows = self._ask(argument)
        self._failures = 0
        return _as_quantity(rows)

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _ask(self, argument: str) -> list[tuple[Any, ...]]:
        """In a thread of its own, for a driver that cannot be interrupted must not hold up the run.

        A connection that did not answer in time is left to its thread, which closes it.
        """
        session = self._session or _Session(self._db, self.rules.stock_timeout)
        self._session = None
        answer: Future[list[tuple[Any, ...]]] = Future()
        Thread(target=session.answer, args=(self._question, argument, answer), daemon=True, name="puente-stock").start()
        try:
            rows = answer.result(self.rules.stock_timeout)
        except TimeoutError as late:
            session.abandon()
            if answer.done():  # just then: its thread may not have seen that nobody waits any more
                session.close()
            raise self._failed(f"no contestó en {self.rules.stock_timeout:g} s", late) from late
        except SQLAlchemyError as error:
            session.close()
            message = str(error.orig if isinstance(error, DBAPIError) else error)
            raise self._failed((message.splitlines() or ["error sin texto"])[0][:200], error) from error
        self._session = session
        return rows

    def _failed(self, why: str, error: Exception) -> StockUnavailable:
        self._failures += 1
        _log.warning("The stock procedure failed (%d in a row): %s", self._failures, why, exc_info=error)
        return StockUnavailable(f"El ERP no contesta: la consulta de existencia falló ({why}).")


class _Session:
    """A connection of its own, out of the pool: its limits must not reach other work."""

    def __init__(self, db: Database, seconds: float) -> None:
        self._db, self._seconds = db, seconds
        self._conn: Connection | None = None
        self._abandoned = False

    def answer(self, question: Any, product: str, answer: Future[list[tuple[Any, ...]]]) -> None:
        try:
            if self._conn is None:
                self._conn = self._open()
            with self._conn.begin():
                result = self._conn.execute(question, {"product": product})
                rows = [tuple(row) for row in result.fetchmany(2)]
                result.close()
            answer.set_result(rows)
        except BaseException as error:  # whatever it is, the run must learn of it instead of waiting
            answer.set_exception(error)
        finally:
            if self._abandoned:
                self.close()

    def abandon(self) -> None:
        self._abandoned = True
        driver = None if self._conn is None else self._conn.connection.driver_connection
        if driver is not None and self._db.dialect == "sqlite":
            driver.interrupt()

    def close(self) -> None:
        if self._conn is not None:
            with suppress(Exception):  # it may be broken, which is why it is closed
                self._conn.close()

    def _open(self) -> Connection:
        conn = self._db.engine.connect()
        conn.detach()
        millis, whole = math.ceil(self._seconds * 1000), math.ceil(self._seconds)
        match self._db.dialect:
            case "sqlite":
                limits = [f"PRAGMA busy_timeout = {millis}"]
            case "mysql":
                mariadb = getattr(conn.dialect, "is_mariadb", False)
                limit = f"max_statement_time = {self._seconds}" if mariadb else f"max_execution_time = {millis}"
                limits = [f"SET SESSION {limit}, innodb_lock_wait_timeout = {whole}, lock_wait_timeout = {whole}"]
            case "mssql":
                driver: Any = conn.connection.driver_connection
                if hasattr(driver, "timeout"):
                    driver.timeout = whole
                limits = [f"SET LOCK_TIMEOUT {millis}", "SET NOCOUNT ON"]  # a count before the rows would hide them
        for statement in limits:
            conn.exec_driver_sql(statement)
        conn.commit()
        return conn


def _as_quantity(rows: list[tuple[Any, ...]]) -> Decimal:
    if not rows:
        raise StockUnknown("El ERP no conoce la existencia del producto.")
    value = rows[0][0]
    if len(rows) > 1:
        raise StockUnknown("El ERP contestó más de una existencia.")
    if value is None:
        raise StockUnknown("El ERP contestó NULL.")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else str(value).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise StockUnknown(f"El ERP contestó {str(value)[:40]!r}, que no es un número.")
    if number < 0:
        raise StockUnknown(f"El ERP contestó {number}, menos que nada.")
    return number
