-- A category is hidden, not removed: its number may stand in bookmarks and campaigns.
UPDATE tienda_categoria c
JOIN puente_stage_categories s ON s.ID_Categoria = c.erp_id
SET c.activa = 0
WHERE s.link_id = :link_id AND s.run_id = :run_id;
