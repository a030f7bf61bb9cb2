-- For `init --baseline`: writes the ERP's key into the shop's rows that were matched by tax id.
UPDATE tienda_empresa
SET erp_id = s.ID_Empresa
FROM puente_stage_companies s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND tienda_empresa.id = s.ID_Plataforma AND tienda_empresa.erp_id IS NULL;
