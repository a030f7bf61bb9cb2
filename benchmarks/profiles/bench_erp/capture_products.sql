-- The benchmark's catalogue is one flat table, so that the figures are Puente's and not those of a long SELECT.
SELECT
    CVE_ART AS ID_Producto, CLAVE AS SKU, DESCRIPCION AS Nombre, MARCA AS Marca, MODELO AS Modelo, UNIDAD AS Unidades,
    RESUMEN AS Descripcion_Corta, TEXTO_WEB AS Descripcion_Larga, URL_IMAGEN AS URL_Imagen, FAMILIA AS Categoria,
    PRECIO_1 AS Precio_1, PRECIO_2 AS Precio_2, PRECIO_3 AS Precio_3, PRECIO_4 AS Precio_4, PRECIO_5 AS Precio_5,
    EXISTENCIA AS Existencia, PESO_KG AS Peso, ANCHO_CM AS Ancho, LARGO_CM AS Largo, ALTO_CM AS Alto
FROM ARTICULO
