-- For `init --baseline`: writes the ERP's key into the shop's rows that were matched by SKU.
UPDATE tienda_producto t
JOIN puente_stage_products s ON t.sku = s.SKU
SET t.erp_id = s.ID_Producto
WHERE s.link_id = :link_id AND s.run_id = :run_id AND t.erp_id IS NULL;
