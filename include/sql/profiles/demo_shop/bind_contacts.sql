-- For `init --baseline`: writes the ERP's key into the shop's rows that were matched by company and e-mail.
UPDATE tienda_contacto
SET erp_id = s.ID_Contacto
FROM puente_stage_contacts s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND tienda_contacto.id = s.ID_Plataforma AND tienda_contacto.erp_id IS NULL;
