-- One row per active contact. Two surnames in the ERP, the second often empty, are one field in the contract.
SELECT
    c.CVE_CONT   AS ID_Contacto,
    c.ID_WEB     AS ID_Plataforma,
    c.NOMBRES    AS Nombres,
    CASE WHEN c.AP_MATERNO IS NULL THEN c.AP_PATERNO
         ELSE REPLACE(REPLACE('{PATERNO} {MATERNO}', '{MATERNO}', c.AP_MATERNO), '{PATERNO}', c.AP_PATERNO)
    END          AS Apellidos,
    c.CVE_CTE    AS ID_Empresa,
    c.PUESTO     AS Cargo,
    CASE WHEN c.COLONIA IS NULL THEN c.CALLE_NUM
         ELSE REPLACE(REPLACE('{CALLE}, Col. {COLONIA}', '{COLONIA}', c.COLONIA), '{CALLE}', c.CALLE_NUM)
    END          AS Direccion,
    c.MUNICIPIO  AS Ciudad,
    c.ENTIDAD    AS Estado,
    c.PAIS       AS Pais,
    c.CP         AS Codigo_Postal,
    c.TELEFONO   AS Telefono_Fijo,
    c.CELULAR    AS Telefono_Movil,
    c.CORREO     AS Email
FROM CONTACTO c
WHERE c.ACTIVO = 1
