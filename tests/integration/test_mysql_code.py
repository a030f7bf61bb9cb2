"""I12: views, routines and events, which MySQL cannot move into another database, come back with a restore."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from kit.keys import RING
from kit.world import World
from puente.errors import PuenteError
from puente.nightly import backup, beside, loading, mysqlcode, restore, restore_report
from puente.sync.route import Run

pytestmark = pytest.mark.lean_gate

CODE = {
    "function five": "CREATE FUNCTION five() RETURNS INT DETERMINISTIC RETURN 5",
    "procedure told": """CREATE PROCEDURE told() SELECT '100%; ' || name || "e" FROM shop_company, (SELECT 'ñ' e) s""",
    "view shown": "CREATE VIEW shown AS SELECT name, five() AS n FROM shop_company WHERE name LIKE '%de%'",
    "view a_first": "CREATE VIEW a_first AS SELECT n FROM shown",  # by name before what it needs
    "event yearly": "CREATE EVENT yearly ON SCHEDULE EVERY 1 YEAR STARTS '2035-01-01' COMMENT ';' DO"
    " BEGIN DELETE FROM puente_mail; SET @a = '\nDELIMITER ;\n'; END",
    "event monthly": "CREATE EVENT monthly ON SCHEDULE EVERY 1 MONTH STARTS '2035-01-01' DO DELETE FROM puente_mail",
    "trigger watched": "CREATE TRIGGER watched BEFORE INSERT ON shop_contact FOR EACH ROW SET NEW.names = 'a' || 'ñ'",
}


@pytest.fixture
def shop(make_world: Callable[[str], World], tmp_path: Path) -> Iterator[World]:
    """A shop with code of its own, made under another SQL mode than that of Puente's sessions."""
    world = make_world("mariadb-mariadb")
    world.set(keys=RING, archive_dir=tmp_path / "archive", backups_dir=tmp_path / "backups")
    world.altered.add("platform")
    world.shop_own("shop_company", name="de las dos")
    execute(world, *CODE.values())
    yield world
    for suffix in ("restored", "before"):
        beside.drop(world.platform, suffix)  # type: ignore[arg-type]
    for name in CODE:
        execute(world, f"DROP {name.replace(' ', ' IF EXISTS ')}")


def execute(world: World, *statements: str) -> None:
    with world.platform.engine.connect() as conn:
        conn.exec_driver_sql("SET SESSION sql_mode = 'PIPES_AS_CONCAT,ANSI_QUOTES'")
        for statement in statements:
            conn.exec_driver_sql(statement.replace("%", "%%"))
        conn.invalidate()


def scalar(world: World, query: str) -> object:
    with world.platform.read() as conn:
        return conn.execute(text(query)).scalar()


def backed_up(world: World) -> loading.Backup:
    kept = backup.run_all(world.bridge, Run("b1", "test"), None)
    return loading.open_source(world.settings, "main", kept[0].backup_id)


def code(world: World) -> set[str]:
    with world.platform.read() as conn:
        return set(conn.execute(text(
            "SELECT CONCAT(LOWER(ROUTINE_TYPE), ' ', ROUTINE_NAME) FROM information_schema.ROUTINES"
            " WHERE ROUTINE_SCHEMA = DATABASE() UNION "
            "SELECT CONCAT('event ', EVENT_NAME) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() UNION "
            "SELECT CONCAT('trigger ', TRIGGER_NAME) FROM information_schema.TRIGGERS"
            " WHERE TRIGGER_SCHEMA = DATABASE() UNION "
            "SELECT CONCAT('view ', TABLE_NAME) FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()"
        )).scalars()) & CODE.keys()  # fmt: skip


def test_a_new_database_gets_all_of_it(shop: World) -> None:
    source = backed_up(shop)
    execute(shop, f"DROP DATABASE {shop.platform.engine.url.database}")

    body = restore.restore(shop.bridge, ["platform"], source, "r1")

    assert code(shop) == CODE.keys() and body["sides"][0]["lacking"] == []
    assert scalar(shop, "SELECT n FROM a_first") == 5
    assert scalar(shop, "CALL told()") == "100%; de las dosñ", "under the SQL mode that it was made with"
    shop.shop_own("shop_contact", names="x")
    assert scalar(shop, "SELECT names FROM shop_contact") == "añ"
    event = "SELECT EVENT_DEFINITION FROM information_schema.EVENTS WHERE EVENT_NAME = 'yearly'"
    assert "DELIMITER ;" in str(scalar(shop, event))


def test_mariadbs_own_kinds_of_tables_come_along(shop: World) -> None:
    with shop.platform.read() as conn:
        if not conn.dialect.is_mariadb:  # type: ignore[attr-defined]
            pytest.skip("MySQL has neither sequences nor versioned tables")
    execute(shop, "CREATE SEQUENCE tickets", "CREATE TABLE past (id INT PRIMARY KEY) WITH SYSTEM VERSIONING",
            "INSERT INTO past VALUES (1)", "SELECT NEXTVAL(tickets)", "COMMIT")  # fmt: skip
    source = backed_up(shop)
    execute(shop, f"DROP DATABASE {shop.platform.engine.url.database}")
    restore.restore(shop.bridge, ["platform"], source, "r1")
    assert scalar(shop, "SELECT COUNT(*) FROM past") == 1 and int(str(scalar(shop, "SELECT NEXTVAL(tickets)"))) > 1
    restore.undo(shop.bridge, ["platform"], None)
    execute(shop, "DROP SEQUENCE IF EXISTS tickets")


def test_what_is_there_stays_and_what_was_made_goes_with_an_undo(shop: World) -> None:
    source = backed_up(shop)
    execute(shop, "DROP PROCEDURE told", "DROP VIEW shown", "DROP EVENT yearly", "DROP FUNCTION five",
            "CREATE FUNCTION five() RETURNS INT DETERMINISTIC RETURN 6",
            "ALTER EVENT monthly DISABLE")  # fmt: skip
    left = code(shop)

    restore.restore(shop.bridge, ["platform"], source, "r1")

    assert code(shop) == CODE.keys() and scalar(shop, "SELECT n FROM a_first") == 6
    state = "SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_NAME = 'monthly' AND EVENT_SCHEMA = DATABASE()"
    assert scalar(shop, state) == "DISABLED"
    restore.undo(shop.bridge, ["platform"], None)
    assert code(shop) == left and scalar(shop, "SELECT five()") == 6


def test_what_cannot_be_made_again_is_named(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    execute(
        shop,
        "DROP EVENT yearly",
        "CREATE EVENT yearly ON SCHEDULE AT CURRENT_TIMESTAMP + INTERVAL 1 SECOND DO SET @a = 1",
    )
    source = backed_up(shop)
    execute(shop, f"DROP DATABASE {shop.platform.engine.url.database}")
    time.sleep(1.1)
    make = mysqlcode.make

    def refuse(conn: Connection, one: mysqlcode.Code) -> None:
        if one.name == "told":
            raise DBAPIError("x", None, Exception("no right"))
        make(conn, one)

    monkeypatch.setattr(mysqlcode, "make", refuse)

    body = restore.restore(shop.bridge, ["platform"], source, "r1")

    lacking = body["sides"][0]["lacking"]
    assert [one.split(":")[0] for one in lacking] == ["procedure told", "event yearly"] and "no right" in lacking[0]
    assert code(shop) == CODE.keys() - {"procedure told", "event yearly"}
    page = restore_report.write_report(shop.settings, body).with_suffix(".html").read_text(encoding="utf-8")
    assert "procedure told" in page
    with pytest.raises(PuenteError, match="restore forget"):
        restore.begin(shop.bridge, ["platform"], "r2")
