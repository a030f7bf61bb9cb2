"""The own tables of a small ERP and a small shop, the same on every engine (profiles `mini_erp`, `mini_shop`)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, MetaData, SmallInteger, Table

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
cliente = Table(
    "cliente", erp,
    Column("cve", exact(64), primary_key=True), Column("nombre", prose(255)), Column("rfc", prose(50)),
    Column("telefono", prose(50)), Column("correo", prose(254)),
    **_MYSQL,
)  # fmt: skip
persona = Table(
    "persona", erp,
    Column("cve", exact(64), primary_key=True), Column("nombres", prose(150)), Column("cliente", exact(64)),
    Column("correo", prose(254)),
    **_MYSQL,
)  # fmt: skip

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
_sku = shop_product.c.sku
Index("ux_shop_product_sku", _sku, unique=True, mssql_where=_sku.is_not(None))
shop_product_category = Table(
    "shop_product_category", shop,
    Column("category", exact(64), primary_key=True), Column("product", exact(64), primary_key=True),
    **_MYSQL,
)  # fmt: skip
shop_company = Table(
    "shop_company", shop,
    Column("erp_id", exact(64), primary_key=True), Column("name", prose(255), nullable=False),
    Column("tax_id", prose(50)), Column("phone", prose(50)), Column("email", prose(254)),
    Column("active", SmallInteger, nullable=False),
    **_MYSQL,
)  # fmt: skip
shop_contact = Table(
    "shop_contact", shop,
    Column("erp_id", exact(64), primary_key=True), Column("names", prose(150), nullable=False),
    Column("company", exact(64)), Column("email", prose(254)), Column("active", SmallInteger, nullable=False),
    **_MYSQL,
)  # fmt: skip

SHOP_TABLES = {
    "categories": shop_category,
    "products": shop_product,
    "product_categories": shop_product_category,
    "companies": shop_company,
    "contacts": shop_contact,
}
