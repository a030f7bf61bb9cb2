"""The change round: one ordinary day in the demo ERP, with a few new mistakes in it.

`changed` works on plain rows, so that the expected counts follow from the data; `change_round` writes the
difference between the two states into a database, row by row and checked, in one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from sqlalchemy import Connection, Engine
from sqlalchemy import text as sql

from puente.demo.erp import TABLES, Defect, DemoErp, Row, Tables, cents, generate, money, take_from, text, with_own_rfc
from puente.demo.load import insert_sql

PRICE_RISE_PERCENT = 104
REPRICED, SOLD, MOVED = 12, 10, 5


class DemoStateError(RuntimeError):
    """The database does not hold the rows that `generate` made: never filled, or already changed."""


@dataclass(frozen=True)
class ChangeReport:
    """What the round did. `lines` describe it for people (Spanish); the counts are rows of the ERP's own tables."""

    lines: tuple[str, ...]
    inserted: int
    updated: int
    deleted: int


def change_round(engine: Engine, seed: int = 7, articles: int = 640) -> ChangeReport:
    """Make the round in an ERP that `fill_erp(engine, generate(seed, articles))` filled.

    DemoStateError, and nothing written, when the database is not in that state (so also the second time).
    """
    before = generate(seed, articles)
    after, lines = changed(before)
    done = {"INSERT": 0, "UPDATE": 0, "DELETE": 0}
    with engine.begin() as connection:
        for verb, table, row in _difference(before.tables, after.tables):
            _write(connection, verb, table, row)
            done[verb] += 1
    return ChangeReport(tuple(lines), done["INSERT"], done["UPDATE"], done["DELETE"])


def changed(before: DemoErp) -> tuple[DemoErp, list[str]]:
    """The ERP after the round, and what happened, in Spanish. `before` stays as it is."""
    tables: Tables = {name: [dict(row) for row in rows] for name, rows in before.tables.items()}
    rng = Random(f"{before.seed}:changes")
    article = take_from(rng, _sound_articles(before, tables))
    lines: list[str] = []
    defects: list[Defect] = []

    repriced = [text(article()["CVE_ART"]) for _ in range(REPRICED)]
    for price in tables["LISTA_PRECIO"]:
        if price["CVE_ART"] in repriced:
            price["PRECIO"] = money(cents(price["PRECIO"]) * PRICE_RISE_PERCENT // 100)
    lines.append(f"{REPRICED} artículos suben de precio en todas sus listas")

    stock: dict[str, list[Row]] = defaultdict(list)
    for row in tables["EXISTENCIA"]:
        if int(row["CANTIDAD"] or 0) > 1:
            stock[text(row["CVE_ART"])].append(row)
    for _ in range(SOLD):
        _add(_next_with(article, stock, 1)[0], -1)
    lines.append(f"{SOLD} artículos venden una pieza")
    for _ in range(MOVED):
        source, target = _next_with(article, stock, 2)[:2]
        _add(source, -1)
        _add(target, +1)  # the sum over all warehouses stays: nothing to send
    lines.append(f"{MOVED} traspasos entre almacenes, que no cambian la existencia total")

    new = _copy_article(tables, article(), "NUEVO")
    lines.append(f"artículo nuevo {new['CVE_ART']}: {new['DESCRIPCION']}")

    gone = article()["CVE_ART"]
    for name in ("ART", "ART_FAMILIA", "LISTA_PRECIO", "EXISTENCIA"):
        tables[name] = [row for row in tables[name] if row["CVE_ART"] != gone]
    lines.append(f"artículo {gone} dado de baja con sus familias, precios y existencias")

    company = rng.choice([row for row in with_own_rfc(tables) if row["CORREO"] is None or "@" in text(row["CORREO"])])
    company["RAZON_SOCIAL"] = f"{text(company['RAZON_SOCIAL']).split(',')[0]} y Asociados, S.A. de C.V."
    lines.append(f"el cliente {company['CVE_CTE']} cambia de razón social: {company['RAZON_SOCIAL']}")

    for defect, line in _new_mistakes(rng, before, tables, article):
        defects.append(defect)
        lines.append(line)
    return DemoErp(before.seed, tables, (*before.defects, *defects)), lines


def _new_mistakes(
    rng: Random, before: DemoErp, tables: Tables, article: Callable[[], Row]
) -> Iterator[tuple[Defect, str]]:
    """The day's mistakes: each with what must become of it, and in words."""
    # A new article without a name: it and its relations never reach the shop.
    row = _copy_article(tables, article(), "PENDIENTE")
    row["DESCRIPCION"] = None
    key = text(row["CVE_ART"])
    yield Defect("missing name", "products", (key,), "quarantined"), f"error: artículo nuevo {key} sin nombre"

    # A known article's public price turns negative: the shop keeps the old record whole.
    key = text(article()["CVE_ART"])
    price = next(p for p in tables["LISTA_PRECIO"] if p["CVE_ART"] == key and p["LISTA"] == 1)
    price["PRECIO"] = money(-cents(price["PRECIO"]))
    yield Defect("negative price", "products", (key,), "quarantined"), f"error: artículo {key} con precio negativo"

    # A known article is put into a family that nobody has made yet.
    key = text(article()["CVE_ART"])
    tables["ART_FAMILIA"].append({"CVE_ART": key, "CVE_FAM": "F-9998"})
    orphan = Defect("orphan relation", "product_categories", ("F-9998", key), "held")
    yield orphan, f"error: artículo {key} en la familia F-9998, que no existe"

    # A known contact's address is typed over with something that is no e-mail.
    spoilt = {d.key[0] for d in before.defects if d.entity in ("companies", "contacts")}
    row = rng.choice([c for c in tables["CONTACTO"] if c["CVE_CONT"] not in spoilt and c["CVE_CTE"] not in spoilt])
    row["CORREO"] = "pendiente de confirmar"
    key = text(row["CVE_CONT"])
    yield Defect("broken e-mail", "contacts", (key,), "quarantined"), f"error: contacto {key} con un correo imposible"


def _sound_articles(before: DemoErp, tables: Tables) -> list[Row]:
    """Articles in the shop after the first run with nothing odd about them, nor about anything that hangs on them."""
    times: dict[object, int] = defaultdict(int)
    for row in tables["ART"]:
        times[row["CLAVE"]] += 1
    spoilt = {d.key[-1] for d in before.defects if d.entity in ("products", "product_categories")}
    return [row for row in tables["ART"] if row["CVE_ART"] not in spoilt and times[row["CLAVE"]] == 1]


def _next_with(article: Callable[[], Row], stock: dict[str, list[Row]], warehouses: int) -> list[Row]:
    """Stock rows of the next article that has more than one piece in at least so many warehouses."""
    while True:
        rows = stock[text(article()["CVE_ART"])]
        if len(rows) >= warehouses:
            return rows


def _add(stock_row: Row, pieces: int) -> None:
    stock_row["CANTIDAD"] = int(stock_row["CANTIDAD"] or 0) + pieces


def _copy_article(tables: Tables, like: Row, mark: str) -> Row:
    """A new article modelled on `like`, with its own key and SKU, and the same families, prices and stock."""
    old = text(like["CVE_ART"])
    key = f"{max(int(text(row['CVE_ART'])) for row in tables['ART']) + 1:0{len(old)}d}"
    row = {**like, "CVE_ART": key, "CLAVE": f"{like['CLAVE']}-{mark}", "DESCRIPCION": f"{like['DESCRIPCION']} ({mark})"}
    tables["ART"].append(row)
    for name in ("ART_FAMILIA", "LISTA_PRECIO", "EXISTENCIA"):
        tables[name] += [{**hung, "CVE_ART": key} for hung in tables[name] if hung["CVE_ART"] == old]
    return row


# --- into a database -------------------------------------------------------------------------------------------------


def _difference(before: Tables, after: Tables) -> Iterator[tuple[str, str, Row]]:
    """(verb, table, row) for every row that differs, by primary key."""
    for table, key in TABLES.items():
        old = {tuple(row[c] for c in key): row for row in before[table]}
        new = {tuple(row[c] for c in key): row for row in after[table]}
        yield from (("DELETE", table, row) for k, row in old.items() if k not in new)
        yield from (("UPDATE", table, row) for k, row in new.items() if k in old and old[k] != row)
        yield from (("INSERT", table, row) for k, row in new.items() if k not in old)


def _write(connection: Connection, verb: str, table: str, row: Row) -> None:
    """One row; DemoStateError unless the statement met exactly the row that it was meant for."""
    key = TABLES[table]
    where = " AND ".join(f"{c} = :{c}" for c in key)
    if verb == "INSERT":
        there = connection.execute(sql(f"SELECT COUNT(*) FROM {table} WHERE {where}"), {c: row[c] for c in key})
        met = 1 - int(there.scalar_one())
        if met:
            connection.execute(sql(insert_sql(table, row)), row)
    elif verb == "UPDATE":
        sets = ", ".join(f"{c} = :{c}" for c in row if c not in key)
        met = connection.execute(sql(f"UPDATE {table} SET {sets} WHERE {where}"), row).rowcount
    else:
        met = connection.execute(sql(f"DELETE FROM {table} WHERE {where}"), {c: row[c] for c in key}).rowcount
    if met != 1:
        shown = ", ".join(f"{c} = {row[c]!r}" for c in key)
        raise DemoStateError(
            f"{verb} on {table} ({shown}) met {met} rows: this database does not hold the demo ERP as it was filled. "
            "Create it anew, or the change round was already made."
        )
