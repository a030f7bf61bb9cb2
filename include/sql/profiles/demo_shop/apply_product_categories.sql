-- A relation has nothing but its two keys: it is there or it is not.
INSERT INTO tienda_categoria_producto (categoria_id, producto_id)
SELECT c.id, p.id
FROM puente_stage_product_categories s
JOIN tienda_categoria c ON c.erp_id = s.ID_Categoria
JOIN tienda_producto p ON p.erp_id = s.ID_Producto
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND NOT EXISTS (
      SELECT 1 FROM tienda_categoria_producto r WHERE r.categoria_id = c.id AND r.producto_id = p.id
  );
