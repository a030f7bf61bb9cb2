SELECT id AS ID_Pedido_Detalles, order_id AS ID_Pedido_Cabecera, product AS ID_Producto, quantity AS Cantidad,
       price AS Precio_Unitario, amount AS Monto_Total_Producto
FROM shop_order_line
