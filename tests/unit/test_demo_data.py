"""The demo ERP's content, its captures, and the demo shop's profile, run for real on SQLite.

The counts that the demo promises are checked against a second opinion: the captured rows themselves, judged by the
rules as plain Python, and carried into the shop by the profile's own SQL.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text

from puente import contract, demo
from puente.db.schema import control, stages
from puente.demo.erp import GENERIC_RFC, TABLES, DemoErp
from puente.profiles import Profile, load_profile
from puente.settings import ROOT

Row = dict[str, Any]
CARRIED = ("categories", "products", "product_categories", "companies", "contacts")
KEYS = {entity: contract.ENTITIES[entity].key for entity in CARRIED}
DECIMALS = {*contract.PRICES, "Existencia", "Peso", "Ancho", "Largo", "Alto"}


# --- the pair, and a pocket bridge between the two -------------------------------------------------------------------


def open_engine(folder: Path, name: str) -> Engine:
    engine = create_engine(f"sqlite:///{folder / name}.db")

    @event.listens_for(engine, "connect")
    def session(dbapi: Any, _: Any) -> None:
        dbapi.execute("PRAGMA foreign_keys=ON")
        dbapi.execute("PRAGMA synchronous=OFF")  # a busy disk must not slow the test

    return engine


@pytest.fixture(scope="module")
def data() -> DemoErp:
    return demo.generate()


@pytest.fixture
def erp(tmp_path: Path, data: DemoErp) -> Iterator[Engine]:
    engine = open_engine(tmp_path, "erp")
    demo.create_erp(engine)
    demo.fill_erp(engine, data)
    yield engine
    engine.dispose()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path, "shop")
    demo.create_shop(engine)
    control.create_all(engine, tables=[stages[entity] for entity in CARRIED])
    yield engine
    engine.dispose()


def profile(name: str, engine: Engine) -> Profile:
    dialect = "mysql" if engine.dialect.name == "mariadb" else engine.dialect.name
    return load_profile(ROOT / "include" / "sql" / "profiles" / name, dialect)  # type: ignore[arg-type]


def capture(engine: Engine, profile_name: str, entity: str) -> list[Row]:
    sql = profile(profile_name, engine).sql("capture", entity)
    assert sql is not None
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(sql)).mappings()]


def exact(row: Row) -> Row:
    """Every value as text: decimals at four places, so that engines and types compare."""
    return {
        name: None
        if value is None
        else format(Decimal(str(value)).quantize(Decimal("0.0001")), "f")
        if name in DECIMALS
        else str(value)
        for name, value in row.items()
    }


def by_key(entity: str, rows: list[Row]) -> dict[tuple[str, ...], Row]:
    return {tuple(row[c] for c in KEYS[entity]): exact(row) for row in rows}


def stage(engine: Engine, entity: str, rows: list[Row], operation: str = "U") -> dict[str, str]:
    """Put `rows` (contract columns) into the stage table, beside rows of another link and run; gives the binds."""
    run = {"link_id": "main", "run_id": "r1"}
    decoy = {"link_id": "main", "run_id": "r0"}, {"link_id": "other", "run_id": "r1"}
    table = stages[entity]
    sqlite = engine.dialect.name == "sqlite"
    staged = []
    for ids, those in ((run, rows), *((ids, [spoil(entity, row) for row in rows[:2]]) for ids in decoy)):
        for number, row in enumerate(those):
            values = {
                name: Decimal(value) if name in DECIMALS and value is not None and not sqlite else value
                for name, value in exact(row).items()
            }
            key = "|".join(str(row[c]) for c in KEYS[entity])
            staged.append({**values, **ids, "row_no": number, "record_key": key, "Operacion": operation})
    with engine.begin() as connection:
        connection.execute(table.delete())
        if staged:
            connection.execute(table.insert(), staged)
    return run


def spoil(entity: str, row: Row) -> Row:
    """A row of somebody else's run: were it applied, the shop would show it."""
    return {name: value if name in KEYS[entity] or name in DECIMALS else "¡ajeno!" for name, value in row.items()}


def apply(engine: Engine, entity: str, rows: list[Row], kind: str = "apply") -> None:
    """The profile's SQL, or its YAML mapping done the plain way, row by row."""
    shop_profile = profile("demo_shop", engine)
    run = stage(engine, entity, rows, "U" if kind == "apply" else "D")
    statements = shop_profile.statements(kind, entity)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), run)
        if not statements:
            for row in rows:
                for sql in mapped(shop_profile, entity, kind):
                    connection.execute(text(sql), exact(row))


def mapped(shop_profile: Profile, entity: str, kind: str) -> list[str]:
    table = shop_profile.tables[entity]
    where = " AND ".join(f"{own} = :{name}" for name, own in table.key.items())
    values = {own: f":{name}" for name, own in table.columns.items()}
    fixed = table.on_upsert if kind == "apply" else table.on_delete or {}
    values = (values if kind == "apply" else {}) | {own: "NULL" if v is None else str(v) for own, v in fixed.items()}
    update = f"UPDATE {table.table} SET {', '.join(f'{own} = {v}' for own, v in values.items())} WHERE {where}"
    values |= {own: f":{name}" for name, own in table.key.items()}
    insert = (
        f"INSERT INTO {table.table} ({', '.join(values)}) SELECT {', '.join(values.values())} "
        f"WHERE NOT EXISTS (SELECT 1 FROM {table.table} WHERE {where})"
    )
    return [update, insert] if kind == "apply" else [update]


def one(engine: Engine, sql: str, **binds: Any) -> Any:
    with engine.connect() as connection:
        return connection.execute(text(sql), binds).one()


# --- content ---------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_erp_and_another_seed_another(data: DemoErp) -> None:
    assert demo.generate(7, 640) == data
    assert demo.generate(8, 640).tables["ART"] != data.tables["ART"]
    assert demo.changed(data) == demo.changed(demo.generate())


def test_it_is_as_large_as_promised(data: DemoErp) -> None:
    sizes = {table: len(rows) for table, rows in data.tables.items()}
    assert sizes["ART"] == 640 and sizes["CLIENTE"] == 250 and sizes["CONTACTO"] == 400 and sizes["FAMILIA"] == 40
    assert {row["LISTA"] for row in data.tables["LISTA_PRECIO"]} == {1, 2, 3, 4, 5}
    assert (
        max(Counter(row["CVE_ART"] for row in data.tables["EXISTENCIA"]).values()) == len(data.tables["ALMACEN"]) == 4
    )
    assert Counter(Counter(row["CVE_ART"] for row in data.tables["ART_FAMILIA"]).values())[3] > 20
    assert len(demo.generate(7, 900).tables["ART"]) == 900
    with pytest.raises(ValueError, match="at least 200"):
        demo.generate(7, 30)


def test_families_are_three_levels_deep_and_some_sort_before_their_parent(data: DemoErp) -> None:
    parent = {row["CVE_FAM"]: row["CVE_FAM_PADRE"] for row in data.tables["FAMILIA"]}

    def depth(family: Any) -> int:
        return 1 + (depth(parent[family]) if parent[family] else 0)

    levels = Counter(depth(family) for family in parent)
    assert set(levels) == {1, 2, 3} and levels[3] > levels[2] > levels[1]
    assert any(up and str(family) < str(up) for family, up in parent.items())


def test_keys_have_letters_and_leading_zeros_and_texts_have_accents(data: DemoErp) -> None:
    assert all(re.fullmatch(r"0\d{5}", str(row["CVE_ART"])) for row in data.tables["ART"])
    assert all(re.fullmatch(r"F-\d{4}", str(row["CVE_FAM"])) for row in data.tables["FAMILIA"])
    assert any(str(row["CP"]).startswith("0") for row in data.tables["CLIENTE"])
    for table, column in (("ART", "DESCRIPCION"), ("CLIENTE", "RAZON_SOCIAL"), ("CONTACTO", "AP_PATERNO")):
        written = [str(row[column]) for row in data.tables[table]]
        assert sum(not name.isascii() for name in written) > len(written) / 2
        assert any("ñ" in name for name in written)
    assert any("🛞" in str(row["TEXTO_WEB"]) for row in data.tables["ART"])  # four bytes in UTF-8


def test_tax_ids_are_plausible_and_shared_only_where_planned(data: DemoErp) -> None:
    times = Counter(str(row["RFC"]) for row in data.tables["CLIENTE"])
    assert all(re.fullmatch(r"[A-ZÑ&]{3,4}\d{6}[A-Z\d]{3}", rfc) for rfc in times)
    shared = {rfc for rfc, n in times.items() if n > 1}
    assert times[GENERIC_RFC] == 2 and shared - {GENERIC_RFC} and len(shared) == 2 and max(times.values()) == 2


def test_each_defect_is_there(data: DemoErp) -> None:
    art = {row["CVE_ART"]: row for row in data.tables["ART"]}
    found = Counter(d.name for d in data.defects)
    assert found == {
        "duplicate SKU": 1, "negative price": 1, "missing name": 1, "impossible weight": 1, "orphan relation": 1,
        "broken e-mail": 3, "orphan contact": 1,
    }  # fmt: skip
    key = {d.name: d.key for d in data.defects}
    doubled = [row["CVE_ART"] for row in art.values() if row["CLAVE"] == art[key["duplicate SKU"][0]]["CLAVE"]]
    assert len(doubled) == 2 and max(map(str, doubled)) == key["duplicate SKU"][0]
    assert art[key["missing name"][0]]["DESCRIPCION"] is None
    assert int(art[key["impossible weight"][0]]["PESO_G"] or 0) > 500_000
    assert key["orphan relation"][0] not in {row["CVE_FAM"] for row in data.tables["FAMILIA"]}
    negative = {row["CVE_ART"] for row in data.tables["LISTA_PRECIO"] if str(row["PRECIO"]).startswith("-")}
    assert negative == {key["negative price"][0]}


# --- captures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile_name", ["demo_erp", "demo_shop"])
@pytest.mark.parametrize("entity", CARRIED)
def test_a_capture_yields_the_contract_columns(profile_name: str, entity: str, erp: Engine, shop: Engine) -> None:
    engine = erp if profile_name == "demo_erp" else shop
    sql = profile(profile_name, engine).sql("capture", entity)
    assert sql is not None
    with engine.connect() as connection:
        plain = connection.execute(text(sql))
        assert list(plain.keys()) == [c.name for c in contract.queue_for(entity, "platform").columns]
        rows = plain.all()
        # It must also serve as a derived table: Puente looks records up by key in it.
        assert len(connection.execute(text(f"SELECT q.* FROM ({sql}) q")).all()) == len(rows)
    assert not any(isinstance(value, float) for row in rows for value in row)


def test_products_are_captured_exactly(erp: Engine, data: DemoErp) -> None:
    rows = capture(erp, "demo_erp", "products")
    products = {row["ID_Producto"]: exact(row) for row in rows}
    prices = {(row["CVE_ART"], row["LISTA"]): row["PRECIO"] for row in data.tables["LISTA_PRECIO"]}
    families = {row["CVE_FAM"]: row["NOMBRE"] for row in data.tables["FAMILIA"]}
    stock: Counter[Any] = Counter()
    for row in data.tables["EXISTENCIA"]:
        stock[row["CVE_ART"]] += int(row["CANTIDAD"] or 0)
    assert len(rows) == len(products) == len(data.tables["ART"])
    for article in data.tables["ART"]:
        product = products[article["CVE_ART"]]
        assert product["SKU"] == article["CLAVE"] and product["Nombre"] == article["DESCRIPCION"]
        assert product["URL_Imagen"] == f"https://cdn.llantera.example/img/{article['CLAVE']}.jpg"
        assert product["Categoria"] == families[article["FAM_PRAL"]]
        assert product["Descripcion_Corta"] == article["RESUMEN"]  # NULL stays NULL, '' stays ''
        assert product["Existencia"] == f"{stock[article['CVE_ART']]}.0000"
        for n, column in enumerate(contract.PRICES, 1):
            price = prices.get((article["CVE_ART"], n))
            assert product[column] == (None if price is None else f"{price}00")
        for column, own, scale in (("Peso", "PESO_G", 3), ("Ancho", "ANCHO_MM", 1), ("Alto", "ALTO_MM", 1)):
            whole = article[own]
            wanted = None if whole is None else str(Decimal(int(whole)).scaleb(-scale).quantize(Decimal("0.0001")))
            assert product[column] == wanted


def test_addresses_and_surnames_are_joined(erp: Engine, data: DemoErp) -> None:
    companies = by_key("companies", capture(erp, "demo_erp", "companies"))
    contacts = by_key("contacts", capture(erp, "demo_erp", "contacts"))
    for row in data.tables["CLIENTE"]:
        joined = f"{row['CALLE_NUM']}, Col. {row['COLONIA']}" if row["COLONIA"] else row["CALLE_NUM"]
        assert companies[(str(row["CVE_CTE"]),)]["Direccion"] == joined
    for row in data.tables["CONTACTO"]:
        joined = f"{row['AP_PATERNO']} {row['AP_MATERNO']}" if row["AP_MATERNO"] else row["AP_PATERNO"]
        assert contacts[(str(row["CVE_CONT"]),)]["Apellidos"] == joined


# --- the change round ------------------------------------------------------------------------------------------------


def content(engine: Engine, table: str) -> Counter[tuple[Any, ...]]:
    with engine.connect() as connection:
        return Counter(tuple(map(str, row)) for row in connection.execute(text(f"SELECT * FROM {table}")))


def test_the_change_round_leaves_the_erp_as_computed_and_runs_once(erp: Engine, data: DemoErp) -> None:
    report = demo.change_round(erp)
    after, lines = demo.changed(data)
    assert report.lines == tuple(lines) and len(lines) == 10
    for table in TABLES:
        assert content(erp, table) == Counter(tuple(map(str, row.values())) for row in after.tables[table]), table
    with pytest.raises(demo.DemoStateError, match="already made"):
        demo.change_round(erp)
    assert content(erp, "ART") == Counter(tuple(map(str, row.values())) for row in after.tables["ART"])


# --- the expected counts, judged by what was captured, and carried into the shop -------------------------------------


def bad(entity: str, row: Row) -> bool:
    """The critical row rules, as a person would say them."""
    match entity:
        case "products":
            measures = [Decimal(row[c]) for c in DECIMALS if row[c] is not None]
            return not row["Nombre"] or min(measures) < 0 or Decimal(row["Peso"] or 0) > 500
        case "companies" | "contacts":
            return row["Email"] is not None and not re.fullmatch(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+", row["Email"])
    return False


def carry(entity: str, before: dict[Any, Row], after: dict[Any, Row], shop: Engine) -> dict[str, int]:
    """Send what changed, judge it, apply it; the counts of this one run."""
    sent = {key: row for key, row in after.items() if before.get(key) != row}
    gone = {key: row for key, row in before.items() if key not in after}
    there = {e: set(by_key(e, capture(shop, "demo_shop", e))) for e in CARRIED}
    owner = {row["SKU"]: key for key, row in by_key("products", capture(shop, "demo_shop", "products")).items()}
    good, waiting, turned_away = [], 0, 0
    for key, row in sorted(sent.items()):
        parents = [(p, row[p.column]) for p in contract.ENTITIES[entity].parents if p.entity != entity]
        if bad(entity, row) or (entity == "products" and owner.setdefault(row["SKU"], key) != key):
            turned_away += 1
        elif any((value,) not in there[p.entity] for p, value in parents):
            waiting += 1
        else:
            good.append(row)
    apply(shop, entity, good)
    apply(shop, entity, list(gone.values()), "delete")
    return {
        "read": len(sent) + len(gone), "applied": len(good) + len(gone), "unchanged": 0, "held": waiting,
        "quarantined": turned_away,
    }  # fmt: skip


def test_both_rounds_yield_the_expected_counts_and_the_shop_shows_them(erp: Engine, shop: Engine) -> None:
    before: dict[str, dict[Any, Row]] = {entity: {} for entity in CARRIED}
    for round_no in (1, 2):
        if round_no == 2:
            demo.change_round(erp)
        after = {entity: by_key(entity, capture(erp, "demo_erp", entity)) for entity in CARRIED}
        counts = {entity: carry(entity, before[entity], after[entity], shop) for entity in CARRIED}
        assert counts == demo.expected_counts(round_no)  # type: ignore[arg-type]
        shown = {entity: by_key(entity, capture(shop, "demo_shop", entity)) for entity in CARRIED}
        assert {entity: len(rows) for entity, rows in shown.items()} == demo.expected_known(round_no)  # type: ignore[arg-type]
        before = after
    differing = 0
    for entity in CARRIED:
        for key, row in shown[entity].items():
            wanted = {name: value for name, value in after[entity][key].items() if name != "ID_Plataforma"}
            got = {name: value for name, value in row.items() if name != "ID_Plataforma"}
            differing += got != wanted
    assert differing == 2  # the shop keeps the sound version of the article and the contact that were spoilt later


def test_expected_counts_balance_and_follow_the_defects(data: DemoErp) -> None:
    rounds = demo.expected_counts(1), demo.expected_counts(2)
    for of_entity in (counts for of_round in rounds for counts in of_round.values()):
        assert of_entity["read"] == sum(n for name, n in of_entity.items() if name != "read")
    assert rounds[0]["products"]["quarantined"] == len(data.spoilt("products", "quarantined"))
    assert rounds[0]["product_categories"]["held"] > len(data.spoilt("product_categories", "held"))
    assert rounds[0]["contacts"]["held"] > len(data.spoilt("contacts", "held"))
    assert rounds[1]["categories"]["read"] == 0  # an entity with nothing to do
    smaller = demo.expected_counts(1, articles=300)
    assert smaller["products"]["read"] == 300
    rounds[0]["products"]["read"] = -1  # the caller's copy, not ours
    assert demo.expected_counts(1)["products"]["read"] == 640


# --- the shop profile, case by case ----------------------------------------------------------------------------------


def row_of(entity: str, **values: Any) -> Row:
    return {c.name: values.get(c.name) for c in contract.queue_for(entity, "platform").columns}


def category(key: str, parent: str | None = None, name: str = "Año") -> Row:
    return row_of("categories", ID_Categoria=key, Nombre=name, ID_Categoria_Padre=parent)


def product(key: str, sku: str, name: str = "Llanta") -> Row:
    return row_of("products", ID_Producto=key, SKU=sku, Nombre=name, Precio_1="1234.5600")


def test_three_levels_of_categories_in_one_batch_children_first(shop: Engine) -> None:
    apply(shop, "categories", [category("A", "M"), category("M", "Z"), category("Z")])
    assert {r["ID_Categoria"]: r["ID_Categoria_Padre"] for r in capture(shop, "demo_shop", "categories")} == {
        "A": "M", "M": "Z", "Z": None,
    }  # fmt: skip
    apply(shop, "categories", [category("A", None, "Ñ"), category("B", "A")])
    shown = {
        r["ID_Categoria"]: (r["Nombre"], r["ID_Categoria_Padre"]) for r in capture(shop, "demo_shop", "categories")
    }
    assert shown["A"] == ("Ñ", None) and shown["B"] == ("Año", "A") and shown["M"] == ("Año", "Z")
    apply(shop, "categories", [category("B")], "delete")
    assert len(capture(shop, "demo_shop", "categories")) == 3
    apply(shop, "categories", [category("B", "A")])
    assert one(shop, "SELECT COUNT(*), SUM(activa) FROM tienda_categoria") == (4, 4)


def test_a_withdrawn_product_frees_its_sku_and_may_come_back(shop: Engine) -> None:
    apply(shop, "products", [product("000001", "LL-1"), product("000002", "LL-2")])
    apply(shop, "products", [product("000001", "LL-1")], "delete")
    apply(shop, "products", [product("000001", "LL-1")], "delete")  # once more changes nothing
    state = "SELECT sku, retired_sku, activo FROM tienda_producto WHERE erp_id = :key"
    assert one(shop, state, key="000001") == (None, "LL-1", 0)
    assert one(shop, state, key="000002") == ("LL-2", None, 1)
    apply(shop, "products", [product("000003", "LL-1")])
    assert one(shop, state, key="000003") == ("LL-1", None, 1)
    apply(shop, "products", [product("000001", "LL-9", "De vuelta")])
    assert one(shop, state, key="000001") == ("LL-9", None, 1)
    assert one(shop, "SELECT COUNT(*) FROM tienda_producto") == (3,)


def test_keys_that_differ_in_case_accent_or_zeros_are_different_products(shop: Engine) -> None:
    keys = ["a1", "A1", "Á1", "01", "001", "1"]
    apply(shop, "products", [product(key, f"S-{key}", f"Llanta {key}") for key in keys])
    apply(shop, "products", [product("A1", "S-A1", "solo esta")])
    names = {r["ID_Producto"]: r["Nombre"] for r in capture(shop, "demo_shop", "products")}
    assert set(names) == set(keys) and [k for k, name in names.items() if name == "solo esta"] == ["A1"]


def test_relations_are_added_once_and_removed(shop: Engine) -> None:
    apply(shop, "categories", [category("F-1"), category("F-2")])
    apply(shop, "products", [product("1", "S-1"), product("2", "S-2")])
    pairs = [row_of("product_categories", ID_Categoria=c, ID_Producto=p) for c in ("F-1", "F-2") for p in ("1", "2")]
    apply(shop, "product_categories", pairs[:3])
    apply(shop, "product_categories", pairs)
    assert len(capture(shop, "demo_shop", "product_categories")) == 4
    apply(shop, "product_categories", pairs[1:2], "delete")
    left = {(r["ID_Categoria"], r["ID_Producto"]) for r in capture(shop, "demo_shop", "product_categories")}
    assert left == {("F-1", "1"), ("F-2", "1"), ("F-2", "2")}


def test_a_contact_moves_to_another_company_and_leaves(shop: Engine) -> None:
    companies = [row_of("companies", ID_Empresa=key, Nombre_Empresa=f"Peña {key}") for key in ("C1", "C2")]
    apply(shop, "companies", companies)
    apply(shop, "contacts", [row_of("contacts", ID_Contacto="P1", Nombres="Íñigo", ID_Empresa="C1")])
    apply(shop, "contacts", [row_of("contacts", ID_Contacto="P1", Nombres="Íñigo", ID_Empresa="C2", Cargo="Dueño")])
    [contact] = capture(shop, "demo_shop", "contacts")
    assert (contact["ID_Contacto"], contact["ID_Empresa"], contact["Cargo"]) == ("P1", "C2", "Dueño")
    assert contact["ID_Plataforma"] is not None
    apply(shop, "contacts", [row_of("contacts", ID_Contacto="P1")], "delete")
    apply(shop, "companies", companies[:1], "delete")
    assert capture(shop, "demo_shop", "contacts") == []
    assert [r["ID_Empresa"] for r in capture(shop, "demo_shop", "companies")] == ["C2"]
    assert one(shop, "SELECT COUNT(*) FROM tienda_contacto") == (1,)


def test_rows_born_in_the_shop_have_no_erp_key_and_do_not_collide(shop: Engine) -> None:
    with shop.begin() as connection:
        for name in ("Registro web 1", "Registro web 2"):
            connection.execute(text("INSERT INTO tienda_empresa (nombre) VALUES (:name)"), {"name": name})
    apply(shop, "companies", [row_of("companies", ID_Empresa="C1", Nombre_Empresa="Del ERP")])
    shown = capture(shop, "demo_shop", "companies")
    assert Counter(r["ID_Empresa"] for r in shown) == {None: 2, "C1": 1}
    assert len({r["ID_Plataforma"] for r in shown}) == 3
