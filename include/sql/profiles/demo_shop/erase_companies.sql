-- A person who asked to be erased (`python -m puente person erase`). The row stays for what refers to it, without a
-- name; it is switched off, so the ERP is told of a deletion.
UPDATE tienda_empresa
SET nombre = '(borrado)', rfc = NULL, calle = NULL, ciudad = NULL, estado = NULL, pais = NULL,
    cp = NULL, telefono = NULL, celular = NULL, correo = NULL, activa = 0
WHERE EXISTS (
    SELECT 1 FROM puente_stage_companies s
    WHERE s.link_id = :link_id AND s.run_id = :run_id
      AND (s.ID_Empresa = tienda_empresa.erp_id OR s.ID_Empresa IS NULL AND s.ID_Plataforma = tienda_empresa.id)
);
