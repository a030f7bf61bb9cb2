-- For `init --baseline`: writes the ERP's key into the shop's rows that were matched by tax id.
UPDATE tienda_empresa t
JOIN puente_stage_companies s ON t.id = CAST(s.ID_Plataforma AS UNSIGNED)
SET t.erp_id = s.ID_Empresa
WHERE s.link_id = :link_id AND s.run_id = :run_id AND t.erp_id IS NULL;
