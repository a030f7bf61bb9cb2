-- The demo ERP's own tables, SQLite. Prices are TEXT: a NUMERIC column would store them as floats.
-- As in many an old ERP there are no foreign keys. Weight in grams, measures in mm, stock in whole pieces.

CREATE TABLE MARCA (
    ID_MARCA INTEGER NOT NULL PRIMARY KEY,
    NOMBRE   TEXT    NOT NULL
);

CREATE TABLE FAMILIA (
    CVE_FAM       TEXT NOT NULL PRIMARY KEY,
    NOMBRE        TEXT NOT NULL,
    DESCRIPCION   TEXT,
    CVE_FAM_PADRE TEXT
);

CREATE TABLE ALMACEN (
    CVE_ALM TEXT NOT NULL PRIMARY KEY,
    NOMBRE  TEXT NOT NULL,
    CIUDAD  TEXT
);

CREATE TABLE ART (
    CVE_ART     TEXT NOT NULL PRIMARY KEY,
    CLAVE       TEXT NOT NULL,
    DESCRIPCION TEXT,
    ID_MARCA    INTEGER,
    MODELO      TEXT,
    UNIDAD      TEXT,
    RESUMEN     TEXT,
    TEXTO_WEB   TEXT,
    FAM_PRAL    TEXT,
    PESO_G      INTEGER,
    ANCHO_MM    INTEGER,
    LARGO_MM    INTEGER,
    ALTO_MM     INTEGER
);

CREATE TABLE ART_FAMILIA (
    CVE_ART TEXT NOT NULL,
    CVE_FAM TEXT NOT NULL,
    PRIMARY KEY (CVE_ART, CVE_FAM)
);

-- One row per article and price list (1 public, 2 workshop, 3 wholesale, 4 distributor, 5 fleet).
CREATE TABLE LISTA_PRECIO (
    CVE_ART TEXT    NOT NULL,
    LISTA   INTEGER NOT NULL,
    PRECIO  TEXT    NOT NULL,
    PRIMARY KEY (CVE_ART, LISTA)
);

CREATE TABLE EXISTENCIA (
    CVE_ART  TEXT    NOT NULL,
    CVE_ALM  TEXT    NOT NULL,
    CANTIDAD INTEGER NOT NULL,
    PRIMARY KEY (CVE_ART, CVE_ALM)
);

CREATE TABLE CLIENTE (
    CVE_CTE      TEXT NOT NULL PRIMARY KEY,
    ID_WEB       TEXT,
    RAZON_SOCIAL TEXT,
    RFC          TEXT,
    CALLE_NUM    TEXT,
    COLONIA      TEXT,
    MUNICIPIO    TEXT,
    ENTIDAD      TEXT,
    PAIS         TEXT,
    CP           TEXT,
    TEL_OFICINA  TEXT,
    CELULAR      TEXT,
    CORREO       TEXT,
    ACTIVO       INTEGER        NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX UX_CLIENTE_ID_WEB ON CLIENTE (ID_WEB);

CREATE TABLE CONTACTO (
    CVE_CONT   TEXT NOT NULL PRIMARY KEY,
    ID_WEB     TEXT,
    CVE_CTE    TEXT,
    NOMBRES    TEXT,
    AP_PATERNO TEXT,
    AP_MATERNO TEXT,
    PUESTO     TEXT,
    CALLE_NUM  TEXT,
    COLONIA    TEXT,
    MUNICIPIO  TEXT,
    ENTIDAD    TEXT,
    PAIS       TEXT,
    CP         TEXT,
    TELEFONO   TEXT,
    CELULAR    TEXT,
    CORREO     TEXT,
    ACTIVO     INTEGER        NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX UX_CONTACTO_ID_WEB ON CONTACTO (ID_WEB);

-- The last number given to a customer who came from the shop: such keys are WEB100001 and 100001-WEB.
CREATE TABLE CONSECUTIVO (
    SERIE  TEXT NOT NULL PRIMARY KEY,
    ULTIMO INT NOT NULL
);
INSERT INTO CONSECUTIVO (SERIE, ULTIMO) VALUES ('CLIENTE', 100000);
INSERT INTO CONSECUTIVO (SERIE, ULTIMO) VALUES ('CONTACTO', 100000);

-- The ERP numbers its orders itself and keeps the shop's order number beside its own. ESTATUS and MOTIVO are what the
-- staff decide, NULL until they do; PIDE_CANCELAR is 1 where the shop asks for the order to be cancelled.
CREATE TABLE PEDIDO (
    FOLIO              INTEGER PRIMARY KEY AUTOINCREMENT,
    ID_PEDIDO_CABECERA TEXT NOT NULL UNIQUE,
    CVE_CTE            TEXT,
    CVE_CONT           TEXT,
    FAC_CALLE          TEXT,
    FAC_CIUDAD         TEXT,
    FAC_ESTADO         TEXT,
    FAC_PAIS           TEXT,
    FAC_CP             TEXT,
    FAC_CORREO         TEXT,
    FAC_TEL            TEXT,
    ENT_CALLE          TEXT,
    ENT_CIUDAD         TEXT,
    ENT_ESTADO         TEXT,
    ENT_PAIS           TEXT,
    ENT_CP             TEXT,
    ENT_CORREO         TEXT,
    ENT_TEL            TEXT,
    SUBTOTAL           TEXT,
    DESCUENTO          TEXT,
    ENVIO              TEXT,
    IMPUESTO           TEXT,
    TOTAL              TEXT,
    MEDIO_PAGO         TEXT,
    ID_PAGO            TEXT,
    ESTATUS            TEXT,
    MOTIVO             TEXT,
    PIDE_CANCELAR      INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE PEDIDO_PARTIDA (
    FOLIO              INTEGER NOT NULL,
    ID_PEDIDO_DETALLES TEXT NOT NULL,
    CVE_ART            TEXT NOT NULL,
    CANTIDAD           TEXT NOT NULL,
    PRECIO             TEXT NOT NULL,
    IMPORTE            TEXT NOT NULL,
    PRIMARY KEY (FOLIO, ID_PEDIDO_DETALLES)
);
