-- A person who asked to be erased (`python -m puente person erase`). The row stays for what refers to it, without a
-- name; it is switched off, so the ERP is told of a deletion.
UPDATE tienda_contacto
SET nombres = '(borrado)', apellidos = NULL, puesto = NULL, calle = NULL, ciudad = NULL, estado = NULL, pais = NULL,
    cp = NULL, telefono = NULL, celular = NULL, correo = NULL, activo = 0
WHERE EXISTS (
    SELECT 1 FROM puente_stage_contacts s
    WHERE s.link_id = :link_id AND s.run_id = :run_id
      AND (s.ID_Contacto = tienda_contacto.erp_id OR s.ID_Contacto IS NULL AND s.ID_Plataforma = tienda_contacto.id)
);
