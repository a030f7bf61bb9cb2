SELECT a.cve AS ID_Producto, a.sku AS SKU, a.nombre AS Nombre, a.descripcion AS Descripcion_Larga,
       a.precio AS Precio_1, COALESCE(s.piezas, 0) AS Existencia
FROM articulo a
LEFT JOIN almacen s ON s.cve = a.cve
