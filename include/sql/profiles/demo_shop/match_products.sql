-- For `init --baseline`: the shop's products as in capture_products.sql, with the shop's own number, by which their
-- categories find them before the ERP's key is written into the row.
SELECT
    p.erp_id AS ID_Producto,
    p.id     AS ID_Plataforma,
    p.sku    AS SKU,
    p.nombre AS Nombre,
    p.precio_publico      AS Precio_1,
    p.precio_taller       AS Precio_2,
    p.precio_mayoreo      AS Precio_3,
    p.precio_distribuidor AS Precio_4,
    p.precio_flotilla     AS Precio_5,
    p.disponible          AS Existencia
FROM tienda_producto p
WHERE p.activo = 1
