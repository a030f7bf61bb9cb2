-- A category is hidden, not removed: its number may stand in bookmarks and campaigns.
UPDATE tienda_categoria
SET activa = 0
FROM puente_stage_categories s
WHERE s.link_id = :link_id AND s.run_id = :run_id AND tienda_categoria.erp_id = s.ID_Categoria;
