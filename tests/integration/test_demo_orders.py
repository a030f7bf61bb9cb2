"""The demo's own tables take customers and orders: the SQL of both demo profiles, run on every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from kit.servers import NoServer
from puente import contract, demo
from puente.contract import Side
from puente.db import schema
from puente.db.connect import Database, open_database
from puente.db.ddl import create_missing
from puente.profiles import Profile, load_profile
from puente.settings import ROOT, Settings
from puente.sync.profilecheck import check_script
from puente.transforms.canonical import canonical_text, table_from_rows

RUN = {"link_id": "main", "run_id": "r1"}
SMALL = demo.generate(articles=200)
ARTICLE = str(SMALL.tables["EXISTENCIA"][0]["CVE_ART"])
KNOWN, CONTACT = (str(SMALL.tables[t][0][k]) for t, k in (("CLIENTE", "CVE_CTE"), ("CONTACTO", "CVE_CONT")))
_NUMBERS = count()


class OwnSide:
    """One side of the demo in a database of its own, and its profile."""

    def __init__(self, db: Database, side: Side) -> None:
        self.db = db
        folder = Settings().profiles_dir / ("demo_erp" if side == "erp" else "demo_shop")
        self.profile: Profile = load_profile(folder, db.dialect)
        (demo.create_erp if side == "erp" else demo.create_shop)(db.engine)
        if side == "erp":
            demo.fill_erp(db.engine, SMALL)
        create_missing(db, side)

    def run(self, kind: str, entity: str, *rows: dict[str, Any]) -> None:
        """Stage the rows, beside one of another run, and run the profile's statements."""
        stage = schema.stages[entity]
        with self.db.begin() as conn:
            conn.execute(stage.delete())
            for number, row in enumerate(rows, 1):
                full = {**RUN, "row_no": number, "record_key": str(number), "Operacion": "U", **row}
                conn.execute(insert(stage), full)
                if number == 1:
                    conn.execute(insert(stage), {**full, "run_id": "r0"})
            for statement in self.profile.statements(kind, entity):
                conn.execute(text(statement), RUN)

    def ask(self, name: str) -> list[dict[str, Any]]:
        """The rows of `<name>.sql`."""
        kind, _, entity = name.partition("_")
        sql = self.profile.sql(kind, entity)
        assert sql is not None
        return self.rows(sql)

    def rows(self, sql: str, **binds: Any) -> list[dict[str, Any]]:
        with self.db.read() as conn:
            return [dict(row) for row in conn.execute(text(sql), binds).mappings()]

    def do(self, sql: str, **binds: Any) -> None:
        with self.db.begin() as conn:
            conn.execute(text(sql), binds)

    def stock(self, product: str) -> Any:
        for name in (f"stock.{self.db.dialect}.sql", "stock.sql"):
            path = self.profile.folder / name
            if path.exists():
                [row] = self.rows(path.read_text(encoding="utf-8"), product=product)
                [value] = row.values()
                return value
        raise AssertionError("the profile has no stock.sql")


@pytest.fixture(scope="module", params=["sqlite", "mariadb", "mssql"])
def make(request: pytest.FixtureRequest, databases: Any, tmp_path_factory: Any) -> Iterator[Callable[[Side], OwnSide]]:
    opened: list[Database] = []

    def made(side: Side) -> OwnSide:
        name = f"demo_{side}_{next(_NUMBERS)}"
        if request.param == "sqlite":
            folder: Path = tmp_path_factory.mktemp(name)
            url: Any = f"sqlite:///{folder}/{name}.db"
        else:
            try:
                url = databases.server(request.param).create_database(name)
            except NoServer as reason:
                pytest.skip(str(reason))
        opened.append(open_database(url))
        return OwnSide(opened[-1], side)

    yield made
    for db in opened:
        db.engine.dispose()


@pytest.fixture(scope="module")
def erp(make: Callable[[Side], OwnSide]) -> OwnSide:
    return make("erp")


@pytest.fixture(scope="module")
def shop(make: Callable[[Side], OwnSide]) -> OwnSide:
    return make("platform")


def company(number: str, key: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"ID_Empresa": key, "ID_Plataforma": number, "Nombre_Empresa": f"Llantas Ñandú {number}", **fields}


def contact(number: str, key: str | None, company_key: str, **fields: Any) -> dict[str, Any]:
    return {"ID_Contacto": key, "ID_Plataforma": number, "Nombres": "Íñigo", "ID_Empresa": company_key, **fields}


def test_new_customers_get_keys_of_the_erps_own(erp: OwnSide) -> None:
    street = "Av. Juárez 5, Col. Centro, Col. Norte"
    first, second = company("11", Direccion=street, Email="a@b.example"), company("12", Direccion="Sin número")
    erp.run("apply", "companies", first, second)
    erp.run("apply", "companies", second, first)  # again: nobody is made twice
    given = {row["ID_Plataforma"]: row["ID_Empresa"] for row in erp.ask("confirm_companies")}
    assert given == {"11": "WEB100001", "12": "WEB100002"}
    erp.run("apply", "companies", company("13"), company("11", Direccion=street, Email="c@d.example"))
    rows = {row["ID_Empresa"]: row for row in erp.ask("capture_companies")}
    assert rows["WEB100003"]["ID_Plataforma"] == "13"
    assert (rows["WEB100001"]["Direccion"], rows["WEB100001"]["Email"]) == (street, "c@d.example")
    assert rows["WEB100002"]["Direccion"] == "Sin número"
    [parted] = erp.rows("SELECT CALLE_NUM, COLONIA FROM CLIENTE WHERE CVE_CTE = 'WEB100001'")
    assert tuple(parted.values()) == ("Av. Juárez 5", "Centro, Col. Norte")


def test_a_known_customer_changes_leaves_and_comes_back(erp: OwnSide) -> None:
    before = {row["ID_Empresa"]: row for row in erp.ask("capture_companies")}
    wanted = {**before[KNOWN], "ID_Plataforma": "21", "Telefono_Movil": "55 0000 0000"}
    erp.run("apply", "companies", wanted)
    assert {row["ID_Empresa"]: row for row in erp.ask("capture_companies")} == {**before, KNOWN: wanted}
    erp.run("apply", "companies", {**wanted, "ID_Empresa": None})  # known by the shop's number as well
    assert {row["ID_Empresa"]: row for row in erp.ask("capture_companies")} == {**before, KNOWN: wanted}
    erp.run("delete", "companies", wanted)
    assert KNOWN not in {row["ID_Empresa"] for row in erp.ask("capture_companies")}
    erp.run("apply", "companies", wanted)
    assert {row["ID_Empresa"]: row for row in erp.ask("capture_companies")} == {**before, KNOWN: wanted}
    erp.run("apply", "companies", {**wanted, "ID_Empresa": "GONE", "ID_Plataforma": "22"})
    assert "GONE" in {row["ID_Empresa"] for row in erp.ask("capture_companies")}
    erp.run("delete", "companies", company("22", "GONE"))


def test_surnames_stay_apart_until_they_change(erp: OwnSide) -> None:
    captured = next(row for row in erp.ask("capture_contacts") if row["ID_Contacto"] == CONTACT)
    own = f"SELECT AP_PATERNO, AP_MATERNO, PUESTO FROM CONTACTO WHERE CVE_CONT = '{CONTACT}'"
    [before] = erp.rows(own)
    erp.run("apply", "contacts", {**captured, "Cargo": "Dueño"})
    assert erp.rows(own) == [{**before, "PUESTO": "Dueño"}]
    erp.run("apply", "contacts", {**captured, "Apellidos": "De la Peña Ibáñez"})
    assert list(erp.rows(own)[0].values())[:2] == ["De la Peña Ibáñez", None]
    erp.run("apply", "contacts", contact("31", None, KNOWN, Apellidos="Núñez"))
    erp.run("apply", "contacts", contact("31", None, KNOWN, Apellidos="Núñez Ávila"))
    [new] = [row for row in erp.ask("capture_contacts") if row["ID_Plataforma"] == "31"]
    assert (new["ID_Contacto"], new["Apellidos"], new["ID_Empresa"]) == ("100001-WEB", "Núñez Ávila", KNOWN)
    assert {"ID_Contacto": "100001-WEB", "ID_Plataforma": "31"} in erp.ask("confirm_contacts")
    erp.run("delete", "contacts", contact("31", None, KNOWN))
    assert "31" not in {row["ID_Plataforma"] for row in erp.ask("capture_contacts")}


def test_an_order_is_written_once_decided_by_the_staff_and_counted(erp: OwnSide) -> None:
    def number(value: Any) -> Any:
        return str(value) if erp.db.dialect == "sqlite" else value

    before = erp.stock(ARTICLE)
    header = {"ID_Pedido_Cabecera": "9001", "Estado_Pedido": "VALIDANDO EXISTENCIAS", "ID_Empresa": KNOWN,
              "ID_Contacto": CONTACT, "Envio_Email": "a@b.example", "Total": number(116)}  # fmt: skip
    lines = [{"ID_Pedido_Detalles": str(n), "ID_Pedido_Cabecera": "9001", "ID_Producto": ARTICLE,
              "Cantidad": number(n), "Precio_Unitario": number(10), "Monto_Total_Producto": number(10 * n)}
             for n in (1, 2)]  # fmt: skip
    for _ in range(2):
        erp.run("apply", "order_headers", header)
        erp.run("apply", "order_lines", *lines)
    assert erp.ask("confirm_orders") == [{"ID_Pedido_Cabecera": "9001"}]
    assert erp.ask("capture_order_states") == []
    assert len(erp.rows("SELECT FOLIO FROM PEDIDO_PARTIDA")) == 2
    assert erp.stock(ARTICLE) == before - 3
    erp.run("apply", "order_states", {"ID_Pedido_Cabecera": "9001", "Estado": "CANCELADO"})
    assert erp.rows("SELECT PIDE_CANCELAR, ESTATUS FROM PEDIDO") == [{"PIDE_CANCELAR": 1, "ESTATUS": None}]
    erp.do("UPDATE PEDIDO SET ESTATUS = 'RECHAZADO', MOTIVO = 'Sin crédito' WHERE ID_PEDIDO_CABECERA = '9001'")
    state = {"ID_Pedido_Cabecera": "9001", "Estado": "RECHAZADO", "Motivo_Rechazo": "Sin crédito"}
    assert erp.ask("capture_order_states") == [state]
    assert erp.stock(ARTICLE) == before


def test_stock_is_the_sum_over_the_warehouses(erp: OwnSide) -> None:
    of_article = [int(row["CANTIDAD"] or 0) for row in SMALL.tables["EXISTENCIA"] if row["CVE_ART"] == ARTICLE]
    assert erp.stock(ARTICLE) == sum(of_article)
    without = {row["CVE_ART"] for row in SMALL.tables["ART"]} - {r["CVE_ART"] for r in SMALL.tables["EXISTENCIA"]}
    assert erp.stock(str(min(map(str, without)))) == 0
    assert erp.stock("unknown") is None


def test_the_shop_shows_its_orders_and_their_states(shop: OwnSide) -> None:
    shop.do("INSERT INTO tienda_producto (erp_id, sku, nombre) VALUES ('000001', 'LL-1', 'Llanta')")
    shop.do("INSERT INTO tienda_empresa (erp_id, nombre) VALUES (NULL, 'Nueva')")
    for owner in ("(SELECT MAX(id) FROM tienda_empresa)", "NULL"):  # a customer without a key of the ERP's, a guest
        shop.do(
            f"INSERT INTO tienda_pedido (empresa_id, envio_correo, total, lineas) VALUES ({owner}, 'a@b.mx', '5.5', 1)"
        )
    shop.do(
        "INSERT INTO tienda_pedido_linea (pedido_id, producto_id, cantidad, precio, importe)"
        " SELECT o.id, p.id, '1', '5.5', '5.5' FROM tienda_pedido o CROSS JOIN tienda_producto p"
    )
    customer, guest = sorted(shop.ask("capture_order_headers"), key=lambda row: int(row["ID_Pedido_Cabecera"]))
    assert customer["ID_Empresa"] is None and customer["ID_Empresa_Plataforma"] is not None
    assert guest["ID_Empresa"] is None and guest["ID_Empresa_Plataforma"] is None and guest["Lineas"] == 1
    extra = {"ID_Empresa_Plataforma", "ID_Contacto_Plataforma"}
    assert set(guest) - extra == {c.name for c in contract.QUEUES["Pedidos_Cabecera"].columns}
    lines = shop.ask("capture_order_lines")
    assert set(lines[0]) == {c.name for c in contract.QUEUES["Pedidos_Detalles"].columns}
    assert [row["ID_Producto"] for row in lines] == ["000001", "000001"]
    page = table_from_rows([tuple(row.values()) for row in lines], list(lines[0]))
    assert canonical_text(page.column("Precio_Unitario"), "decimal").to_pylist() == ["5.5000"] * 2
    number = str(guest["ID_Pedido_Cabecera"])
    state = {"ID_Pedido_Cabecera": number, "Estado": "RECHAZADO", "Motivo_Rechazo": "Sin crédito"}
    shop.run("apply", "order_states", state)
    shown = {str(row["id"]): (row["estado"], row["motivo"]) for row in shop.rows("SELECT * FROM tienda_pedido")}
    assert shown.pop(number) == ("RECHAZADO", "Sin crédito")
    assert list(shown.values()) == [("VALIDANDO EXISTENCIAS", None)]


def test_the_server_takes_every_file(erp: OwnSide, shop: OwnSide) -> None:
    for own in (erp, shop):
        for kind in ("apply", "delete", "bind"):
            for entity in contract.ENTITIES:
                if sql := own.profile.sql(kind, entity):
                    found = check_script(own.db, f"{own.profile.name}/{kind}_{entity}", sql)
                    assert [f for f in found if f.level != "ok"] == []


def test_the_templates_for_dbas_are_there() -> None:
    for name in ("mssql", "mysql"):
        template = (ROOT / "include" / "sql" / "templates" / f"stock_procedure.{name}.sql").read_text(encoding="utf-8")
        assert "CREATE PROCEDURE sp_Consultar_Existencia" in template and "GRANT EXECUTE" in template
