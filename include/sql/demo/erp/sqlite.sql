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
    CORREO       TEXT
);

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
    CORREO     TEXT
);

-- The ERP numbers its orders itself and keeps the shop's order number beside its own.
CREATE TABLE PEDIDO (
    FOLIO              INTEGER PRIMARY KEY AUTOINCREMENT,
    ID_PEDIDO_CABECERA TEXT NOT NULL UNIQUE,
    CVE_CTE            TEXT,
    CVE_CONT           TEXT,
    ESTATUS            TEXT,
    IMPORTE            TEXT,
    IMPUESTO           TEXT,
    TOTAL              TEXT
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
