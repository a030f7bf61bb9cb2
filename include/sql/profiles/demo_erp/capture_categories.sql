-- One row per family. The ERP keeps no pictures of families; the NULL has a type, which some drivers insist on.
SELECT
    f.CVE_FAM       AS ID_Categoria,
    f.NOMBRE        AS Nombre,
    f.DESCRIPCION   AS Descripcion,
    CAST(NULL AS CHAR(1)) AS URL_Imagen,
    f.CVE_FAM_PADRE AS ID_Categoria_Padre
FROM FAMILIA f
