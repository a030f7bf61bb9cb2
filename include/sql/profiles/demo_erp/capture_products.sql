-- One row per article. Grams become kg and mm become cm by a product of exact decimals, never by a division of
-- floats. Price lists stand in rows and are turned into columns; stock is the sum over all warehouses, 0 where an
-- article is in none.
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
    CAST(a.PESO_G * 0.001 AS DECIMAL(18,4)) AS Peso,
    CAST(a.ANCHO_MM * 0.1 AS DECIMAL(18,4)) AS Ancho,
    CAST(a.LARGO_MM * 0.1 AS DECIMAL(18,4)) AS Largo,
    CAST(a.ALTO_MM * 0.1 AS DECIMAL(18,4))  AS Alto
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
