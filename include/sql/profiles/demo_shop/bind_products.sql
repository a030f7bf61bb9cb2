-- For `init --baseline`: writes the ERP's key into the shop's rows that were matched by SKU.
UPDATE tienda_producto
SET erp_id = s.ID_Producto
FROM puente_stage_products s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND tienda_producto.sku = s.SKU AND tienda_producto.erp_id IS NULL;
