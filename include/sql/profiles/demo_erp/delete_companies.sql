-- The ERP keeps its customers for old invoices: one who leaves is switched off.
UPDATE CLIENTE
SET ACTIVO = 0
WHERE EXISTS (
    SELECT 1 FROM puente_stage_companies s
    WHERE s.link_id = :link_id AND s.run_id = :run_id
      AND (
          s.ID_Empresa = CLIENTE.CVE_CTE
          OR s.ID_Empresa IS NULL AND s.ID_Plataforma = CLIENTE.ID_WEB
      )
);
