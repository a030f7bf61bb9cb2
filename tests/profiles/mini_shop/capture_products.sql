SELECT erp_id AS ID_Producto, sku AS SKU, name AS Nombre, brand AS Marca, model AS Modelo, units AS Unidades,
       summary AS Descripcion_Corta, description AS Descripcion_Larga, image AS URL_Imagen, category AS Categoria,
       price_1 AS Precio_1, price_2 AS Precio_2, price_3 AS Precio_3, price_4 AS Precio_4, price_5 AS Precio_5,
       stock AS Existencia, weight AS Peso, width AS Ancho, length AS Largo, height AS Alto
FROM shop_product WHERE active = 1
