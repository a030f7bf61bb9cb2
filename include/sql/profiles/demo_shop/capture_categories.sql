-- The shop's visible categories in the contract's columns; keys are the ERP's.
SELECT
    c.erp_id      AS ID_Categoria,
    c.titulo      AS Nombre,
    c.descripcion AS Descripcion,
    c.imagen      AS URL_Imagen,
    p.erp_id      AS ID_Categoria_Padre
FROM tienda_categoria c
LEFT JOIN tienda_categoria p ON p.id = c.parent_id
WHERE c.activa = 1
