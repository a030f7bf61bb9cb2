UPDATE tienda_contacto c
JOIN puente_stage_contacts s ON s.ID_Contacto = c.erp_id
SET c.activo = 0
WHERE s.link_id = :link_id AND s.run_id = :run_id;
