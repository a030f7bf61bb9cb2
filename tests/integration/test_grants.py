"""The schema files as a DBA runs them, and the login that they make: enough for the whole pass, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from kit import own_tables
from kit.servers import Server
from kit.world import PROFILES, World, prepare
from puente import contract
from puente.db import schema
from puente.db.connect import Database, open_database
from puente.db.ddl import SCHEMA_DIR
from puente.db.grants import ERP_FILE, LOGIN, PLATFORM_FILE, demo_procedures, demo_reads, demo_rights
from puente.orders.confirm import confirm_orders
from puente.orders.emission import emit_orders
from puente.orders.mail import send_mails
from puente.people.erase import erase
from puente.profiles import split_statements
from puente.sync import outbox, quarantine
from puente.sync.capture import capture
from puente.sync.doctor import examine
from puente.sync.findings import failed
from puente.sync.retention import prune_inbox

PASSWORD = "only-for-this-test"
OWN_TABLES = {
    ERP_FILE: tuple(own_tables.erp.tables),
    PLATFORM_FILE: tuple(own_tables.shop.tables),
}
ERP_RIGHTS = {  # what mini_erp's apply and delete files write
    **dict.fromkeys(("cliente", "persona", "pedido"), "SELECT, INSERT, UPDATE"), "pedido_linea": "SELECT, INSERT",
}  # fmt: skip


@pytest.fixture(scope="module")
def as_login(mysql: Server) -> Iterator[list[Database]]:
    """Both sides of the small world, prepared by root, opened by the login of the grants files."""
    opened = []
    for side, file in (("erp", ERP_FILE), ("platform", PLATFORM_FILE)):
        url = mysql.create_database(f"granted_{side}")
        root = open_database(url)
        prepare(root, side)  # type: ignore[arg-type]
        run_file(root, SCHEMA_DIR / "mysql" / file)
        with root.begin() as conn:
            for table in OWN_TABLES[file]:
                rights = ERP_RIGHTS.get(table, "SELECT") if side == "erp" else "SELECT, INSERT, UPDATE, DELETE"
                conn.exec_driver_sql(f"GRANT {rights} ON `{table}` TO '{LOGIN}'@'%%'")
            conn.exec_driver_sql(f"ALTER USER '{LOGIN}'@'%%' IDENTIFIED BY '{PASSWORD}'")
        root.engine.dispose()
        opened.append(open_database(url.set(username=LOGIN, password=PASSWORD)))
    yield opened
    for db in opened:
        db.engine.dispose()
    mysql.execute(f"DROP USER '{LOGIN}'@'%%'")


def run_file(db: Database, path: Path) -> None:
    with db.begin() as conn:
        for statement in split_statements(path.read_text(encoding="utf-8")):
            conn.exec_driver_sql(statement.replace("%", "%%"))


def test_the_login_can_do_the_whole_pass(as_login: list[Database], mysql: Server, tmp_path: Path) -> None:
    world = World("mariadb-mariadb", *as_login, tmp_path)
    with open_as_root(mysql, as_login[0]) as root:  # the ERP's own people
        for key, price in (("A1", "10"), ("A2", "-1")):
            root.exec_driver_sql(
                f"INSERT INTO articulo (cve, sku, nombre, precio) VALUES ('{key}', 'LL-{key}', 'L', {price})"
            )
        root.exec_driver_sql("INSERT INTO cliente (cve, nombre) VALUES ('C1', 'Muelles')")
        root.exec_driver_sql("INSERT INTO persona (cve, nombres, cliente) VALUES ('P1', 'Íñigo', 'C1')")
    for entity in ("products", "companies", "contacts"):
        world.capture(entity)
    done = world.run()
    assert done.errors == {}
    assert world.shop_rows("products").keys() == {"A1"} and world.shop_rows("contacts").keys() == {"P1"}
    with open_as_root(mysql, as_login[0]) as root:
        root.exec_driver_sql("DELETE FROM articulo WHERE cve = 'A1'")
    world.capture("products")
    world.run()
    assert world.shop_rows("products") == {}
    assert world.queue_ids("products") == []
    assert prune_inbox(world.route("products"), "9999") == 2
    world.check_invariants()
    findings = examine(world.bridge)
    assert not failed(findings), [f for f in findings if f.level == "fail"]


def test_the_login_can_do_the_other_direction(as_login: list[Database], mysql: Server, tmp_path: Path) -> None:
    world = World("mariadb-mariadb", *as_login, tmp_path)
    with open_as_root(mysql, as_login[0]) as root:  # the ERP's own people
        root.exec_driver_sql("INSERT INTO articulo (cve, sku, nombre, precio) VALUES ('B1', 'LL-B1', 'L', 10)")
        root.exec_driver_sql("INSERT INTO almacen (cve, piezas) VALUES ('B1', 5)")
    number = world.shop_own("shop_company", name="Del Sur", tax_id="SUR850101AB1")
    total = dict.fromkeys(("subtotal", "discounted", "shipped", "total"), "20")
    world.shop_own("shop_order", "P1", company_id=number, ship_email="a@example.mx", **total)
    world.shop_own("shop_order_line", "P1-1", order_id="P1", product="B1", quantity="2", price="10", amount="20")
    for _ in range(2):
        for entity in ("products", "companies"):
            world.capture(entity)
        world.run_until_quiet()
        capture(world.bridge, "companies", world.next_run(), side="platform")
        emit_orders(world.bridge, world.next_run())
        outbox.deliver(world.bridge, world.next_run())
        for done in world.run_until_quiet(reader="erp"):
            assert done.errors == {}
    with open_as_root(mysql, as_login[0]) as root:
        written = root.exec_driver_sql("SELECT cve FROM pedido").scalars().all()
        assert written == ["P1"]
        root.exec_driver_sql("UPDATE pedido SET importado = 1")
    assert confirm_orders(world.bridge, world.next_run()) is not None
    world.run_until_quiet()
    assert send_mails(world.platform, "main", "test", lambda message: None, 60)["sent"] >= 1
    findings = examine(world.bridge)
    assert not failed(findings), [f for f in findings if f.level == "fail"]


def test_the_login_can_erase_a_person(as_login: list[Database], mysql: Server, tmp_path: Path) -> None:
    """Edited values are all that can be blanked in what people decided."""
    world = World("mariadb-mariadb", *as_login, tmp_path)
    with open_as_root(mysql, as_login[0]) as root:  # the ERP's own people
        root.exec_driver_sql("INSERT INTO cliente (cve, nombre) VALUES ('C7', 'Muelles')")
        root.exec_driver_sql(
            "INSERT INTO persona (cve, nombres, cliente, correo) VALUES ('P7', 'Íñigo', 'C7', 'wrong')"
        )
    for entity in ("companies", "contacts"):
        world.capture(entity)
    world.run()
    (row,) = [row for row in world.inbox("contacts") if row["record_key"] == "P7"]
    quarantine.release(world.route("contacts"), row["inbox_id"], "ana", "typing error", {"Email": "i@example.mx"})
    world.run()
    erase(world.bridge, "contacts", "P7", "ana", "art. 25")
    edits = [row["value"] for row in world.rows_of("platform", schema.decision) if row["action"] == "edit"]
    assert edits == [None]


@contextmanager
def open_as_root(mysql: Server, db: Database) -> Iterator[Connection]:
    root = open_database(mysql.root.set(database=db.engine.url.database))
    with root.begin() as conn:
        yield conn
    root.engine.dispose()


@pytest.mark.parametrize("queue", list(contract.QUEUES))
def test_the_login_cannot_update_a_queue(as_login: list[Database], queue: str) -> None:
    for statement in (
        f"UPDATE `{queue}` SET Operacion = 'D'",
        f"ALTER TABLE `{queue}` ADD x INT",
        f"DROP TRIGGER puente_{queue.lower()}_no_update",
        f"TRUNCATE TABLE `{queue}`",
    ):
        with pytest.raises(DBAPIError, match="denied"), as_login[0].begin() as conn:
            conn.exec_driver_sql(statement)


def test_the_login_cannot_write_the_erps_own_tables_or_rewrite_history(as_login: list[Database]) -> None:
    refused = [
        (0, "INSERT INTO articulo (cve) VALUES ('X')"), (0, "DELETE FROM cliente"),
        (0, "UPDATE almacen SET piezas = 0"), (0, "UPDATE pedido_linea SET cantidad = 0"),
        (0, "CREATE TABLE mine (a INT)"), (1, "CREATE TABLE mine (a INT)"), (1, "DELETE FROM puente_ledger"),
        (1, "DELETE FROM puente_decision"), (1, "UPDATE puente_decision SET who = 'x'"),
        (1, "UPDATE puente_decision SET record_key = 'x'"),
    ]  # fmt: skip
    for side, statement in refused:
        with pytest.raises(DBAPIError, match="denied"), as_login[side].begin() as conn:
            conn.exec_driver_sql(statement)


def test_doctor_names_what_a_dba_must_grant(mysql: Server, tmp_path: Path) -> None:
    urls = [mysql.create_database(f"ungranted_{side}") for side in ("erp", "platform")]
    for url, side in zip(urls, ("erp", "platform"), strict=True):
        root = open_database(url)
        prepare(root, side)  # type: ignore[arg-type]
        root.engine.dispose()
    mysql.execute("CREATE USER IF NOT EXISTS 'puente_reader'@'%%' IDENTIFIED BY 'r'")
    try:
        for url in urls:
            mysql.execute(f"GRANT SELECT ON `{url.database}`.* TO 'puente_reader'@'%%'")
        sides = [open_database(url.set(username="puente_reader", password="r")) for url in urls]
        world = World("mariadb-mariadb", *sides, tmp_path)
        found = {f.subject: f for f in examine(world.bridge) if f.level == "fail"}
    finally:
        mysql.execute("DROP USER 'puente_reader'@'%%'")
    assert "DELETE on Categorias_Productos" in found["erp: rights"].what
    assert found["erp: rights"].remedy.endswith("mysql/04_grants.sql.")
    assert "INSERT on puente_" in found["platform: rights"].what
    for db in sides:
        db.engine.dispose()


def test_the_files_make_what_init_makes(mysql: Server) -> None:
    """01 to 03, as a DBA runs them, leave nothing for `init` but the incarnation."""
    from puente.db.ddl import create_missing

    db = open_database(mysql.create_database("by_hand"))
    for name in ("01_queues.sql", "02_triggers.sql", "03_control.sql"):
        run_file(db, SCHEMA_DIR / "mysql" / name)
    assert create_missing(db, "erp") == []
    with db.begin() as conn:
        conn.exec_driver_sql("INSERT INTO Productos (ID_Producto) VALUES ('1')")
    with pytest.raises(DBAPIError, match="INSERT-only"), db.begin() as conn:
        conn.exec_driver_sql("UPDATE Productos SET SKU = 'x'")
    db.engine.dispose()


def test_demo_reads_follow_the_profiles() -> None:
    assert demo_reads("demo_erp", "mysql") == [
        "ART", "ART_FAMILIA", "CLIENTE", "CONSECUTIVO", "CONTACTO", "EXISTENCIA", "FAMILIA", "LISTA_PRECIO", "MARCA",
        "PEDIDO", "PEDIDO_PARTIDA",
    ]  # fmt: skip
    rights = demo_rights("demo_erp", "mysql")
    assert rights["ART"] == ("SELECT",) and rights["CLIENTE"] == ("SELECT", "INSERT", "UPDATE")
    assert rights["PEDIDO_PARTIDA"] == ("SELECT", "INSERT") and rights["CONSECUTIVO"] == ("SELECT", "UPDATE")
    assert demo_procedures("demo_erp", "mysql") == demo_procedures("demo_erp", "mssql") == ["sp_Consultar_Existencia"]
    assert PROFILES.is_dir()
