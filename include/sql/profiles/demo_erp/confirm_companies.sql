-- Who came from the shop, with the key that the ERP gave.
SELECT
    c.CVE_CTE AS ID_Empresa,
    c.ID_WEB AS ID_Plataforma
FROM CLIENTE c
WHERE c.ID_WEB IS NOT NULL
