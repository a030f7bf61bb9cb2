DELETE FROM tienda_categoria_producto
WHERE id IN (
    SELECT r.id
    FROM puente_stage_product_categories s
    JOIN tienda_categoria c ON c.erp_id = s.ID_Categoria
    JOIN tienda_producto p ON p.erp_id = s.ID_Producto
    JOIN tienda_categoria_producto r ON r.categoria_id = c.id AND r.producto_id = p.id
    WHERE s.link_id = :link_id AND s.run_id = :run_id
);
