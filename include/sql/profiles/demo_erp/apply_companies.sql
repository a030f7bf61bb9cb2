-- Customers from the shop. A row that brings no key of the ERP's is known by the shop's number (ID_WEB); who is new
-- gets the next number of the series, as if the staff had typed it in.
UPDATE CONSECUTIVO
SET ULTIMO = ULTIMO + (
    SELECT COUNT(*)
    FROM puente_stage_companies s
    WHERE s.link_id = :link_id AND s.run_id = :run_id AND s.ID_Empresa IS NULL
      AND NOT EXISTS (SELECT 1 FROM CLIENTE c WHERE c.ID_WEB = s.ID_Plataforma)
)
WHERE SERIE = 'CLIENTE';

INSERT INTO CLIENTE (CVE_CTE, ID_WEB)
SELECT
    REPLACE('WEB{N}', '{N}', RTRIM(CAST(f.ULTIMO + 1 - ROW_NUMBER() OVER (ORDER BY s.row_no DESC) AS CHAR(12)))),
    s.ID_Plataforma
FROM puente_stage_companies s
JOIN CONSECUTIVO f ON f.SERIE = 'CLIENTE'
WHERE s.link_id = :link_id AND s.run_id = :run_id AND s.ID_Empresa IS NULL
  AND NOT EXISTS (SELECT 1 FROM CLIENTE c WHERE c.ID_WEB = s.ID_Plataforma);

-- A key that the ERP no longer has is made again: the change must not vanish.
INSERT INTO CLIENTE (CVE_CTE)
SELECT s.ID_Empresa
FROM puente_stage_companies s
WHERE s.link_id = :link_id AND s.run_id = :run_id AND s.ID_Empresa IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM CLIENTE c WHERE c.CVE_CTE = s.ID_Empresa);

-- Street and colony are one field in the contract, parted where the capture joins them.
UPDATE CLIENTE
SET RAZON_SOCIAL = s.Nombre_Empresa, RFC = s.Identificacion_Fiscal, MUNICIPIO = s.Ciudad, ENTIDAD = s.Estado,
    PAIS = s.Pais, CP = s.Codigo_Postal, TEL_OFICINA = s.Telefono_Fijo, CELULAR = s.Telefono_Movil, CORREO = s.Email,
    CALLE_NUM = CASE
        WHEN INSTR(s.Direccion, ', Col. ') > 0
        THEN SUBSTR(s.Direccion, 1, INSTR(s.Direccion, ', Col. ') - 1)
        ELSE s.Direccion
    END,
    COLONIA = CASE
        WHEN INSTR(s.Direccion, ', Col. ') > 0
        THEN SUBSTR(s.Direccion, INSTR(s.Direccion, ', Col. ') + 7)
    END,
    ID_WEB = COALESCE(s.ID_Plataforma, CLIENTE.ID_WEB), ACTIVO = 1
FROM puente_stage_companies s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND (
      CLIENTE.CVE_CTE = s.ID_Empresa
      OR s.ID_Empresa IS NULL AND CLIENTE.ID_WEB = s.ID_Plataforma
  );
