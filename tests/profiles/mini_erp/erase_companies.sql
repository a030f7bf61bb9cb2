UPDATE cliente
SET nombre = '(borrado)', rfc = NULL, telefono = NULL, correo = NULL, activo = 0
WHERE EXISTS (
    SELECT 1 FROM puente_stage_companies s
    WHERE s.link_id = :link_id AND s.run_id = :run_id
      AND (s.ID_Empresa = cliente.cve OR s.ID_Empresa IS NULL AND s.ID_Plataforma = cliente.referencia)
);
