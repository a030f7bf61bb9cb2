-- The shop's active contacts; both keys are the ERP's, NULL where there is none yet.
SELECT
    c.erp_id    AS ID_Contacto,
    c.id        AS ID_Plataforma,
    c.nombres   AS Nombres,
    c.apellidos AS Apellidos,
    e.erp_id    AS ID_Empresa,
    c.puesto    AS Cargo,
    c.calle     AS Direccion,
    c.ciudad    AS Ciudad,
    c.estado    AS Estado,
    c.pais      AS Pais,
    c.cp        AS Codigo_Postal,
    c.telefono  AS Telefono_Fijo,
    c.celular   AS Telefono_Movil,
    c.correo    AS Email
FROM tienda_contacto c
LEFT JOIN tienda_empresa e ON e.id = c.empresa_id
WHERE c.activo = 1
