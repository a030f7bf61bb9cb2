UPDATE shop_company
SET name = '(borrado)', tax_id = NULL, phone = NULL, email = NULL, active = 0
WHERE EXISTS (
    SELECT 1 FROM puente_stage_companies s
    WHERE s.link_id = :link_id AND s.run_id = :run_id
      AND (s.ID_Empresa = shop_company.erp_id OR s.ID_Empresa IS NULL AND s.ID_Plataforma = shop_company.id)
);
