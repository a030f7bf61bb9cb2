-- The demo shop's own tables, SQL Server. Own numbers everywhere; erp_id is the ERP's key, NULL for what was born in
-- the shop. Keys have a binary collation: 'a1', 'A1' and 'Á1' are three products. Their unique indexes are filtered,
-- because a plain one would allow a single NULL.

CREATE TABLE tienda_categoria (
    id          BIGINT NOT NULL IDENTITY(1,1) PRIMARY KEY,
    erp_id      NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    parent_id   BIGINT NULL REFERENCES tienda_categoria (id),
    titulo      NVARCHAR(255) NOT NULL,
    descripcion NVARCHAR(MAX) NULL,
    imagen      NVARCHAR(500) NULL,
    activa      SMALLINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX ux_tienda_categoria_erp_id ON tienda_categoria (erp_id) WHERE erp_id IS NOT NULL;

-- A withdrawn product keeps its SKU in retired_sku, so that another product may use it.
CREATE TABLE tienda_producto (
    id                  BIGINT NOT NULL IDENTITY(1,1) PRIMARY KEY,
    erp_id              NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    sku                 NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    retired_sku         NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    nombre              NVARCHAR(255) NOT NULL,
    marca               NVARCHAR(100) NULL,
    modelo              NVARCHAR(100) NULL,
    unidad              NVARCHAR(50) NULL,
    resumen             NVARCHAR(500) NULL,
    descripcion         NVARCHAR(MAX) NULL,
    imagen              NVARCHAR(500) NULL,
    categoria_principal NVARCHAR(255) NULL,
    precio_publico      DECIMAL(18,4) NULL,
    precio_taller       DECIMAL(18,4) NULL,
    precio_mayoreo      DECIMAL(18,4) NULL,
    precio_distribuidor DECIMAL(18,4) NULL,
    precio_flotilla     DECIMAL(18,4) NULL,
    disponible          DECIMAL(18,4) NULL,
    peso_kg             DECIMAL(18,4) NULL,
    ancho_cm            DECIMAL(18,4) NULL,
    largo_cm            DECIMAL(18,4) NULL,
    alto_cm             DECIMAL(18,4) NULL,
    activo              SMALLINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX ux_tienda_producto_erp_id ON tienda_producto (erp_id) WHERE erp_id IS NOT NULL;
CREATE UNIQUE INDEX ux_tienda_producto_sku ON tienda_producto (sku) WHERE sku IS NOT NULL;

CREATE TABLE tienda_categoria_producto (
    id           BIGINT NOT NULL IDENTITY(1,1) PRIMARY KEY,
    categoria_id BIGINT NOT NULL REFERENCES tienda_categoria (id),
    producto_id  BIGINT NOT NULL REFERENCES tienda_producto (id),
    UNIQUE (categoria_id, producto_id)
);
CREATE INDEX ix_tienda_categoria_producto ON tienda_categoria_producto (producto_id);

CREATE TABLE tienda_empresa (
    id       BIGINT NOT NULL IDENTITY(1,1) PRIMARY KEY,
    erp_id   NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    nombre   NVARCHAR(255) NOT NULL,
    rfc      NVARCHAR(50) NULL,
    calle    NVARCHAR(500) NULL,
    ciudad   NVARCHAR(100) NULL,
    estado   NVARCHAR(100) NULL,
    pais     NVARCHAR(100) NULL,
    cp       NVARCHAR(20) NULL,
    telefono NVARCHAR(50) NULL,
    celular  NVARCHAR(50) NULL,
    correo   NVARCHAR(254) NULL,
    activa   SMALLINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX ux_tienda_empresa_erp_id ON tienda_empresa (erp_id) WHERE erp_id IS NOT NULL;

CREATE TABLE tienda_contacto (
    id         BIGINT NOT NULL IDENTITY(1,1) PRIMARY KEY,
    erp_id     NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    empresa_id BIGINT NULL REFERENCES tienda_empresa (id),
    nombres    NVARCHAR(150) NOT NULL,
    apellidos  NVARCHAR(150) NULL,
    puesto     NVARCHAR(100) NULL,
    calle      NVARCHAR(500) NULL,
    ciudad     NVARCHAR(100) NULL,
    estado     NVARCHAR(100) NULL,
    pais       NVARCHAR(100) NULL,
    cp         NVARCHAR(20) NULL,
    telefono   NVARCHAR(50) NULL,
    celular    NVARCHAR(50) NULL,
    correo     NVARCHAR(254) NULL,
    activo     SMALLINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX ux_tienda_contacto_erp_id ON tienda_contacto (erp_id) WHERE erp_id IS NOT NULL;

-- A guest's order has no company and no contact, only addresses. estado and motivo are shown to the buyer; lineas is
-- how many lines were ordered.
CREATE TABLE tienda_pedido (
    id                     BIGINT NOT NULL IDENTITY(1,1) PRIMARY KEY,
    creado                 DATETIME2(3) NOT NULL DEFAULT (SYSUTCDATETIME()),
    empresa_id             BIGINT NULL REFERENCES tienda_empresa (id),
    contacto_id            BIGINT NULL REFERENCES tienda_contacto (id),
    estado                 NVARCHAR(50) NOT NULL DEFAULT 'VALIDANDO EXISTENCIAS',
    motivo                 NVARCHAR(500) NULL,
    fact_calle             NVARCHAR(500) NULL,
    fact_ciudad            NVARCHAR(100) NULL,
    fact_estado            NVARCHAR(100) NULL,
    fact_pais              NVARCHAR(100) NULL,
    fact_cp                NVARCHAR(20) NULL,
    fact_correo            NVARCHAR(254) NULL,
    fact_telefono          NVARCHAR(50) NULL,
    envio_calle            NVARCHAR(500) NULL,
    envio_ciudad           NVARCHAR(100) NULL,
    envio_estado           NVARCHAR(100) NULL,
    envio_pais             NVARCHAR(100) NULL,
    envio_cp               NVARCHAR(20) NULL,
    envio_correo           NVARCHAR(254) NULL,
    envio_telefono         NVARCHAR(50) NULL,
    subtotal               DECIMAL(18,4) NULL,
    descuento              DECIMAL(18,4) NULL,
    subtotal_con_descuento DECIMAL(18,4) NULL,
    costo_envio            DECIMAL(18,4) NULL,
    subtotal_con_envio     DECIMAL(18,4) NULL,
    impuestos              DECIMAL(18,4) NULL,
    total                  DECIMAL(18,4) NULL,
    medio_pago             NVARCHAR(100) NULL,
    id_pago                NVARCHAR(100) NULL,
    lineas                 INT NULL
);

CREATE TABLE tienda_pedido_linea (
    id          BIGINT NOT NULL IDENTITY(1,1) PRIMARY KEY,
    pedido_id   BIGINT NOT NULL REFERENCES tienda_pedido (id),
    producto_id BIGINT NOT NULL REFERENCES tienda_producto (id),
    cantidad    DECIMAL(18,4) NOT NULL,
    precio      DECIMAL(18,4) NOT NULL,
    importe     DECIMAL(18,4) NOT NULL
);
CREATE INDEX ix_tienda_pedido_linea ON tienda_pedido_linea (pedido_id);
