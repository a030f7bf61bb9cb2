UPDATE tienda_contacto
SET activo = 0
FROM puente_stage_contacts s
WHERE s.link_id = :link_id AND s.run_id = :run_id AND tienda_contacto.erp_id = s.ID_Contacto;
