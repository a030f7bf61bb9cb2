-- A person who asked to be erased (`python -m puente person erase`). The row stays for what refers to it, without a
-- name; it is switched off, so the shop is told of a deletion. A company with orders that the law keeps is left alone.
UPDATE CONTACTO
SET NOMBRES = '(borrado)', AP_PATERNO = NULL, AP_MATERNO = NULL, PUESTO = NULL, CALLE_NUM = NULL, COLONIA = NULL,
    MUNICIPIO = NULL, ENTIDAD = NULL, PAIS = NULL, CP = NULL, TELEFONO = NULL, CELULAR = NULL, CORREO = NULL, ACTIVO = 0
WHERE EXISTS (
    SELECT 1 FROM puente_stage_contacts s
    WHERE s.link_id = :link_id AND s.run_id = :run_id
      AND (
          s.ID_Contacto = CONTACTO.CVE_CONT COLLATE Latin1_General_100_BIN2
          OR s.ID_Contacto IS NULL AND s.ID_Plataforma = CONTACTO.ID_WEB
      )
);
