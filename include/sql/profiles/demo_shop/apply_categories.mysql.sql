-- Categories, and then their parents: a parent may come in the same batch as its children, at any level.
-- The same as apply_categories.sql, with a JOIN where the other engines have UPDATE ... FROM.
UPDATE tienda_categoria c
JOIN puente_stage_categories s ON s.ID_Categoria = c.erp_id
SET c.titulo = s.Nombre, c.descripcion = s.Descripcion, c.imagen = s.URL_Imagen, c.activa = 1
WHERE s.link_id = :link_id AND s.run_id = :run_id;

INSERT INTO tienda_categoria (erp_id, titulo, descripcion, imagen, activa)
SELECT s.ID_Categoria, s.Nombre, s.Descripcion, s.URL_Imagen, 1
FROM puente_stage_categories s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND NOT EXISTS (SELECT 1 FROM tienda_categoria c WHERE c.erp_id = s.ID_Categoria);

UPDATE tienda_categoria c
JOIN puente_stage_categories s ON s.ID_Categoria = c.erp_id
LEFT JOIN tienda_categoria p ON p.erp_id = s.ID_Categoria_Padre
SET c.parent_id = p.id
WHERE s.link_id = :link_id AND s.run_id = :run_id;
