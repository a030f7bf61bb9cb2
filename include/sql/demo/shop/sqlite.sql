-- The demo shop's own tables, SQLite. Own numbers everywhere; erp_id is the ERP's key, NULL for what was born in
-- the shop. TEXT compares exactly. Money and measures are TEXT: a NUMERIC column would store them as floats.

CREATE TABLE tienda_categoria (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    erp_id      TEXT UNIQUE,
    parent_id   INTEGER REFERENCES tienda_categoria (id),
    titulo      TEXT NOT NULL,
    descripcion TEXT,
    imagen      TEXT,
    activa      INTEGER NOT NULL DEFAULT 1
);

-- A withdrawn product keeps its SKU in retired_sku, so that another product may use it.
CREATE TABLE tienda_producto (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    erp_id              TEXT UNIQUE,
    sku                 TEXT UNIQUE,
    retired_sku         TEXT,
    nombre              TEXT NOT NULL,
    marca               TEXT,
    modelo              TEXT,
    unidad              TEXT,
    resumen             TEXT,
    descripcion         TEXT,
    imagen              TEXT,
    categoria_principal TEXT,
    precio_publico      TEXT,
    precio_taller       TEXT,
    precio_mayoreo      TEXT,
    precio_distribuidor TEXT,
    precio_flotilla     TEXT,
    disponible          TEXT,
    peso_kg             TEXT,
    ancho_cm            TEXT,
    largo_cm            TEXT,
    alto_cm             TEXT,
    activo              INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE tienda_categoria_producto (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    categoria_id INTEGER NOT NULL REFERENCES tienda_categoria (id),
    producto_id  INTEGER NOT NULL REFERENCES tienda_producto (id),
    UNIQUE (categoria_id, producto_id)
);
CREATE INDEX ix_tienda_categoria_producto ON tienda_categoria_producto (producto_id);

CREATE TABLE tienda_empresa (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    erp_id   TEXT UNIQUE,
    nombre   TEXT NOT NULL,
    rfc      TEXT,
    calle    TEXT,
    ciudad   TEXT,
    estado   TEXT,
    pais     TEXT,
    cp       TEXT,
    telefono TEXT,
    celular  TEXT,
    correo   TEXT,
    activa   INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE tienda_contacto (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    erp_id     TEXT UNIQUE,
    empresa_id INTEGER REFERENCES tienda_empresa (id),
    nombres    TEXT NOT NULL,
    apellidos  TEXT,
    puesto     TEXT,
    calle      TEXT,
    ciudad     TEXT,
    estado     TEXT,
    pais       TEXT,
    cp         TEXT,
    telefono   TEXT,
    celular    TEXT,
    correo     TEXT,
    activo     INTEGER NOT NULL DEFAULT 1
);

-- A guest's order has no company and no contact, only addresses. estado and motivo are shown to the buyer; lineas is
-- how many lines were ordered.
CREATE TABLE tienda_pedido (
    id                     INTEGER PRIMARY KEY AUTOINCREMENT,
    creado                 TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    empresa_id             INTEGER REFERENCES tienda_empresa (id),
    contacto_id            INTEGER REFERENCES tienda_contacto (id),
    estado                 TEXT NOT NULL DEFAULT 'VALIDANDO EXISTENCIAS',
    motivo                 TEXT,
    fact_calle             TEXT,
    fact_ciudad            TEXT,
    fact_estado            TEXT,
    fact_pais              TEXT,
    fact_cp                TEXT,
    fact_correo            TEXT,
    fact_telefono          TEXT,
    envio_calle            TEXT,
    envio_ciudad           TEXT,
    envio_estado           TEXT,
    envio_pais             TEXT,
    envio_cp               TEXT,
    envio_correo           TEXT,
    envio_telefono         TEXT,
    subtotal               TEXT,
    descuento              TEXT,
    subtotal_con_descuento TEXT,
    costo_envio            TEXT,
    subtotal_con_envio     TEXT,
    impuestos              TEXT,
    total                  TEXT,
    medio_pago             TEXT,
    id_pago                TEXT,
    lineas                 INTEGER
);

CREATE TABLE tienda_pedido_linea (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    pedido_id   INTEGER NOT NULL REFERENCES tienda_pedido (id),
    producto_id INTEGER NOT NULL REFERENCES tienda_producto (id),
    cantidad    TEXT NOT NULL,
    precio      TEXT NOT NULL,
    importe     TEXT NOT NULL
);
CREATE INDEX ix_tienda_pedido_linea ON tienda_pedido_linea (pedido_id);
