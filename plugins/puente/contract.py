"""The contract: ten queues beside the ERP, the entities they carry, and the order in which they are read.

Source: the agreement with the ERP vendor (intermediate tables, INSERT only). Table, column and state names
are Spanish because the vendor's own software reads and writes them. Everything else is derived from this
file: the DDL in `include/sql/schema/`, the inbox and stage tables, the canonical text that is hashed.

Units and zones: money in one base currency and measures as DECIMAL(18,4); weight in kg, dimensions in cm;
`Fecha_Creacion` is UTC with milliseconds, set by the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Side = Literal["erp", "platform"]
SIDES: tuple[Side, ...] = ("erp", "platform")
Kind = Literal["key", "text", "long_text", "decimal", "integer"]


@dataclass(frozen=True)
class Column:
    """One field of a queue. `size` is characters; `assumed` is what a reader takes for an absent or NULL value."""

    name: str
    kind: Kind = "text"
    size: int = 255
    required: bool = False
    assumed: str | None = None
    agreed: bool = True  # False: added by Puente where it makes the table; a vendor's table may lack it


@dataclass(frozen=True)
class Queue:
    """An intermediate table in the ERP's SQL database. Grain: one row per change of one record."""

    name: str
    writer: Side | Literal["both"]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Parent:
    """`column` of an entity names a record of `entity` that must exist before the row is applied."""

    column: str
    entity: str
    optional: bool = False  # NULL means "no parent", as for a top-level category


@dataclass(frozen=True)
class Entity:
    """What a queue carries. `key` identifies a record; `unique` is a second business key; masters are compacted."""

    name: str
    key: tuple[str, ...]
    queue: dict[Side, str]  # writer's side -> queue
    parents: tuple[Parent, ...] = ()
    unique: str | None = None
    master: bool = True  # False: every row counts (order lines and states are never compacted)
    link_only: bool = False  # a pure relation: deleted rather than deactivated
    watched: tuple[str, ...] = field(default=())  # a share of these turning 0 or NULL at once is refused

    @property
    def of_orders(self) -> bool:
        """Headers, lines and states: each row is a fact, written whole or not at all, and never deleted."""
        return self.name.startswith("order_")

    @property
    def two_way(self) -> bool:
        """Both sides change it: companies and contacts."""
        return self.master and len(self.queue) == 2


def _key(name: str, *, required: bool = False, agreed: bool = True) -> Column:
    return Column(name, "key", 64, required=required, agreed=agreed)


def _decimal(*names: str, required: bool = False) -> tuple[Column, ...]:
    return tuple(Column(n, "decimal", 0, required=required) for n in names)


_ADDRESS = (
    Column("Direccion", size=500), Column("Ciudad", size=100), Column("Estado", size=100),
    Column("Pais", size=100), Column("Codigo_Postal", size=20),
)  # fmt: skip
_REACH = (Column("Telefono_Fijo", size=50), Column("Telefono_Movil", size=50), Column("Email", size=254))


def _order_address(prefix: str) -> tuple[Column, ...]:
    fields = (*_ADDRESS, Column("Email", size=254), Column("Telefono", size=50))
    return tuple(Column(f"{prefix}_{c.name}", c.kind, c.size) for c in fields)


_COMPANY = (
    _key("ID_Empresa"), _key("ID_Plataforma", agreed=False), Column("Nombre_Empresa", required=True),
    Column("Identificacion_Fiscal", size=50), *_ADDRESS, *_REACH,
)  # fmt: skip
_CONTACT = (
    _key("ID_Contacto"), _key("ID_Plataforma", agreed=False), Column("Nombres", size=150, required=True),
    Column("Apellidos", size=150), _key("ID_Empresa"), Column("Cargo", size=100), *_ADDRESS, *_REACH,
)  # fmt: skip

PRICES = ("Precio_1", "Precio_2", "Precio_3", "Precio_4", "Precio_5")

# Every queue starts with these two; the reader's position is ID_Registro, never the clock.
ROW_ID, CREATED = "ID_Registro", "Fecha_Creacion"

# Added by Puente where it makes the table. Operacion: U upsert, D delete. Version_Base: the other side's
# last version that the writer had applied.
ENVELOPE = (
    Column("Operacion", size=1, assumed="U", agreed=False),
    Column("Origen", size=10, agreed=False),  # assumed: the writer's side, see ORIGIN
    Column("ID_Evento", size=255, agreed=False),
    Column("Version_Base", "integer", agreed=False),
)
ORIGIN: dict[Side, str] = {"erp": "ERP", "platform": "PLATAFORMA"}

QUEUES: dict[str, Queue] = {q.name: q for q in (
    Queue("Categorias_Productos", "erp", (
        _key("ID_Categoria", required=True), Column("Nombre", required=True), Column("Descripcion", "long_text"),
        Column("URL_Imagen", size=500), _key("ID_Categoria_Padre"))),
    Queue("Productos", "erp", (
        _key("ID_Producto", required=True), _key("SKU", required=True), Column("Nombre", required=True),
        Column("Marca", size=100), Column("Modelo", size=100), Column("Unidades", size=50),
        Column("Descripcion_Corta", size=500), Column("Descripcion_Larga", "long_text"),
        Column("URL_Imagen", size=500), Column("Categoria"),
        *_decimal(*PRICES, "Existencia", "Peso", "Ancho", "Largo", "Alto"))),
    Queue("Relacion_Categorias_Productos", "erp", (
        _key("ID_Categoria", required=True), _key("ID_Producto", required=True))),
    Queue("Clientes_Sube", "erp", _COMPANY),
    Queue("Clientes_Baja", "platform", _COMPANY),
    Queue("Contactos_Sube", "erp", _CONTACT),
    Queue("Contactos_Baja", "platform", _CONTACT),
    Queue("Pedidos_Cabecera", "platform", (
        _key("ID_Pedido_Cabecera", required=True), Column("Estado_Pedido", size=50, required=True),
        _key("ID_Empresa"), _key("ID_Contacto"), *_order_address("Facturacion"), *_order_address("Envio"),
        *_decimal("Subtotal_Sin_Descuento", "Descuento", "Subtotal_Con_Descuento", "Costo_Envio",
                  "Subtotal_Con_Envio", "Impuestos", "Total"),
        Column("Medio_Pago", size=100), Column("ID_Pago", size=100), Column("Lineas", "integer", agreed=False))),
    Queue("Pedidos_Detalles", "platform", (
        _key("ID_Pedido_Detalles", required=True), _key("ID_Pedido_Cabecera", required=True),
        _key("ID_Producto", required=True),
        *_decimal("Cantidad", "Precio_Unitario", "Monto_Total_Producto", required=True))),
    Queue("Pedidos_Estados", "both", (
        _key("ID_Pedido_Cabecera", required=True), Column("Estado", size=50, required=True),
        Column("Motivo_Rechazo", size=500))),
)}  # fmt: skip

ENTITIES: dict[str, Entity] = {e.name: e for e in (
    Entity("categories", ("ID_Categoria",), {"erp": "Categorias_Productos"},
           parents=(Parent("ID_Categoria_Padre", "categories", optional=True),)),
    Entity("products", ("ID_Producto",), {"erp": "Productos"}, unique="SKU", watched=(*PRICES, "Existencia")),
    Entity("product_categories", ("ID_Categoria", "ID_Producto"), {"erp": "Relacion_Categorias_Productos"},
           parents=(Parent("ID_Categoria", "categories"), Parent("ID_Producto", "products")), link_only=True),
    Entity("companies", ("ID_Empresa",), {"erp": "Clientes_Sube", "platform": "Clientes_Baja"}),
    Entity("contacts", ("ID_Contacto",), {"erp": "Contactos_Sube", "platform": "Contactos_Baja"},
           parents=(Parent("ID_Empresa", "companies"),)),
    Entity("order_headers", ("ID_Pedido_Cabecera",), {"platform": "Pedidos_Cabecera"}),
    # No parents: a header and its lines wait for each other, which `orders/intake.py` sees to.
    Entity("order_lines", ("ID_Pedido_Detalles",), {"platform": "Pedidos_Detalles"}, master=False),
    Entity("order_states", ("ID_Pedido_Cabecera",), {"erp": "Pedidos_Estados", "platform": "Pedidos_Estados"},
           parents=(Parent("ID_Pedido_Cabecera", "order_headers"),), master=False),
)}  # fmt: skip

# Records that both sides have and that can be compared; parents first.
COMPARED = tuple(name for name, entity in ENTITIES.items() if not entity.of_orders)

# Read and emptied in this order.
READ_SEQUENCE: dict[Side, tuple[str, ...]] = {
    "platform": ("categories", "products", "product_categories", "companies", "contacts", "order_states"),
    "erp": ("companies", "contacts", "order_headers", "order_lines", "order_states"),
}


def writer_of(reader: Side) -> Side:
    """The side that fills the queues which `reader` empties."""
    return "platform" if reader == "erp" else "erp"


def queue_for(entity: str, reader: Side) -> Queue:
    """The queue that carries `entity` to `reader`. KeyError when the contract has none."""
    return QUEUES[ENTITIES[entity].queue[writer_of(reader)]]
