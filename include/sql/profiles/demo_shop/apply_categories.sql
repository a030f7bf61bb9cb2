-- Categories, and then their parents: a parent may come in the same batch as its children, at any level.
UPDATE tienda_categoria
SET titulo = s.Nombre, descripcion = s.Descripcion, imagen = s.URL_Imagen, activa = 1
FROM puente_stage_categories s
WHERE s.link_id = :link_id AND s.run_id = :run_id AND tienda_categoria.erp_id = s.ID_Categoria;

INSERT INTO tienda_categoria (erp_id, titulo, descripcion, imagen, activa)
SELECT s.ID_Categoria, s.Nombre, s.Descripcion, s.URL_Imagen, 1
FROM puente_stage_categories s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND NOT EXISTS (SELECT 1 FROM tienda_categoria c WHERE c.erp_id = s.ID_Categoria);

UPDATE tienda_categoria
SET parent_id = (SELECT p.id FROM tienda_categoria p WHERE p.erp_id = s.ID_Categoria_Padre)
FROM puente_stage_categories s
WHERE s.link_id = :link_id AND s.run_id = :run_id AND tienda_categoria.erp_id = s.ID_Categoria;
