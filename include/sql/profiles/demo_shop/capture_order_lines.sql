SELECT
    l.id        AS ID_Pedido_Detalles,
    l.pedido_id AS ID_Pedido_Cabecera,
    r.erp_id    AS ID_Producto,
    l.cantidad  AS Cantidad,
    l.precio    AS Precio_Unitario,
    l.importe   AS Monto_Total_Producto
FROM tienda_pedido_linea l
JOIN tienda_producto r ON r.id = l.producto_id
