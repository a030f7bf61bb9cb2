-- A person who asked to be erased (`python -m puente person erase`). The row stays for what refers to it, without a
-- name; it is switched off, so the shop is told of a deletion. A company with orders that the law keeps is left alone.
UPDATE CLIENTE
SET RAZON_SOCIAL = '(borrado)', RFC = NULL, CALLE_NUM = NULL, COLONIA = NULL, MUNICIPIO = NULL, ENTIDAD = NULL,
    PAIS = NULL, CP = NULL, TEL_OFICINA = NULL, CELULAR = NULL, CORREO = NULL, ACTIVO = 0
WHERE EXISTS (
    SELECT 1 FROM puente_stage_companies s
    WHERE s.link_id = :link_id AND s.run_id = :run_id
      AND (
          s.ID_Empresa = CLIENTE.CVE_CTE COLLATE Latin1_General_100_BIN2
          OR s.ID_Empresa IS NULL AND s.ID_Plataforma = CLIENTE.ID_WEB
      )
);
