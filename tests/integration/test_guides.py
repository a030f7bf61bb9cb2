"""The SQL and YAML of docs/connect_your_erp.md and docs/connect_your_shop.md is a pair of profiles that works."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from sqlalchemy import text

from kit.databases import Databases
from kit.orders import order_row
from kit.world import World
from puente.db.connect import Database
from puente.orders.confirm import confirm_orders
from puente.orders.emission import emit_orders
from puente.settings import ROOT
from puente.sync import capture, outbox
from puente.sync.profilecheck import check_profile

NOT_SHOWN = ("categories", "contacts")  # the pages leave these entities out, and say what `profile check` says of it
_BLOCK = re.compile(r"^```(?:sql|yaml)\n(?:--|#) ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> dict[str, str]:
    """What the page shows, by the name in each block's first line."""
    found = _BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
    assert len(dict(found)) == len(found), f"{page} shows a file twice"
    return dict(found)


def run_script(db: Database, script: str) -> None:
    with db.begin() as conn:
        for statement in script.split(";\n"):
            if statement.strip():
                conn.exec_driver_sql(statement)


def one(db: Database, sql: str) -> list[tuple[object, ...]]:
    with db.read() as conn:
        return [tuple(row) for row in conn.execute(text(sql))]


@pytest.fixture
def world(make_world: Callable[[str], World], databases: Databases, tmp_path: Path) -> World:
    world = make_world("sqlite-sqlite")
    pages = {"tiny_erp": blocks("connect_your_erp.md"), "tiny_shop": blocks("connect_your_shop.md")}
    run_script(world.erp, pages["tiny_erp"].pop("erp tables"))
    run_script(world.platform, pages["tiny_shop"].pop("shop tables"))
    link = yaml.safe_load(pages["tiny_shop"].pop("links.yaml"))["links"]["main"]
    for name, files in pages.items():
        folder = tmp_path / "profiles" / name
        folder.mkdir(parents=True)
        for file, content in files.items():
            (folder / file).write_text(content, encoding="utf-8")
    world.link = replace(world.link, **{name: link[name] for name in ("erp_profile", "platform_profile")})
    world.set(profiles_dir=tmp_path / "profiles", expectations_dir=databases.lean_expectations())
    return world


def test_the_guides_profiles_are_found_right_and_carry(world: World) -> None:
    for name, read in (("tiny_erp", {"products": 2, "companies": 1}), ("tiny_shop", {"companies": 1})):
        check = check_profile(world.bridge, name)
        wrong = [f for f in check.all_findings if f.level not in ("ok", "info")]
        assert [f for f in wrong if not f.subject.endswith(NOT_SHOWN)] == []
        assert read.items() <= {c.entity: c.read for c in check.captures}.items()

    def there_and_back() -> None:
        for entity in ("products", "companies"):
            world.capture(entity)
        world.run_until_quiet()
        capture.capture(world.bridge, "companies", world.next_run(), side="platform")
        emit_orders(world.bridge, world.next_run())
        outbox.deliver(world.bridge, world.next_run())
        world.run_until_quiet(reader="erp")
        confirm_orders(world.bridge, world.next_run())

    there_and_back()
    there_and_back()
    assert one(world.platform, "SELECT erp_id, price, live FROM item ORDER BY erp_id") == [
        ("A-01", "1849.0000", 1), ("A-02", "2695.5000", 1)
    ]  # fmt: skip
    customers = one(world.platform, "SELECT name, erp_id FROM account ORDER BY id")
    assert customers == [("Taller Norte", "W-1"), ("Llantera Torres", "C-001")]

    run_script(
        world.platform,
        "INSERT INTO sale (id, account_id, email, total, placed_at)"
        " VALUES ('9', 1, 'norte@example.mx', '5391', '2026-12-02 10:00:00');\n"
        "INSERT INTO sale_item SELECT '9-1', '9', id, '2', '2695.50', '5391' FROM item WHERE erp_id = 'A-02'",
    )
    there_and_back()
    assert one(world.erp, "SELECT folio, cliente FROM ped") == [("9", "W-1")]
    assert one(world.erp, "SELECT folio, art FROM ped_ren") == [("9", "A-02")]
    world.run_until_quiet()
    assert order_row(world, "9")["state"] == "RECIBIDO EN ERP"
    assert one(world.platform, "SELECT status FROM sale") == [("RECIBIDO EN ERP",)]
    world.check_invariants()
