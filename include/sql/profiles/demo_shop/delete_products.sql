-- A product is withdrawn, not removed: old orders name it. Its SKU moves aside, so that another product may use it.
UPDATE tienda_producto
SET retired_sku = tienda_producto.sku, sku = NULL, activo = 0
FROM puente_stage_products s
WHERE s.link_id = :link_id AND s.run_id = :run_id AND tienda_producto.erp_id = s.ID_Producto
  AND tienda_producto.activo = 1;
