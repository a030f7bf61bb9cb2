SELECT c.erp_id AS ID_Contacto, c.id AS ID_Plataforma, c.names AS Nombres, COALESCE(c.company, e.erp_id) AS ID_Empresa,
       c.email AS Email
FROM shop_contact c
LEFT JOIN shop_company e ON e.id = c.company_id
WHERE c.active = 1
