UPDATE shop_company
SET erp_id = (SELECT s.ID_Empresa FROM puente_stage_companies s WHERE s.link_id = :link_id AND s.run_id = :run_id
              AND s.ID_Plataforma = CAST(shop_company.id AS CHAR(20)))
WHERE erp_id IS NULL
  AND EXISTS (SELECT 1 FROM puente_stage_companies s WHERE s.link_id = :link_id AND s.run_id = :run_id
              AND s.ID_Plataforma = CAST(shop_company.id AS CHAR(20)));
