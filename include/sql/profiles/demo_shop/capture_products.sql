-- The shop's active products in the contract's columns. ID_Producto is NULL for a product that is not bound yet.
SELECT
    p.erp_id              AS ID_Producto,
    p.sku                 AS SKU,
    p.nombre              AS Nombre,
    p.marca               AS Marca,
    p.modelo              AS Modelo,
    p.unidad              AS Unidades,
    p.resumen             AS Descripcion_Corta,
    p.descripcion         AS Descripcion_Larga,
    p.imagen              AS URL_Imagen,
    p.categoria_principal AS Categoria,
    p.precio_publico      AS Precio_1,
    p.precio_taller       AS Precio_2,
    p.precio_mayoreo      AS Precio_3,
    p.precio_distribuidor AS Precio_4,
    p.precio_flotilla     AS Precio_5,
    p.disponible          AS Existencia,
    p.peso_kg             AS Peso,
    p.ancho_cm            AS Ancho,
    p.largo_cm            AS Largo,
    p.alto_cm             AS Alto
FROM tienda_producto p
WHERE p.activo = 1
