-- Who came from the shop, with the key that the ERP gave.
SELECT
    c.CVE_CONT AS ID_Contacto,
    c.ID_WEB AS ID_Plataforma
FROM CONTACTO c
WHERE c.ID_WEB IS NOT NULL
