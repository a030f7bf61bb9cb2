UPDATE persona
SET nombres = '(borrado)', correo = NULL, activo = 0
WHERE EXISTS (
    SELECT 1 FROM puente_stage_contacts s
    WHERE s.link_id = :link_id AND s.run_id = :run_id
      AND (s.ID_Contacto = persona.cve OR s.ID_Contacto IS NULL AND s.ID_Plataforma = persona.referencia)
);
