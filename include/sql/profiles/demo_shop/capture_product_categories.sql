-- Which product the shop shows in which category, by the ERP's keys.
SELECT
    c.erp_id AS ID_Categoria,
    p.erp_id AS ID_Producto
FROM tienda_categoria_producto r
JOIN tienda_categoria c ON c.id = r.categoria_id
JOIN tienda_producto p ON p.id = r.producto_id
