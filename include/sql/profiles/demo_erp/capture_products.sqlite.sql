-- One row per article; the same as capture_products.sql, for SQLite. It has no exact decimals, so grams become kg and
-- mm become cm by whole-number arithmetic, as text. Prices are text in the ERP and pass as they are (MAX over the one
-- price of a list). `substr('-', 1, x < 0)` is the sign, and NULL where x is NULL.
SELECT
    a.CVE_ART     AS ID_Producto,
    a.CLAVE       AS SKU,
    a.DESCRIPCION AS Nombre,
    m.NOMBRE      AS Marca,
    a.MODELO      AS Modelo,
    a.UNIDAD      AS Unidades,
    a.RESUMEN     AS Descripcion_Corta,
    a.TEXTO_WEB   AS Descripcion_Larga,
    REPLACE('https://cdn.llantera.example/img/{SKU}.jpg', '{SKU}', a.CLAVE) AS URL_Imagen,
    f.NOMBRE      AS Categoria,
    p.LISTA_1     AS Precio_1,
    p.LISTA_2     AS Precio_2,
    p.LISTA_3     AS Precio_3,
    p.LISTA_4     AS Precio_4,
    p.LISTA_5     AS Precio_5,
    COALESCE(e.PIEZAS, 0) AS Existencia,
    substr('-', 1, a.PESO_G < 0) || printf('%d.%03d', abs(a.PESO_G) / 1000, abs(a.PESO_G) % 1000) AS Peso,
    substr('-', 1, a.ANCHO_MM < 0) || printf('%d.%d', abs(a.ANCHO_MM) / 10, abs(a.ANCHO_MM) % 10) AS Ancho,
    substr('-', 1, a.LARGO_MM < 0) || printf('%d.%d', abs(a.LARGO_MM) / 10, abs(a.LARGO_MM) % 10) AS Largo,
    substr('-', 1, a.ALTO_MM < 0) || printf('%d.%d', abs(a.ALTO_MM) / 10, abs(a.ALTO_MM) % 10) AS Alto
FROM ART a
LEFT JOIN MARCA m ON m.ID_MARCA = a.ID_MARCA
LEFT JOIN FAMILIA f ON f.CVE_FAM = a.FAM_PRAL
LEFT JOIN (
    SELECT
        CVE_ART,
        MAX(CASE WHEN LISTA = 1 THEN PRECIO END) AS LISTA_1,
        MAX(CASE WHEN LISTA = 2 THEN PRECIO END) AS LISTA_2,
        MAX(CASE WHEN LISTA = 3 THEN PRECIO END) AS LISTA_3,
        MAX(CASE WHEN LISTA = 4 THEN PRECIO END) AS LISTA_4,
        MAX(CASE WHEN LISTA = 5 THEN PRECIO END) AS LISTA_5
    FROM LISTA_PRECIO
    GROUP BY CVE_ART
) p ON p.CVE_ART = a.CVE_ART
LEFT JOIN (
    SELECT CVE_ART, SUM(CANTIDAD) AS PIEZAS
    FROM EXISTENCIA
    GROUP BY CVE_ART
) e ON e.CVE_ART = a.CVE_ART
