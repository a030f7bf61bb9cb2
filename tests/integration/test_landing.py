"""What lands in the inbox is what lies in the queue, or nothing lands and the queue keeps its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from traceback import format_exception
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import Connection, Table

from kit.pitfalls import not_expressible
from kit.servers import Server
from kit.vendor import PRODUCTS, make_queue, vendor_put
from kit.world import World
from puente.db import load
from puente.errors import ContractBroken, LandingFailed
from puente.sync import quarantine, receive
from puente.sync.receive import Receipt

pytestmark = pytest.mark.lean_gate

MANY = load.BULK_WORTH_IT + 100
NO_BULK = "SQLite has no bulk load: every chunk goes the slow way"


def many_products(world: World) -> None:
    world.put_many("products", [{"key": f"P{n:04}", "Nombre": f"Llanta ñ 😀 {n}"} for n in range(MANY)])


def assert_all_arrived(world: World) -> None:
    shop = world.shop_rows("products")
    assert {key: row["name"] for key, row in shop.items()} == {f"P{n:04}": f"Llanta ñ 😀 {n}" for n in range(MANY)}
    assert world.inbox_states("products") == {"applied": MANY}
    assert world.queue_ids("products") == []
    world.check_invariants()


# ---------------------------------------------------------------- the bulk path
class BulkFile:
    """Lets a test spoil the file of the bulk load, and tells how often each way into the inbox was taken."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bulk = 0
        self.spoil: Callable[[bytes], bytes] = lambda content: content
        self._world, self._statements = world, []
        real_write = load.pyarrow.csv.write_csv

        def write(table: pa.Table, sink: Any, options: Any) -> None:
            self.bulk += 1
            buffer = pa.BufferOutputStream()
            real_write(table, buffer, options)
            sink.write(self.spoil(buffer.getvalue().to_pybytes()))

        monkeypatch.setattr(load.pyarrow.csv, "write_csv", write)

    def receive(self, run: str) -> Receipt:
        with self._world.count_statements() as self._statements:
            return self._world.receive("products", run)

    @property
    def slow(self) -> int:
        return sum("insert into puente_inbox_productos" in s.lower() for s in self._statements)


@pytest.fixture
def bulk_file(world: World, monkeypatch: pytest.MonkeyPatch) -> BulkFile:
    return BulkFile(world, monkeypatch)


@not_expressible("*-sqlite", NO_BULK)
def test_h07_many_rows_do_take_the_bulk_path(world: World, bulk_file: BulkFile) -> None:
    many_products(world)
    bulk_file.receive("r1")
    assert (bulk_file.bulk, bulk_file.slow) == (1, 0), "otherwise the tests below prove nothing"
    world.run("r1")
    assert_all_arrived(world)


def lose_a_line(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(lines[:100] + lines[101:])


def repeat_an_id(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join([*lines[:100], lines[99], *lines[101:]])


def change_a_letter(content: bytes) -> bytes:
    return content.replace("Llanta ñ 😀 77".encode(), "Llanta n 😀 77".encode(), 1)


def break_utf8(content: bytes) -> bytes:
    return content.replace("ñ".encode(), b"\xf1", 1)


def too_long(content: bytes) -> bytes:
    return content.replace(b'"pending"', b'"pending, much too long for its column"', 1)


@not_expressible("*-sqlite", NO_BULK)
@pytest.mark.parametrize("spoil", [lose_a_line, repeat_an_id, change_a_letter, break_utf8, too_long])
def test_h07_a_spoilt_bulk_load_is_refused_and_the_slow_way_taken(
    world: World, bulk_file: BulkFile, spoil: Callable[[bytes], bytes]
) -> None:
    bulk_file.spoil = spoil
    many_products(world)
    receipt = bulk_file.receive("r1")
    assert (receipt.landed, bulk_file.bulk, bulk_file.slow) == (MANY, 1, 1)
    bulk_file.spoil = lambda content: content
    world.run("r1")
    assert_all_arrived(world)


@pytest.fixture
def no_local_infile(mysql: Server) -> Iterator[None]:
    mysql.execute("SET GLOBAL local_infile = 0")
    yield
    mysql.execute("SET GLOBAL local_infile = 1")


@not_expressible("*-sqlite", NO_BULK)
def test_h07_without_local_infile_the_slow_way_is_taken(
    world: World, bulk_file: BulkFile, no_local_infile: None
) -> None:
    world.platform.engine.dispose()
    many_products(world)
    bulk_file.receive("r1")
    assert (bulk_file.bulk, bulk_file.slow) == (0, 1)
    world.run("r1")
    assert_all_arrived(world)


@not_expressible("*-sqlite", "SQLite's columns have no length")
@pytest.mark.parametrize("rows", [3, MANY], ids=["few", "bulk"])
def test_h07_a_column_too_narrow_for_the_text_lands_nothing(world: World, rows: int) -> None:
    world.altered_tables["platform"].add("puente_inbox_productos")
    world.platform_sql("ALTER TABLE puente_inbox_productos MODIFY Nombre VARCHAR(4) CHARACTER SET utf8mb4")
    world.put_many("products", [{"key": f"P{n:04}", "Nombre": "Llanta"} for n in range(rows)])
    with pytest.raises(LandingFailed) as failure:
        world.receive("products", "r1")
    assert "Llanta" not in "".join(format_exception(failure.value)), "task logs must not quote rows"
    assert world.inbox("products") == []
    assert len(world.queue_ids("products")) == rows
    world.platform_sql("ALTER TABLE puente_inbox_productos MODIFY Nombre MEDIUMTEXT CHARACTER SET utf8mb4")
    world.run("r1")
    world.run_until_quiet()
    assert {row["name"] for row in world.shop_rows("products").values()} == {"Llanta"}
    assert world.inbox_states("products") == {"applied": rows}
    world.check_invariants()


def skip_one(rows: pa.Table) -> pa.Table:
    return rows.slice(1)


def mangle_one(rows: pa.Table) -> pa.Table:
    names = rows.column("Nombre").to_pylist()
    return rows.set_column(rows.column_names.index("Nombre"), "Nombre", pa.array([names[0] + "?", *names[1:]]))


@pytest.mark.parametrize("damage", [skip_one, mangle_one])
def test_h07_where_both_ways_damage_the_rows_nothing_lands(
    world: World, monkeypatch: pytest.MonkeyPatch, damage: Callable[[pa.Table], pa.Table]
) -> None:
    for n in range(3):
        world.put("products", f"P{n}", Nombre=f"v{n}")
    real = receive.insert_arrow

    def damaging(conn: Connection, table: Table, rows: pa.Table, problem: Callable[[], str]) -> None:
        real(conn, table, damage(rows), problem)

    with monkeypatch.context() as patch:
        patch.setattr(receive, "insert_arrow", damaging)
        with pytest.raises(LandingFailed):
            world.receive("products", "r1")
        assert world.inbox("products") == []
        assert world.clear("products", "r1") == 0
        assert len(world.queue_ids("products")) == 3
    world.run("r1")
    names = {key: row["name"] for key, row in world.shop_rows("products").items()}
    assert names == {"P0": "v0", "P1": "v1", "P2": "v2"}
    world.check_invariants()


# ---------------------------------------------------------------- the queue changes overnight
def drifted(**changed: str | None) -> dict[str, str]:
    """PRODUCTS with columns given another type, or taken away (None)."""
    return {name: word for name, word in {**PRODUCTS, **changed}.items() if word}


def a_row(**values: Any) -> dict[str, Any]:
    row = {"ID_Producto": "A1", "SKU": "S1", "Nombre": "Llanta", "Precio_1": "12.5", "Existencia": "4", **values}
    return {name: value for name, value in row.items() if value is not None}


@pytest.mark.parametrize("column", ["ID_Producto", "SKU", "Nombre"])
def test_p32_a_dropped_required_column_stops_with_nothing_deleted(world: World, column: str) -> None:
    world.put("categories", "F1")
    make_queue(world, "products", drifted(**{column: None}))
    vendor_put(world, "products", **a_row(**{column: None}))

    done = world.run()

    assert isinstance(done.errors["products"], ContractBroken) and column in str(done.errors["products"])
    assert world.queue_ids("products") == [1]
    assert world.inbox("products") == []
    assert world.shop_rows("categories").keys() == {"F1"}, "one entity's failure stopped another"


def test_p32_a_renamed_required_column_stops_and_goes_on_once_restored(world: World) -> None:
    columns = {("Nombre_Producto" if name == "Nombre" else name): word for name, word in PRODUCTS.items()}
    make_queue(world, "products", columns)
    vendor_put(world, "products", ID_Producto="A1", SKU="S1", Nombre_Producto="Llanta")
    assert "Nombre" in str(world.run().errors["products"])
    assert world.queue_ids("products") == [1]
    world.erp_sql("ALTER TABLE Productos ADD Nombre VARCHAR(255)", "UPDATE Productos SET Nombre = Nombre_Producto")
    world.run_until_quiet()
    assert world.shop_rows("products")["A1"]["name"] == "Llanta"
    world.check_invariants()


def test_p32_reordered_columns_other_letter_case_and_extra_ones_are_matched_by_name(world: World) -> None:
    make_queue(
        world, "products",
        {"SECRETO": "text", "existencia": "money", "PRECIO_1": "money", "nombre": "text", "sku": "text",
         "id_PRODUCTO": "text", "fecha_creacion": "created", "id_registro": "id", "Zona": "text"},
    )  # fmt: skip
    vendor_put(
        world, "products",
        SECRETO="no", existencia="4", PRECIO_1="12.5", nombre="Llanta", sku="S1", id_PRODUCTO="A1", Zona="norte",
    )  # fmt: skip
    world.run()
    row = world.shop_rows("products")["A1"]
    assert (row["sku"], row["name"], row["price_1"], row["stock"]) == ("S1", "Llanta", "12.5000", "4.0000")
    assert world.queue_ids("products") == []
    world.check_invariants()


def test_p32_columns_that_move_between_two_runs_are_not_mixed_up(world: World) -> None:
    make_queue(world, "products", PRODUCTS)
    vendor_put(world, "products", **a_row())
    world.run()
    make_queue(world, "products", dict(reversed(PRODUCTS.items())))
    vendor_put(world, "products", **a_row(ID_Producto="A2", SKU="S2", Nombre="Otra"))
    world.run_until_quiet()
    shop = world.shop_rows("products")
    assert (shop["A2"]["sku"], shop["A2"]["name"], shop["A2"]["price_1"]) == ("S2", "Otra", "12.5000")
    assert shop["A1"]["name"] == "Llanta"
    world.check_invariants()


def test_p32_a_wider_type_truncates_nothing(world: World) -> None:
    make_queue(world, "products", drifted(Nombre="wide"))
    vendor_put(world, "products", **a_row(Nombre="ñ" * 300))
    vendor_put(world, "products", **a_row(ID_Producto="A2", SKU="S2", Nombre="ñ" * 255))
    world.run()
    assert world.shop_rows("products").keys() == {"A2"}
    assert world.shop_rows("products")["A2"]["name"] == "ñ" * 255
    (bad,) = quarantine.list_rows(world.bridge, "platform")
    assert quarantine.show_row(world.route("products"), bad.inbox_id).values["Nombre"] == "ñ" * 300
    world.check_invariants()


@not_expressible("*-sqlite", "SQLite's columns have no length")
def test_p32_a_column_of_the_shop_made_narrower_refuses_the_row_instead_of_cutting_it(world: World) -> None:
    world.altered_tables["platform"].add("shop_product")
    world.platform_sql("ALTER TABLE shop_product MODIFY brand VARCHAR(5) CHARACTER SET utf8mb4")
    world.put("products", "A1", Marca="Michelin")
    world.put("products", "A2", Marca="Tornel"[:5])
    world.run()
    assert {key: row["brand"] for key, row in world.shop_rows("products").items()} == {"A2": "Torne"}
    assert world.findings("products")[0]["rule_id"] == "target.refused"
    world.check_invariants()


def test_p32_a_missing_queue_is_named_and_stops_only_its_entity(world: World) -> None:
    world.put("categories", "F1")
    world.altered_tables["erp"].add("Productos")
    world.erp_sql("DROP TABLE Productos")
    done = world.run(entities=("categories", "products"))
    assert "Productos" in str(done.errors["products"])
    assert world.shop_rows("categories").keys() == {"F1"}


def test_p32_a_capture_select_that_lost_a_column_sends_nothing(world: World) -> None:
    world.own("familia", cve="F1", nombre="Llantas")
    world.capture("categories")
    world.run()
    world.use_profile("erp", {"capture_categories.sql": "SELECT cve AS ID_Categoria, nombre AS Nombres FROM familia"})
    world.own("familia", cve="F1", nombre="Otro")
    with pytest.raises(ContractBroken, match="Nombre"):
        world.capture("categories")
    assert world.queue_ids("categories") == []
    assert world.shop_rows("categories")["F1"]["title"] == "Llantas"
    world.check_invariants()
