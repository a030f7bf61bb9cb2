-- One row per order. The ERP's keys are NULL for a guest, and for a customer whom the ERP has given none yet; the
-- shop's own numbers tell the two apart. A shop with orders from before Puente leaves them out with a WHERE
-- (p.creado from the day on which Puente took over).
SELECT
    p.id                     AS ID_Pedido_Cabecera,
    p.estado                 AS Estado_Pedido,
    e.erp_id                 AS ID_Empresa,
    p.empresa_id             AS ID_Empresa_Plataforma,
    c.erp_id                 AS ID_Contacto,
    p.contacto_id            AS ID_Contacto_Plataforma,
    p.fact_calle             AS Facturacion_Direccion,
    p.fact_ciudad            AS Facturacion_Ciudad,
    p.fact_estado            AS Facturacion_Estado,
    p.fact_pais              AS Facturacion_Pais,
    p.fact_cp                AS Facturacion_Codigo_Postal,
    p.fact_correo            AS Facturacion_Email,
    p.fact_telefono          AS Facturacion_Telefono,
    p.envio_calle            AS Envio_Direccion,
    p.envio_ciudad           AS Envio_Ciudad,
    p.envio_estado           AS Envio_Estado,
    p.envio_pais             AS Envio_Pais,
    p.envio_cp               AS Envio_Codigo_Postal,
    p.envio_correo           AS Envio_Email,
    p.envio_telefono         AS Envio_Telefono,
    p.subtotal               AS Subtotal_Sin_Descuento,
    p.descuento              AS Descuento,
    p.subtotal_con_descuento AS Subtotal_Con_Descuento,
    p.costo_envio            AS Costo_Envio,
    p.subtotal_con_envio     AS Subtotal_Con_Envio,
    p.impuestos              AS Impuestos,
    p.total                  AS Total,
    p.medio_pago             AS Medio_Pago,
    p.id_pago                AS ID_Pago,
    p.lineas                 AS Lineas
FROM tienda_pedido p
LEFT JOIN tienda_empresa e ON e.id = p.empresa_id
LEFT JOIN tienda_contacto c ON c.id = p.contacto_id
