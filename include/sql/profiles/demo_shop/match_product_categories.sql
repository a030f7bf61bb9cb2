-- For `init --baseline`: relations with the shop's own number of the product, so that they can be matched although
-- the product has no key of the ERP's yet. Categories have their key or are not matched at all.
SELECT
    c.erp_id      AS ID_Categoria,
    p.erp_id      AS ID_Producto,
    r.producto_id AS ID_Producto_Plataforma
FROM tienda_categoria_producto r
JOIN tienda_categoria c ON c.id = r.categoria_id
JOIN tienda_producto p ON p.id = r.producto_id
