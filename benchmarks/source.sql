-- The ERP's catalogue in one table: what both tools read. Text has accents, some cells are NULL, about 550 bytes a row.
-- One row in a thousand has a negative price and one in ten thousand another article's SKU: Puente must set them aside.
CREATE TABLE ARTICULO (
    CVE_ART      VARCHAR(20)   NOT NULL PRIMARY KEY,
    CLAVE        VARCHAR(64)   NOT NULL,
    DESCRIPCION  VARCHAR(255)  NOT NULL,
    MARCA        VARCHAR(100),
    MODELO       VARCHAR(100),
    UNIDAD       VARCHAR(50),
    RESUMEN      VARCHAR(500),
    TEXTO_WEB    TEXT,
    URL_IMAGEN   VARCHAR(500),
    FAMILIA      VARCHAR(255),
    PRECIO_1     DECIMAL(14,2),
    PRECIO_2     DECIMAL(14,2),
    PRECIO_3     DECIMAL(14,2),
    PRECIO_4     DECIMAL(14,2),
    PRECIO_5     DECIMAL(14,2),
    EXISTENCIA   INT,
    PESO_KG      DECIMAL(12,3),
    ANCHO_CM     DECIMAL(12,1),
    LARGO_CM     DECIMAL(12,1),
    ALTO_CM      DECIMAL(12,1),
    MODIFICADO   DATETIME(3)   NOT NULL,
    KEY IX_MODIFICADO (MODIFICADO)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_spanish_ci;

INSERT INTO ARTICULO
SELECT
    LPAD(n, 8, '0'),
    CONCAT('LLA-', LPAD(IF(n % 10000 = 7005, n - 1, n), 8, '0')),
    CONCAT('Llanta ', marca, ' Excursión ', n % 97, ' ', 155 + n % 17 * 10, '/', 40 + n % 9 * 5, 'R', 13 + n % 8),
    marca,
    CONCAT('Excursión ', n % 97),
    ELT(1 + n % 3, 'pieza', 'juego', 'par'),
    IF(n % 11 = 0, NULL, CONCAT('Medida ', 155 + n % 17 * 10, '/', 40 + n % 9 * 5, 'R', 13 + n % 8)),
    IF(n % 20 = 0, NULL, CONCAT('Llanta ', marca, ' para camión, camioneta y automóvil, número ', n,
        '. Diseño silencioso; tracción firme en lluvia y lodo. Incluye garantía contra daños de carretera. ',
        IF(n % 50 = 1, '🛞 ', ''), 'Uso: ', ELT(1 + n % 4, 'ciudad', 'montaña', 'carretera', 'campo'), '.')),
    CONCAT('https://cdn.llantera.example/img/LLA-', LPAD(n, 8, '0'), '.jpg'),
    ELT(1 + n % 6, 'Auto', 'Camioneta', 'Camión', 'Agrícola', 'Motocicleta', 'Montacargas'),
    IF(n % 1000 = 3, -1, 1) * (900 + n % 7919) + 0.90,
    (900 + n % 7919) * 0.91,
    (900 + n % 7919) * 0.84,
    (900 + n % 7919) * 0.78,
    IF(n % 12 = 0, NULL, (900 + n % 7919) * 0.73),
    n * 7 % 61,
    IF(n % 50 = 0, NULL, 6 + n % 400 / 10),
    15.5 + n % 17,
    50 + n % 30,
    50 + n % 30,
    '2026-01-01 08:00:00.000'
FROM (
    SELECT CAST(seq AS SIGNED) AS n, ELT(1 + CAST(seq AS SIGNED) % 7, 'Michelín', 'Tornel', 'Pirelli', 'Euzkadi', 'Nankang', 'Hankook', 'Cóndor') AS marca
    FROM seq_1_to_{rows}
) numbers;
