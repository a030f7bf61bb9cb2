"""H17 and H18: an ERP and a shop that have both been at work for years are joined; nothing old is sent or merged."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from kit.world import World
from puente import demo
from puente.db.connect import Database, open_database
from puente.db.ddl import create_missing
from puente.errors import PuenteError
from puente.settings import Link, Settings
from puente.sync import baseline
from puente.sync.baseline import Known, match
from puente.sync.capture import capture
from puente.sync.resend import resend

LINK = Link(erp_profile="demo_erp", platform_profile="demo_shop")
CAPTURED = ("categories", "products", "product_categories", "companies", "contacts")
GENERIC = "XAXX010101000"
_NUMBERS = count()


# ---------------------------------------------------------------- the pairing alone
def known(key: str, business: str | None = None, number: str | None = None) -> Known:
    return Known(key, number, business, business.casefold() if business else None, None, None, 0, business or key)


def paired(erp: list[Known], shop: list[Known]) -> tuple[list[tuple[str, str | None, str]], int, int, int]:
    found = match("companies", erp, shop)
    pairs = [(m.erp.key, m.shop.platform_id, m.by) for m in found.matched]
    return pairs, len(found.only_erp), len(found.only_shop), len(found.ambiguous)


PAIRINGS: list[tuple[str, list[Known], list[Known], Any]] = [
    ("by the key", [known("1", "A")], [known("1", "B", "s1")], ([("1", "s1", "key")], 0, 0, 0)),
    ("by the business key", [known("1", "A")], [known("", "A", "s1")], ([("1", "s1", "business key")], 0, 0, 0)),
    ("two of the ERP's", [known("1", "A"), known("2", "A")], [known("", "A", "s1")], ([], 0, 0, 1)),
    ("two of the shop's", [known("1", "A")], [known("", "A", "s1"), known("", "A", "s2")], ([], 0, 0, 1)),
    ("one of two is bound", [known("1", "A"), known("2", "A")], [known("1", "A", "s1"), known("", "A", "s2")],
     ([("1", "s1", "key")], 0, 0, 1)),
    ("all are bound", [known("1", "A"), known("2", "A")], [known("1", "A", "s1"), known("2", "A", "s2")],
     ([("1", "s1", "key"), ("2", "s2", "key")], 0, 0, 0)),
    ("alike, not equal", [known("1", "abc")], [known("", "ABC", "s1")], ([], 0, 0, 1)),
    ("nothing to go by", [known("1"), known("2")], [known("", None, "s1")], ([], 2, 1, 0)),
    ("bound to something that the ERP does not have", [known("1", "A")], [known("9", "A", "s1")], ([], 1, 1, 0)),
    ("keys look alike", [known("a1")], [known("A1", None, "s1")], ([], 0, 0, 1)),
    ("the shop has a key twice", [known("1")], [known("1", None, "s1"), known("1", None, "s2")], ([], 0, 0, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("erp", "shop", "expected"), [p[1:] for p in PAIRINGS], ids=[p[0] for p in PAIRINGS])
def test_pairing(erp: list[Known], shop: list[Known], expected: Any) -> None:
    assert paired(erp, shop) == expected


@pytest.mark.parametrize(
    ("entity", "row", "key"),
    [
        ("companies", {"Identificacion_Fiscal": " cib-160111 tl9"}, "CIB160111TL9"),
        ("companies", {"Identificacion_Fiscal": "xaxx010101000"}, None),
        ("companies", {"Identificacion_Fiscal": "XEXX-010101-000"}, None),
        ("companies", {"Identificacion_Fiscal": "OWN000000000"}, None),
        ("companies", {"Identificacion_Fiscal": None}, None),
        ("contacts", {"Email": " Ana@Example.mx ", "ID_Empresa": "C1"}, "C1 ana@example.mx"),
        ("contacts", {"Email": "ana@example.mx", "ID_Empresa": None}, None),
        ("products", {"SKU": "LL-1"}, "LL-1"),
        ("categories", {"Nombre": "Llantas"}, None),
    ],
)
def test_business_keys(entity: str, row: dict[str, Any], key: str | None) -> None:
    assert baseline.business_key(entity, row, frozenset({GENERIC, "XEXX010101000", "OWN000000000"})) == key


# ---------------------------------------------------------------- a shop with years behind it
@pytest.fixture(params=["sqlite", "mariadb"])
def old_pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The demo ERP, and a demo shop that somebody filled by hand for years, never joined. No tables of Puente's."""
    server = request.getfixturevalue("mysql") if request.param == "mariadb" else None
    sides = [
        open_database(
            server.create_database(f"old_{side}_{next(_NUMBERS)}") if server else f"sqlite:///{tmp_path}/{side}.db"
        )
        for side in ("erp", "platform")
    ]
    data = demo.generate()
    demo.create_erp(sides[0].engine)
    demo.create_shop(sides[1].engine)
    demo.fill_erp(sides[0].engine, data)
    fill_shop(sides[1], data)
    world = World(f"{request.param}-{request.param}", *sides, tmp_path, LINK)
    world.set(profiles_dir=Settings().profiles_dir)
    yield world
    for db in sides:
        db.engine.dispose()


def fill_shop(shop: Database, data: demo.DemoErp) -> None:
    """Half of the categories have the ERP's key; products, companies and contacts have none but the first company."""
    with shop.begin() as conn:
        for family in data.tables["FAMILIA"][:20]:
            conn.execute(text("INSERT INTO tienda_categoria (erp_id, titulo) VALUES (:CVE_FAM, :NOMBRE)"), family)
        skus = {row["CLAVE"] for row in data.tables["ART"]}
        for sku in [*sorted(skus)[:300], "ONLY-IN-SHOP"]:
            conn.execute(text("INSERT INTO tienda_producto (sku, nombre, disponible) VALUES (:s, :s, '1')"), {"s": sku})
        numbers: dict[str, int] = {}
        for row in data.tables["CLIENTE"][:200]:
            made = conn.execute(text("INSERT INTO tienda_empresa (nombre, rfc) VALUES (:RAZON_SOCIAL, :RFC)"), row)
            numbers[row["CVE_CTE"]] = int(made.lastrowid)
        conn.execute(text("UPDATE tienda_empresa SET erp_id = :k WHERE id = :n"), {"k": first_company(data), "n": 1})
        conn.execute(text("INSERT INTO tienda_empresa (nombre, rfc) VALUES ('Walk-in', :r)"), {"r": GENERIC})
        for row in data.tables["CONTACTO"]:
            if row["CVE_CTE"] in numbers:
                conn.execute(
                    text("INSERT INTO tienda_contacto (empresa_id, nombres, correo) VALUES (:e, :n, :c)"),
                    {"e": numbers[row["CVE_CTE"]], "n": row["NOMBRES"], "c": row["CORREO"]},
                )
        conn.execute(text(
            "INSERT INTO tienda_categoria_producto (categoria_id, producto_id)"
            " SELECT 1, id FROM tienda_producto WHERE id < 10"
        ))  # fmt: skip


def first_company(data: demo.DemoErp) -> str:
    return str(data.tables["CLIENTE"][0]["CVE_CTE"])


def prepare_and_accept(world: World) -> list[baseline.Preview]:
    create_missing(world.erp, "erp")
    create_missing(world.platform, "platform")
    previews = baseline.preview(world.bridge)
    baseline.accept(world.bridge, previews, "ana")
    return previews


def one(world: World, side: str, sql: str, **binds: Any) -> Any:
    db = world.erp if side == "erp" else world.platform
    with db.read() as conn:
        return conn.execute(text(sql), binds).scalar()


def test_the_preview_writes_nothing_and_counts_every_record(old_pair: World) -> None:
    previews = {p.entity: p for p in baseline.preview(old_pair.bridge)}

    assert not inspect(old_pair.platform.engine).has_table("puente_record")
    assert {entity: old_pair_total(p) for entity, p in previews.items()} == {
        "categories": 40, "products": 640, "product_categories": 1016, "companies": 250, "contacts": 400,
    }  # fmt: skip
    categories, products, companies = (previews[e] for e in ("categories", "products", "companies"))
    assert (len(categories.matched), len(categories.only_erp), categories.to_bind) == (20, 20, [])
    assert {m.by for m in products.matched} == {"business key"} and len(products.matched) > 290
    assert [k.label for k in products.only_shop] == ["ONLY-IN-SHOP"]
    assert [m.by for m in companies.matched].count("key") == 1 and len(companies.matched) > 190
    assert len(previews["contacts"].matched) > 200, "contacts are found though their companies have no key yet"


def old_pair_total(p: baseline.Preview) -> int:
    return len(p.matched) + len(p.only_erp) + sum(len(a.erp) for a in p.ambiguous)


def test_customers_who_share_a_tax_id_are_never_merged(old_pair: World) -> None:  # H18
    previews = {p.entity: p for p in baseline.preview(old_pair.bridge)}
    data = demo.generate()
    taxes = [row["RFC"] for row in data.tables["CLIENTE"]]
    generic = {r["CVE_CTE"] for r in data.tables["CLIENTE"] if r["RFC"] == GENERIC}
    branches = {r["CVE_CTE"] for r in data.tables["CLIENTE"] if r["RFC"] != GENERIC and taxes.count(r["RFC"]) > 1}
    assert len(generic) == 2 and len(branches) == 2

    companies = previews["companies"]

    bound = {m.erp.key for m in companies.to_bind}
    assert not bound & (generic | branches)
    assert generic <= {k.key for k in companies.only_erp}, "a generic tax id says nothing, not even `ambiguous`"
    assert branches == {key for a in companies.ambiguous for key in a.erp}


def test_nothing_old_is_sent_and_one_change_finds_its_row(old_pair: World) -> None:  # H17
    world = old_pair
    before = {t: one(world, "platform", f"SELECT COUNT(*) FROM {t}") for t in ("tienda_empresa", "tienda_producto")}
    previews = {p.entity: p for p in prepare_and_accept(world)}

    for entity in CAPTURED:
        captured = world.capture(entity)
        assert captured is not None and (captured.upserts, captured.deletes) == (0, 0)
        assert world.queue_ids(entity) == []
    assert world.work() == []

    pair = previews["companies"].to_bind[5]
    world.erp_sql("UPDATE CLIENTE SET CELULAR = '+52 55 0000 0001' WHERE CVE_CTE = :k", k=pair.erp.key)
    contact = next(m for m in previews["contacts"].to_bind if m.erp.business.startswith(f"{pair.erp.key} "))
    world.erp_sql("UPDATE CONTACTO SET PUESTO = 'Compras' WHERE CVE_CONT = :k", k=contact.erp.key)
    assert [world.capture(e).upserts for e in ("companies", "contacts")] == [1, 1]  # type: ignore[union-attr]
    world.run()

    after = {t: one(world, "platform", f"SELECT COUNT(*) FROM {t}") for t in before}
    assert after == before, "no customer and no product was made a second time"
    query = "SELECT celular FROM tienda_empresa WHERE id = :n AND erp_id = :k"
    assert one(world, "platform", query, n=pair.shop.platform_id, k=pair.erp.key) == "+52 55 0000 0001"
    query = "SELECT puesto FROM tienda_contacto WHERE id = :n"
    assert one(world, "platform", query, n=contact.shop.platform_id) == "Compras"
    world.check_invariants()


def test_nothing_old_is_sent_from_the_shop_either(old_pair: World) -> None:  # H17
    world = old_pair
    prepare_and_accept(world)
    customers = ("companies", "contacts")
    for entity in customers:
        captured = capture(world.bridge, entity, world.next_run(), side="platform")
        assert captured is not None and captured.read and (captured.upserts, captured.deletes) == (0, 0)
    assert one(world, "platform", "SELECT COUNT(*) FROM puente_outbox") == 0
    world.platform_sql("UPDATE tienda_empresa SET celular = '+52 1' WHERE id = 3")
    world.platform_sql("INSERT INTO tienda_empresa (nombre, rfc) VALUES ('New', 'NEW010101AB1')")
    sent = [capture(world.bridge, entity, world.next_run(), side="platform") for entity in customers]
    assert [c.upserts for c in sent if c] == [2, 0]


def test_accepting_again_changes_nothing_until_rows_have_travelled(old_pair: World) -> None:
    world = old_pair
    prepare_and_accept(world)
    again = prepare_and_accept(world)
    assert [len(p.to_bind) for p in again] == [0, 0, 0, 0, 0], "everything is bound by its key now"
    world.erp_sql("UPDATE MARCA SET NOMBRE = 'Otra' WHERE ID_MARCA = (SELECT MIN(ID_MARCA) FROM ART)")
    world.capture("products")
    with pytest.raises(PuenteError, match=r"never ran, but for products rows wait in Productos"):
        baseline.accept(world.bridge, baseline.preview(world.bridge), "ana")
    world.run()
    with pytest.raises(PuenteError, match=r"for products batch 1 has landed rows"):
        baseline.accept(world.bridge, baseline.preview(world.bridge), "ana")


def test_a_record_that_only_the_erp_has_is_sent_on_demand(old_pair: World) -> None:
    world = old_pair
    previews = {p.entity: p for p in prepare_and_accept(world)}
    key = previews["companies"].only_erp[-1].key
    resend(world.bridge, "companies", key)
    assert world.capture("companies").upserts == 1  # type: ignore[union-attr]
    world.run()
    assert one(world, "platform", "SELECT COUNT(*) FROM tienda_empresa WHERE erp_id = :k", k=key) == 1


def test_a_profile_that_cannot_bind_is_refused_before_anything_is_written(old_pair: World) -> None:
    world = old_pair
    create_missing(world.erp, "erp")
    create_missing(world.platform, "platform")
    use_copy(world, lambda folder: [p.unlink() for p in folder.glob("bind_companies*.sql")])
    with pytest.raises(PuenteError, match=r"no bind_companies\.sql"):
        baseline.accept(world.bridge, baseline.preview(world.bridge), "ana")
    assert one(world, "erp", "SELECT COUNT(*) FROM puente_record") == 0
    assert one(world, "platform", "SELECT COUNT(*) FROM tienda_producto WHERE erp_id IS NOT NULL") == 0


def test_a_bind_file_that_misses_rows_is_rolled_back(old_pair: World) -> None:
    world = old_pair
    create_missing(world.erp, "erp")
    create_missing(world.platform, "platform")
    wrong = "UPDATE tienda_producto SET erp_id = 'X' WHERE id = 1;\n"
    use_copy(world, lambda folder: [p.write_text(wrong) for p in folder.glob("bind_products*.sql")])
    with pytest.raises(PuenteError, match=r"bind_products\.sql .* left \d+ rows without"):
        baseline.accept(world.bridge, baseline.preview(world.bridge), "ana")
    assert one(world, "platform", "SELECT COUNT(*) FROM tienda_producto WHERE erp_id IS NOT NULL") == 0


def use_copy(world: World, change: Any) -> None:
    import shutil

    home = world.folder / "profiles"
    shutil.copytree(Settings().profiles_dir, home)
    change(home / "demo_shop")
    world.set(profiles_dir=home)


def test_what_the_vendor_sends_is_not_part_of_it(make_world) -> None:
    world = make_world("sqlite-sqlite")
    world.use_profile("erp", {"profile.yaml": "side: erp\nentities:\n  products: {capture: vendor}\n"})
    world.own("familia", cve="F1", nombre="Llantas")
    found = {p.entity: p for p in baseline.preview(world.bridge)}
    assert found["products"].remark == "capture is `vendor`: nothing to note"
    assert [k.key for k in found["categories"].only_erp] == ["F1"]
    baseline.accept(world.bridge, list(found.values()), "ana")
    assert world.capture("categories").upserts == 0
    world.put("products", "A1")
    world.run()
    assert world.shop_rows("products").keys() == {"A1"}
