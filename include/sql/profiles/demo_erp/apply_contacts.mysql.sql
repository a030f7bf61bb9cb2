-- Contacts from the shop. A row that brings no key of the ERP's is known by the shop's number (ID_WEB); who is new
-- gets the next number of the series, as if the staff had typed it in.
-- The same as apply_contacts.sql, with a JOIN where SQLite has UPDATE ... FROM.
UPDATE CONSECUTIVO
SET ULTIMO = ULTIMO + (
    SELECT COUNT(*)
    FROM puente_stage_contacts s
    WHERE s.link_id = :link_id AND s.run_id = :run_id AND s.ID_Contacto IS NULL
      AND NOT EXISTS (SELECT 1 FROM CONTACTO c WHERE c.ID_WEB = s.ID_Plataforma)
)
WHERE SERIE = 'CONTACTO';

INSERT INTO CONTACTO (CVE_CONT, ID_WEB)
SELECT
    REPLACE('{N}-WEB', '{N}', RTRIM(CAST(f.ULTIMO + 1 - ROW_NUMBER() OVER (ORDER BY s.row_no DESC) AS CHAR(12)))),
    s.ID_Plataforma
FROM puente_stage_contacts s
JOIN CONSECUTIVO f ON f.SERIE = 'CONTACTO'
WHERE s.link_id = :link_id AND s.run_id = :run_id AND s.ID_Contacto IS NULL
  AND NOT EXISTS (SELECT 1 FROM CONTACTO c WHERE c.ID_WEB = s.ID_Plataforma);

-- A key that the ERP no longer has is made again: the change must not vanish.
INSERT INTO CONTACTO (CVE_CONT)
SELECT s.ID_Contacto
FROM puente_stage_contacts s
WHERE s.link_id = :link_id AND s.run_id = :run_id AND s.ID_Contacto IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM CONTACTO c WHERE c.CVE_CONT = s.ID_Contacto);

-- Two surnames are one field in the contract. Where it changed they cannot be told apart again.
UPDATE CONTACTO c
JOIN puente_stage_contacts s ON (
    c.CVE_CONT = s.ID_Contacto
    OR s.ID_Contacto IS NULL AND c.ID_WEB = s.ID_Plataforma
)
SET c.AP_PATERNO = s.Apellidos, c.AP_MATERNO = NULL
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND COALESCE(s.Apellidos, '') <> COALESCE(
      REPLACE(REPLACE('{PATERNO} {MATERNO}', '{MATERNO}', c.AP_MATERNO), '{PATERNO}', c.AP_PATERNO),
      c.AP_PATERNO, ''
  );

-- Street and colony are one field in the contract, parted where the capture joins them.
UPDATE CONTACTO c
JOIN puente_stage_contacts s ON (
    c.CVE_CONT = s.ID_Contacto
    OR s.ID_Contacto IS NULL AND c.ID_WEB = s.ID_Plataforma
)
SET c.CVE_CTE = s.ID_Empresa, c.NOMBRES = s.Nombres, c.PUESTO = s.Cargo, c.MUNICIPIO = s.Ciudad, c.ENTIDAD = s.Estado,
    c.PAIS = s.Pais, c.CP = s.Codigo_Postal, c.TELEFONO = s.Telefono_Fijo, c.CELULAR = s.Telefono_Movil,
    c.CORREO = s.Email,
    c.CALLE_NUM = CASE
        WHEN INSTR(s.Direccion, ', Col. ') > 0
        THEN SUBSTR(s.Direccion, 1, INSTR(s.Direccion, ', Col. ') - 1)
        ELSE s.Direccion
    END,
    c.COLONIA = CASE
        WHEN INSTR(s.Direccion, ', Col. ') > 0
        THEN SUBSTR(s.Direccion, INSTR(s.Direccion, ', Col. ') + 7)
    END,
    c.ID_WEB = COALESCE(s.ID_Plataforma, c.ID_WEB), c.ACTIVO = 1
WHERE s.link_id = :link_id AND s.run_id = :run_id;
