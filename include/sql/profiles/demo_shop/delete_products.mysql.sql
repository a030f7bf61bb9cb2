-- A product is withdrawn, not removed: old orders name it. Its SKU moves aside, so that another product may use it.
-- Two statements, because MySQL does not promise the order of assignments in an UPDATE with a JOIN.
UPDATE tienda_producto p
JOIN puente_stage_products s ON s.ID_Producto = p.erp_id
SET p.retired_sku = p.sku
WHERE s.link_id = :link_id AND s.run_id = :run_id AND p.activo = 1;

UPDATE tienda_producto p
JOIN puente_stage_products s ON s.ID_Producto = p.erp_id
SET p.sku = NULL, p.activo = 0
WHERE s.link_id = :link_id AND s.run_id = :run_id AND p.activo = 1;
