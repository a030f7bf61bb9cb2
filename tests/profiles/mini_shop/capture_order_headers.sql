SELECT o.id AS ID_Pedido_Cabecera, COALESCE(o.status, 'VALIDANDO EXISTENCIAS') AS Estado_Pedido,
       e.erp_id AS ID_Empresa, o.company_id AS ID_Empresa_Plataforma, c.erp_id AS ID_Contacto,
       o.contact_id AS ID_Contacto_Plataforma, o.bill_email AS Facturacion_Email, o.ship_email AS Envio_Email,
       o.subtotal AS Subtotal_Sin_Descuento, o.discount AS Descuento, o.discounted AS Subtotal_Con_Descuento,
       o.shipping AS Costo_Envio, o.shipped AS Subtotal_Con_Envio, o.taxes AS Impuestos, o.total AS Total, o.payment AS Medio_Pago, o.line_count AS Lineas
FROM shop_order o
LEFT JOIN shop_company e ON e.id = o.company_id
LEFT JOIN shop_contact c ON c.id = o.contact_id
