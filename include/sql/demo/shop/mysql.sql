-- The demo shop's own tables, MySQL and MariaDB. Own numbers everywhere; erp_id is the ERP's key, NULL for what was
-- born in the shop. Keys have a binary collation: 'a1', 'A1' and 'Á1' are three products.

CREATE TABLE tienda_categoria (
    id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    erp_id      VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL UNIQUE,
    parent_id   BIGINT NULL,
    titulo      VARCHAR(255) NOT NULL,
    descripcion MEDIUMTEXT NULL,
    imagen      VARCHAR(500) NULL,
    activa      SMALLINT NOT NULL DEFAULT 1,
    FOREIGN KEY (parent_id) REFERENCES tienda_categoria (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- A withdrawn product keeps its SKU in retired_sku, so that another product may use it.
CREATE TABLE tienda_producto (
    id                  BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    erp_id              VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL UNIQUE,
    sku                 VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL UNIQUE,
    retired_sku         VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    nombre              VARCHAR(255) NOT NULL,
    marca               VARCHAR(100) NULL,
    modelo              VARCHAR(100) NULL,
    unidad              VARCHAR(50) NULL,
    resumen             VARCHAR(500) NULL,
    descripcion         MEDIUMTEXT NULL,
    imagen              VARCHAR(500) NULL,
    categoria_principal VARCHAR(255) NULL,
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
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE tienda_categoria_producto (
    id           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    categoria_id BIGINT NOT NULL,
    producto_id  BIGINT NOT NULL,
    UNIQUE (categoria_id, producto_id),
    FOREIGN KEY (categoria_id) REFERENCES tienda_categoria (id),
    FOREIGN KEY (producto_id) REFERENCES tienda_producto (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
CREATE INDEX ix_tienda_categoria_producto ON tienda_categoria_producto (producto_id);

CREATE TABLE tienda_empresa (
    id       BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    erp_id   VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL UNIQUE,
    nombre   VARCHAR(255) NOT NULL,
    rfc      VARCHAR(50) NULL,
    calle    VARCHAR(500) NULL,
    ciudad   VARCHAR(100) NULL,
    estado   VARCHAR(100) NULL,
    pais     VARCHAR(100) NULL,
    cp       VARCHAR(20) NULL,
    telefono VARCHAR(50) NULL,
    celular  VARCHAR(50) NULL,
    correo   VARCHAR(254) NULL,
    activa   SMALLINT NOT NULL DEFAULT 1
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE tienda_contacto (
    id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    erp_id     VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL UNIQUE,
    empresa_id BIGINT NULL,
    nombres    VARCHAR(150) NOT NULL,
    apellidos  VARCHAR(150) NULL,
    puesto     VARCHAR(100) NULL,
    calle      VARCHAR(500) NULL,
    ciudad     VARCHAR(100) NULL,
    estado     VARCHAR(100) NULL,
    pais       VARCHAR(100) NULL,
    cp         VARCHAR(20) NULL,
    telefono   VARCHAR(50) NULL,
    celular    VARCHAR(50) NULL,
    correo     VARCHAR(254) NULL,
    activo     SMALLINT NOT NULL DEFAULT 1,
    FOREIGN KEY (empresa_id) REFERENCES tienda_empresa (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- A guest's order has no company and no contact, only addresses. estado and motivo are shown to the buyer; lineas is
-- how many lines were ordered.
CREATE TABLE tienda_pedido (
    id                     BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    creado                 DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    empresa_id             BIGINT NULL,
    contacto_id            BIGINT NULL,
    estado                 VARCHAR(50) NOT NULL DEFAULT 'VALIDANDO EXISTENCIAS',
    motivo                 VARCHAR(500) NULL,
    fact_calle             VARCHAR(500) NULL,
    fact_ciudad            VARCHAR(100) NULL,
    fact_estado            VARCHAR(100) NULL,
    fact_pais              VARCHAR(100) NULL,
    fact_cp                VARCHAR(20) NULL,
    fact_correo            VARCHAR(254) NULL,
    fact_telefono          VARCHAR(50) NULL,
    envio_calle            VARCHAR(500) NULL,
    envio_ciudad           VARCHAR(100) NULL,
    envio_estado           VARCHAR(100) NULL,
    envio_pais             VARCHAR(100) NULL,
    envio_cp               VARCHAR(20) NULL,
    envio_correo           VARCHAR(254) NULL,
    envio_telefono         VARCHAR(50) NULL,
    subtotal               DECIMAL(18,4) NULL,
    descuento              DECIMAL(18,4) NULL,
    subtotal_con_descuento DECIMAL(18,4) NULL,
    costo_envio            DECIMAL(18,4) NULL,
    subtotal_con_envio     DECIMAL(18,4) NULL,
    impuestos              DECIMAL(18,4) NULL,
    total                  DECIMAL(18,4) NULL,
    medio_pago             VARCHAR(100) NULL,
    id_pago                VARCHAR(100) NULL,
    lineas                 INT NULL,
    FOREIGN KEY (empresa_id) REFERENCES tienda_empresa (id),
    FOREIGN KEY (contacto_id) REFERENCES tienda_contacto (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE tienda_pedido_linea (
    id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    pedido_id   BIGINT NOT NULL,
    producto_id BIGINT NOT NULL,
    cantidad    DECIMAL(18,4) NOT NULL,
    precio      DECIMAL(18,4) NOT NULL,
    importe     DECIMAL(18,4) NOT NULL,
    FOREIGN KEY (pedido_id) REFERENCES tienda_pedido (id),
    FOREIGN KEY (producto_id) REFERENCES tienda_producto (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
CREATE INDEX ix_tienda_pedido_linea ON tienda_pedido_linea (pedido_id);
