DELETE r
FROM tienda_categoria_producto r
JOIN tienda_categoria c ON c.id = r.categoria_id
JOIN tienda_producto p ON p.id = r.producto_id
JOIN puente_stage_product_categories s ON s.ID_Categoria = c.erp_id AND s.ID_Producto = p.erp_id
WHERE s.link_id = :link_id AND s.run_id = :run_id;
