"""What `doctor` and `profile check` say of a link that works, and of one that does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import inspect

from kit.servers import Server
from kit.world import World
from puente import demo
from puente.db import schema
from puente.db.connect import Database, open_database
from puente.db.ddl import create_missing
from puente.settings import Link, Settings
from puente.sync.doctor import examine
from puente.sync.findings import Finding, failed
from puente.sync.linkcheck import check_links
from puente.sync.profilecheck import check_profile, check_script, not_one_select
from puente.sync.route import Bridge


def said(findings: list[Finding], subject: str = "", level: str = "") -> list[str]:
    return [f.what for f in findings if subject in f.subject and level in ("", f.level)]


def test_a_link_that_works_has_no_failures(world: World) -> None:
    before = {side: rows_everywhere(world, side) for side in ("erp", "platform")}

    findings = examine(world.bridge)

    assert not failed(findings), [f for f in findings if f.level == "fail"]
    assert {f.subject for f in findings if f.level == "ok"} >= {
        "erp: connection", "platform: connection", "erp: control tables", "platform: rights", "erp: queue Productos",
    }  # fmt: skip
    assert any("clocks are" in text for text in said(findings, "both sides", "info"))
    assert {side: rows_everywhere(world, side) for side in ("erp", "platform")} == before, "doctor writes nothing"


def rows_everywhere(world: World, side: str) -> dict[str, int]:
    db: Database = world.erp if side == "erp" else world.platform
    with db.read() as conn:
        return {
            name: int(conn.exec_driver_sql(f"SELECT COUNT(*) FROM {db.quote(name)}").scalar_one())
            for name in inspect(conn).get_table_names()
        }


def test_an_unreachable_side_is_one_finding(make_world, tmp_path) -> None:
    world = make_world("sqlite-sqlite")
    broken = Bridge(world.link, world.erp, open_database(f"sqlite:///{tmp_path}/no/such/folder.db"), world.settings)
    findings = examine(broken)
    assert len([f for f in findings if f.subject.startswith("platform")]) == 1
    assert any(f.subject == "erp: queue Productos" for f in findings), "the other side is examined all the same"


def test_sides_that_were_never_initialised(make_world, tmp_path) -> None:
    world = make_world("sqlite-sqlite")
    empty = [open_database(f"sqlite:///{tmp_path}/{side}.db") for side in ("e", "p")]
    findings = examine(Bridge(world.link, *empty, world.settings))
    (missing,) = [f for f in findings if f.subject == "platform: control tables"]
    assert missing.level == "fail" and "init --side platform" in missing.remedy
    assert "does not exist" in said(findings, "erp: queue Productos", "fail")[0]
    assert "does not exist" in said(findings, "erp: queue Clientes_Baja", "fail")[0], "the shop's customers go there"


def test_schema_drift_is_named(world: World) -> None:
    world.altered |= {"erp", "platform"}
    world.platform_sql("ALTER TABLE puente_record DROP COLUMN base_version")
    world.erp_sql("ALTER TABLE Productos DROP COLUMN Nombre", "ALTER TABLE Categorias_Productos DROP COLUMN Operacion")
    findings = examine(world.bridge)
    assert said(findings, "platform: control tables", "fail") == ["columns missing: puente_record.base_version"]
    assert "lacks Nombre" in said(findings, "erp: queue Productos", "fail")[0]
    assert "deletions cannot be sent" in said(findings, "erp: queue Categorias_Productos", "warn")[0]


def test_a_vendors_queue_is_described(make_world) -> None:
    world = make_world("sqlite-sqlite")
    columns = "id_registro INTEGER PRIMARY KEY, ID_EMPRESA VARCHAR(20), nombre_empresa VARCHAR(80)"
    world.remake_queue("companies", f"CREATE TABLE clientes_sube ({columns})")
    found = [f for f in examine(world.bridge) if f.subject == "erp: queue Clientes_Sube"]
    assert not failed(found)
    text = " ".join(f.what for f in found)
    assert "has no Fecha_Creacion" in text and "UPDATE trigger" in text
    assert "ID_Empresa (20 of 64)" in text and "Nombre_Empresa (80 of 255)" in text


def test_both_sides_in_one_database(make_world) -> None:
    world = make_world("sqlite-sqlite")
    findings = examine(Bridge(world.link, world.erp, world.erp, world.settings))
    assert "same database" in said(findings, "both sides", "fail")[0]


def test_a_copied_database_is_noticed(make_world) -> None:
    world = make_world("sqlite-sqlite")
    with world.erp.read() as conn:
        value = conn.exec_driver_sql("SELECT value FROM puente_side WHERE name = 'incarnation'").scalar()
    world.platform_sql("UPDATE puente_side SET value = :v WHERE name = 'incarnation'", v=value)
    assert "copy of the other" in said(examine(world.bridge), "both sides", "fail")[0]


def test_pauses_and_closed_gates_are_mentioned(make_world) -> None:
    world = make_world("sqlite-sqlite")
    world.put_many("products", ({"key": f"B{n}", "Precio_1": "-1"} for n in range(60)))
    world.run()
    world.erp_sql("INSERT INTO puente_pause VALUES ('main', '*', 'ana', 'inventory', '2026-11-01T00:00:00.000Z')")
    findings = examine(world.bridge)
    assert said(findings, "erp: pause") == ["the whole link since 2026-11-01T00:00:00.000Z by ana: inventory"]
    assert said(findings, "platform: batches", "warn") == ["1 behind a closed gate"]


def test_what_waits_for_a_person_is_counted(make_world) -> None:
    world = make_world("sqlite-sqlite")
    at = "2026-01-01T00:00:00.000Z"
    conflict = {"entity": "companies", "record_key": "C1", "winner": "erp", "loser": "{}", "at": at}
    event = {"entity": "companies", "unit": "u", "event_id": "e1", "content_hash": "h", "payload": "{}", "at": at}
    mail = {"order_id": "P1", "state": "RECIBIDO EN ERP", "recipient": "a@b.mx", "message_id": "m", "attempts": 1}
    order = {"order_id": "P1", "state": "VALIDANDO EXISTENCIAS", "waits": "el ERP no contesta", "at": at}
    for db, table, row in (
        (world.erp, schema.conflict, conflict), (world.platform, schema.outbox, {**event, "status": "conflict"}),
        (world.platform, schema.mail, {**mail, "status": "doubtful"}), (world.platform, schema.order, order),
        (world.erp, schema.permit, {"entity": "products", "who": "ana", "why": "range sold", "at": at}),
    ):  # fmt: skip
        with db.begin() as conn:
            conn.execute(table.insert(), {"link_id": "main", **row})
    findings = examine(world.bridge)
    assert said(findings, "erp: conflicts", "warn") == ["1 that nobody has resolved"]
    assert "1 rows" in said(findings, "platform: outbox", "warn")[0]
    assert "1 doubtful" in said(findings, "platform: mail", "warn")[0]
    assert "P1: el ERP no contesta" in said(findings, "platform: orders", "warn")[0]
    assert "products is allowed, by ana" in said(findings, "erp: guard", "info")[0]


def test_links_that_get_in_each_others_way_are_refused(make_world) -> None:
    world = make_world("sqlite-sqlite")
    north = replace(world.link, link_id="north", erp="north_erp")
    far = replace(world.link, link_id="far", erp="far_erp", platform="far_platform")
    world.set(links={link.link_id: link for link in (world.link, north, far)})
    (finding,) = [f for f in examine(world.bridge) if f.subject.startswith("link ")]
    assert finding.level == "fail" and finding.subject == "link main and link north" and finding.remedy
    assert "the same tables of the platform (puente_platform, profile mini_shop)" in finding.what
    other_tables = replace(north, platform_profile="north_shop")
    same_queues = replace(far, erp="puente_erp")
    world.set(links={link.link_id: link for link in (world.link, other_tables, same_queues)})
    (finding,) = [f for f in examine(world.bridge) if f.subject.startswith("link ")]
    assert "read and fill the same queues" in finding.what
    world.set(links={"main": world.link, "far": far})
    (finding,) = check_links(
        world.settings, world.link, lambda conn_id: conn_id.replace("far_platform", "puente_platform")
    )
    assert "same tables" in finding.what, "another connection to the same database"


def test_files_of_the_second_direction_are_checked(make_world) -> None:
    world = make_world("sqlite-sqlite")
    world.use_profile("erp", {
        "stock.sql": "UPDATE almacen SET piezas = 0 WHERE cve = :product",
        "confirm_companies.sql": "SELECT cve AS ID_Empresa FROM cliente",
        "profile.yaml": "name: x\nside: erp\norders: {unknown_stock: guess}\n",
    })  # fmt: skip
    findings = [f for f in examine(world.bridge) if f.level == "fail"]
    text = " ".join(f"{f.subject} {f.what}" for f in findings)
    assert "begins with UPDATE" in text and "yields no ID_Plataforma" in text and "unknown_stock" in text
    world.use_profile("erp", {"stock.sql": "SELECT piezas, cve FROM almacen WHERE cve = :product"})
    check = check_profile(world.bridge, world.link.erp_profile)
    assert said(check.findings, "stock.sql", "fail") == ["yields 2 columns"]


def test_profiles_on_the_wrong_side_and_without_files(make_world) -> None:
    world = make_world("sqlite-sqlite")
    crossed = replace(world.link, erp_profile="mini_shop")
    findings = examine(Bridge(crossed, world.erp, world.platform, world.settings))
    assert said(findings, "erp: profile mini_shop", "fail") == ["is for the platform"]
    world.use_profile("platform", {"profile.yaml": "name: bare\nside: platform\n"})
    findings = examine(world.bridge)
    assert "neither a file nor a table" in said(findings, "apply products", "fail")[0]


def test_settings(make_world, tmp_path) -> None:
    world = make_world("sqlite-sqlite")
    world.set(seal_key=None, expectations_dir=tmp_path / "nothing")
    findings = examine(world.bridge)
    assert len(said(findings, "expectations", "fail")) == 6 + 5
    assert said(findings, "settings", "warn")


# ---------------------------------------------------------------- MariaDB
def test_options_of_the_server(make_world, mysql: Server) -> None:
    world = make_world("sqlite-mariadb")
    world.altered.add("platform")
    world.platform_sql("ALTER TABLE shop_product ENGINE = MyISAM", "CREATE TABLE theirs (a INT) ENGINE = MyISAM")
    world.platform_sql("ALTER TABLE shop_company CONVERT TO CHARACTER SET latin1")
    mysql.execute("SET GLOBAL local_infile = 0")
    mysql.execute("SET GLOBAL max_allowed_packet = 1048576")
    try:
        world.platform.engine.dispose()
        findings = examine(world.bridge)
    finally:
        mysql.execute("SET GLOBAL local_infile = 1")
        mysql.execute("SET GLOBAL max_allowed_packet = 16777216")
        world.platform.engine.dispose()
    assert said(findings, "platform: server", "fail") == ["not InnoDB: shop_product (MyISAM)"], "theirs is not ours"
    warnings = said(findings, "platform: server", "warn")
    assert any("local_infile is off" in w for w in warnings)
    assert any("1024 KiB" in w for w in warnings)
    assert any(w == "not utf8mb4: shop_company" for w in warnings)


def test_a_read_only_server(make_world, mysql: Server) -> None:
    world = make_world("sqlite-mariadb")
    mysql.execute("SET GLOBAL tx_read_only = 1")
    try:
        world.platform.engine.dispose()
        findings = examine(world.bridge)
    finally:
        mysql.execute("SET GLOBAL tx_read_only = 0")
        world.platform.engine.dispose()
    assert any("read-only" in text for text in said(findings, "platform: server", "fail"))


# ---------------------------------------------------------------- profile check
def test_a_profile_is_previewed(world: World) -> None:
    world.own("articulo", cve="A1", sku="LL-1", nombre="Llanta", precio="10")
    world.own("articulo", cve="A2", sku="LL-2", nombre="Cámara", precio="20")
    world.capture("products")
    world.own("articulo", cve="A2", sku="LL-2", nombre="Cámara", precio="21")
    world.own("articulo", cve="A3", sku="LL-3", nombre="Rin")
    world.own_delete("articulo", cve="A1")
    before = {side: rows_everywhere(world, side) for side in ("erp", "platform")}

    check = check_profile(world.bridge, "mini_erp")

    products = next(c for c in check.captures if c.entity == "products")
    assert (products.read, products.new, products.changed, products.vanished) == (2, 1, 1, 1)
    assert [row["ID_Producto"] for row in products.rows] == ["A2", "A3"]
    assert products.rows[0]["Precio_1"] == "21.0000"
    assert not failed(check.all_findings)
    assert {side: rows_everywhere(world, side) for side in ("erp", "platform")} == before


def test_nothing_is_to_be_sent_after_a_capture(world: World) -> None:
    for n in range(5):
        world.own("articulo", cve=f"A{n}", sku=f"LL-{n}", nombre="Llanta", precio="10")
    world.capture("products")
    products = next(c for c in check_profile(world.bridge, "mini_erp").captures if c.entity == "products")
    assert (products.read, products.new, products.changed, products.vanished) == (5, 0, 0, 0)


@pytest.mark.parametrize("engine", ["sqlite", "mariadb"])
def test_the_demo_profiles_are_whole(engine: str, tmp_path, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("mysql") if engine == "mariadb" else None
    sides = [
        open_database(server.create_database(f"demo_{side}") if server else f"sqlite:///{tmp_path}/{side}.db")
        for side in ("erp", "platform")
    ]
    demo.create_erp(sides[0].engine)
    demo.create_shop(sides[1].engine)
    demo.fill_erp(sides[0].engine, demo.generate())
    create_missing(sides[0], "erp")
    create_missing(sides[1], "platform")
    bridge = Bridge(Link(), *sides, Settings())

    for name, read in (("demo_erp", 640), ("demo_shop", 0)):
        check = check_profile(bridge, name)
        assert not failed(check.all_findings), [f for f in check.all_findings if f.level == "fail"]
        assert not [f for f in check.all_findings if "read by nobody" in f.what or "contract does not have" in f.what]
        assert next(c for c in check.captures if c.entity == "products").read == read
        assert said(check.findings, "apply_order_states.sql", "ok") == ["1 statements"]
    assert said(check.findings, "apply_contacts.sql", "ok") == ["2 statements"]
    for db in sides:
        db.engine.dispose()


BAD_CAPTURES = [
    ("DELETE FROM articulo", "begins with DELETE"),
    ("SELECT 1; DELETE FROM articulo", "more than one statement"),
    ("SELECT cve AS ID_Producto FROM articulo;\nSELECT 1;\n", "holds 2 statements"),
    ("SELECT cve AS ID_Producto, sku AS SKU FROM articulo", "lacks Nombre"),
    ("SELECT cve AS ID_Producto, sku AS SKU, nombre AS Nombre FROM articulos", "articulos"),
    (
        "SELECT a.cve AS ID_Producto, sku AS SKU, nombre AS Nombre FROM articulo a CROSS JOIN almacen",
        "keys twice, first 'A1'",
    ),
    ("SELECT NULL AS ID_Producto, sku AS SKU, nombre AS Nombre FROM articulo", "2 records have no key"),
]


@pytest.mark.parametrize(("sql", "message"), BAD_CAPTURES)
def test_what_is_wrong_with_a_capture(make_world, sql: str, message: str) -> None:
    world = make_world("sqlite-sqlite")
    for n in (1, 2):
        world.own("articulo", cve=f"A{n}", sku=f"LL-{n}", nombre="Llanta")
        world.own("almacen", cve=f"A{n}", piezas="1")
    world.use_profile("erp", {"capture_products.sql": sql})
    check = check_profile(world.bridge, world.link.erp_profile)
    assert any(message in text for text in said(check.all_findings, "capture_products.sql", "fail"))


def test_doubtful_captures(make_world) -> None:
    world = make_world("sqlite-sqlite")
    world.own("articulo", cve="a1", sku="1", nombre="x" * 300, precio="cheap")
    world.own("articulo", cve="Á1", sku="2", nombre="y")
    sql = "SELECT cve AS ID_Producto, sku AS SKU, nombre AS Nombre, precio AS Precio_1, 1 AS Preco_2 FROM articulo"
    world.use_profile("erp", {"capture_products.sql": sql, "capture_product.sql": "SELECT 1"})
    check = check_profile(world.bridge, world.link.erp_profile)
    warnings = " ".join(said(check.all_findings, "", "warn"))
    assert "yields Preco_2, which the contract does not have" in warnings
    assert "differ only in case, accents or blanks: a1 / Á1" in warnings
    assert "1 values of Nombre are longer" in warnings and "1 values of Precio_1 are no numbers" in warnings
    assert "is read by nobody" in warnings


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("DROP TABLE shop_product;", "begins with DROP"),
        ("REPLACE INTO shop_product (erp_id) SELECT 1;", "begins with REPLACE"),
        ("INSERT INTO shop_product (erp_id, name) VALUES ('1', 'MERGE') ON CONFLICT DO NOTHING;", "uses ON CONFLICT"),
        ("UPDATE shop_product SET name = :name;", "has the binds name"),
        (
            "UPDATE shop_product SET name = s.Nombre FROM puente_stage_products s WHERE s.run_id = :run_id;",
            "other runs'",
        ),
        ("UPDATE shop_product SET nme = 'x' WHERE erp_id = '1';", "nme"),
        ("-- nothing\n", "no statement"),
    ],
)
def test_what_is_wrong_with_an_apply_file(make_world, sql: str, message: str) -> None:
    world = make_world("sqlite-sqlite")
    (finding,) = check_script(world.platform, "apply_products.sql", sql)
    assert finding.level == "fail" and message in finding.what


def test_a_script_is_only_parsed(world: World) -> None:
    world.put("products", "A1")
    world.run()
    (finding,) = check_script(world.platform, "apply_products.sql", "DELETE FROM shop_product;")
    assert finding.level == "ok"
    assert world.shop_rows("products").keys() == {"A1"}


def test_a_mapping_must_name_what_exists(make_world) -> None:
    world = make_world("sqlite-sqlite")
    yaml = (
        "side: platform\nentities:\n  products:\n    table: shop_product\n    key: {SKU: sku}\n"
        "    columns: {Nombre: name, Precio_9: price_1, Marca: brnd}\n"
    )
    world.use_profile("platform", {"profile.yaml": yaml})
    text = " ".join(said(check_profile(world.bridge, world.link.platform_profile).findings, "profile.yaml, products"))
    assert "no Precio_9" in text and "must map ID_Producto" in text and "has no brnd" in text


def test_words_inside_texts_are_no_verbs() -> None:
    assert not_one_select("SELECT 'DELETE ; ''FROM' AS x FROM t -- fine\n;") == ""
    assert schema.STATES  # the contract is importable without a database
