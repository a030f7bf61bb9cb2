-- For `init --baseline`: contacts with the shop's own number of their company, so that they can be matched although
-- the company has no key of the ERP's yet.
SELECT
    c.erp_id     AS ID_Contacto,
    c.id         AS ID_Plataforma,
    c.nombres    AS Nombres,
    e.erp_id     AS ID_Empresa,
    c.empresa_id AS ID_Empresa_Plataforma,
    c.correo     AS Email
FROM tienda_contacto c
LEFT JOIN tienda_empresa e ON e.id = c.empresa_id
WHERE c.activo = 1
