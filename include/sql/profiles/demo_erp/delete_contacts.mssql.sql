-- The ERP keeps its contacts for old invoices: one who leaves is switched off.
UPDATE CONTACTO
SET ACTIVO = 0
WHERE EXISTS (
    SELECT 1 FROM puente_stage_contacts s
    WHERE s.link_id = :link_id AND s.run_id = :run_id
      AND (
          s.ID_Contacto = CONTACTO.CVE_CONT COLLATE Latin1_General_100_BIN2
          OR s.ID_Contacto IS NULL AND s.ID_Plataforma = CONTACTO.ID_WEB
      )
);
