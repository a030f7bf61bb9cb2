"""The own tables of a small ERP and a small shop, the same on every engine (profiles `mini_erp`, `mini_shop`)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    text,
)

from puente.db.schema import decimal, exact, prose

REFUSED_NAME = "PROHIBIDO"  # a product name that the shop's own CHECK constraint refuses

_MYSQL = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"}
erp = MetaData()
shop = MetaData()

familia = Table(
    "familia", erp,
    Column("cve", exact(64), primary_key=True), Column("nombre", prose(255)), Column("descripcion", prose()),
    Column("padre", exact(64)),
    **_MYSQL,
)  # fmt: skip
articulo = Table(
    "articulo", erp,
    Column("cve", exact(64), primary_key=True), Column("sku", exact(64)), Column("nombre", prose(255)),
    Column("descripcion", prose()), Column("precio", decimal()),
    **_MYSQL,
)  # fmt: skip
almacen = Table(  # stock lies in a table of its own: emptied, every article's stock turns 0 (H11)
    "almacen", erp, Column("cve", exact(64), primary_key=True), Column("piezas", decimal()), **_MYSQL
)
articulo_familia = Table(
    "articulo_familia", erp,
    Column("familia", exact(64), primary_key=True), Column("articulo", exact(64), primary_key=True),
    **_MYSQL,
)  # fmt: skip
# A customer that came from the shop has the shop's number in `referencia`; `cve` is the ERP's own all the same.
cliente = Table(
    "cliente", erp,
    Column("cve", exact(64), primary_key=True), Column("nombre", prose(255)), Column("rfc", prose(50)),
    Column("telefono", prose(50)), Column("correo", prose(254)), Column("referencia", exact(64)),
    Column("activo", SmallInteger, nullable=False, server_default=text("1")),
    **_MYSQL,
)  # fmt: skip
persona = Table(
    "persona", erp,
    Column("cve", exact(64), primary_key=True), Column("nombres", prose(150)), Column("cliente", exact(64)),
    Column("correo", prose(254)), Column("referencia", exact(64)),
    Column("activo", SmallInteger, nullable=False, server_default=text("1")),
    **_MYSQL,
)  # fmt: skip
# An order as it was written by Puente; `estado` and `motivo` are what the staff decide, NULL until they do.
pedido = Table(
    "pedido", erp,
    Column("cve", exact(64), primary_key=True), Column("cliente", exact(64)), Column("persona", exact(64)),
    Column("total", decimal()), Column("estado", prose(50)), Column("motivo", prose(500)),
    Column("importado", SmallInteger, nullable=False, server_default=text("1")),  # 0: the ERP's import is to come
    Column("cancelacion_pedida", SmallInteger, nullable=False, server_default=text("0")),
    **_MYSQL,
)  # fmt: skip
pedido_linea = Table(
    "pedido_linea", erp,
    Column("id", exact(64), primary_key=True), Column("pedido", exact(64), nullable=False),
    Column("articulo", exact(64), nullable=False),
    *(Column(n, decimal(), nullable=False) for n in ("cantidad", "precio", "importe")),
    **_MYSQL,
)  # fmt: skip


def _unique(column: Column[Any]) -> None:
    """One row per value, any number of rows without one."""
    Index(f"ux_{column.table.name}_{column.name}", column, unique=True, mssql_where=column.is_not(None))


_unique(cliente.c.referencia)
_unique(persona.c.referencia)

shop_category = Table(
    "shop_category", shop,
    Column("erp_id", exact(64), primary_key=True), Column("title", prose(255), nullable=False),
    Column("description", prose()), Column("image", prose(500)), Column("parent", exact(64)),
    Column("active", SmallInteger, nullable=False),
    **_MYSQL,
)  # fmt: skip
shop_product = Table(
    "shop_product", shop,
    Column("erp_id", exact(64), primary_key=True), Column("sku", exact(64)), Column("name", prose(255), nullable=False),
    *(Column(n, prose(s)) for n, s in (("brand", 100), ("model", 100), ("units", 50), ("summary", 500))),
    Column("description", prose()), Column("image", prose(500)), Column("category", prose(255)),
    *(Column(n, decimal()) for n in ("price_1", "price_2", "price_3", "price_4", "price_5", "stock")),
    *(Column(n, decimal()) for n in ("weight", "width", "length", "height")),
    Column("active", SmallInteger, nullable=False),
    CheckConstraint(f"name <> '{REFUSED_NAME}'", name="ck_shop_product_name"),
    **_MYSQL,
)  # fmt: skip
_unique(shop_product.c.sku)
shop_product_category = Table(
    "shop_product_category", shop,
    Column("category", exact(64), primary_key=True), Column("product", exact(64), primary_key=True),
    **_MYSQL,
)  # fmt: skip


def _number() -> Column[int]:
    """The shop's own number of a row, never given out twice."""
    return Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True)


# `erp_id` is NULL for a customer who was born in the shop, until the ERP has given one.
shop_company = Table(
    "shop_company", shop,
    _number(), Column("erp_id", exact(64)), Column("name", prose(255), nullable=False),
    Column("tax_id", prose(50)), Column("phone", prose(50)), Column("email", prose(254)),
    Column("active", SmallInteger, nullable=False, server_default=text("1")),
    sqlite_autoincrement=True, **_MYSQL,
)  # fmt: skip
shop_contact = Table(  # `company` is the ERP's id; whoever was born in the shop may have only `company_id`, the shop's
    "shop_contact", shop,
    _number(), Column("erp_id", exact(64)), Column("names", prose(150), nullable=False),
    Column("company", exact(64)), Column("company_id", BigInteger), Column("email", prose(254)),
    Column("active", SmallInteger, nullable=False, server_default=text("1")),
    sqlite_autoincrement=True, **_MYSQL,
)  # fmt: skip
_unique(shop_company.c.erp_id)
_unique(shop_contact.c.erp_id)
# Orders have the number that the test gives them. A guest's has no company; `line_count` is what the shop says.
shop_order = Table(
    "shop_order", shop,
    Column("id", exact(64), primary_key=True), Column("company_id", BigInteger), Column("contact_id", BigInteger),
    Column("bill_email", prose(254)), Column("ship_email", prose(254)),
    *(Column(n, decimal()) for n in ("subtotal", "discount", "discounted", "shipping", "shipped", "taxes", "total")),
    Column("payment", prose(100)), Column("status", prose(50)), Column("reason", prose(500)),
    Column("line_count", Integer),
    **_MYSQL,
)  # fmt: skip
shop_order_line = Table(
    "shop_order_line", shop,
    Column("id", exact(64), primary_key=True), Column("order_id", exact(64), nullable=False),
    Column("product", exact(64), nullable=False),  # shop_product.erp_id
    *(Column(n, decimal()) for n in ("quantity", "price", "amount")),
    **_MYSQL,
)  # fmt: skip

SHOP_TABLES = {
    "categories": shop_category,
    "products": shop_product,
    "product_categories": shop_product_category,
    "companies": shop_company,
    "contacts": shop_contact,
    "order_headers": shop_order,
    "order_lines": shop_order_line,
}


def shop_key(entity: str, row: dict[str, Any]) -> str:
    """The record key of a shop's row: the ERP's id, or `~` and the shop's number where there is none."""
    if "erp_id" in row:
        return str(row["erp_id"]) if row["erp_id"] is not None else f"~{row['id']}"
    return "|".join(str(row[c.name]) for c in SHOP_TABLES[entity].primary_key)
