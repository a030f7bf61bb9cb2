-- One row per article and family, also where one of the two does not exist: Puente holds such a row and says so.
SELECT
    r.CVE_FAM AS ID_Categoria,
    r.CVE_ART AS ID_Producto
FROM ART_FAMILIA r
