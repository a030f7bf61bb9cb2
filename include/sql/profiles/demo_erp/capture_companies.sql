-- One row per active customer. ID_WEB is the shop's number, once it has told the ERP. REPLACE joins texts the same way
-- on every engine.
SELECT
    c.CVE_CTE      AS ID_Empresa,
    c.ID_WEB       AS ID_Plataforma,
    c.RAZON_SOCIAL AS Nombre_Empresa,
    c.RFC          AS Identificacion_Fiscal,
    CASE WHEN c.COLONIA IS NULL THEN c.CALLE_NUM
         ELSE REPLACE(REPLACE('{CALLE}, Col. {COLONIA}', '{COLONIA}', c.COLONIA), '{CALLE}', c.CALLE_NUM)
    END            AS Direccion,
    c.MUNICIPIO    AS Ciudad,
    c.ENTIDAD      AS Estado,
    c.PAIS         AS Pais,
    c.CP           AS Codigo_Postal,
    c.TEL_OFICINA  AS Telefono_Fijo,
    c.CELULAR      AS Telefono_Movil,
    c.CORREO       AS Email
FROM CLIENTE c
WHERE c.ACTIVO = 1
