UPDATE shop_contact
SET erp_id = (SELECT s.ID_Contacto FROM puente_stage_contacts s WHERE s.link_id = :link_id AND s.run_id = :run_id
              AND s.ID_Plataforma = CAST(shop_contact.id AS CHAR(20)))
WHERE erp_id IS NULL
  AND EXISTS (SELECT 1 FROM puente_stage_contacts s WHERE s.link_id = :link_id AND s.run_id = :run_id
              AND s.ID_Plataforma = CAST(shop_contact.id AS CHAR(20)));
