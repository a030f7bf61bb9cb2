-- The shop's active companies. ID_Empresa is NULL for one that registered in the shop and has no ERP key yet.
SELECT
    e.erp_id   AS ID_Empresa,
    e.id       AS ID_Plataforma,
    e.nombre   AS Nombre_Empresa,
    e.rfc      AS Identificacion_Fiscal,
    e.calle    AS Direccion,
    e.ciudad   AS Ciudad,
    e.estado   AS Estado,
    e.pais     AS Pais,
    e.cp       AS Codigo_Postal,
    e.telefono AS Telefono_Fijo,
    e.celular  AS Telefono_Movil,
    e.correo   AS Email
FROM tienda_empresa e
WHERE e.activa = 1
