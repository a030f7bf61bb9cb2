INSERT INTO pedido_linea (id, pedido, articulo, cantidad, precio, importe)
SELECT s.ID_Pedido_Detalles, s.ID_Pedido_Cabecera, s.ID_Producto, s.Cantidad, s.Precio_Unitario,
       s.Monto_Total_Producto
FROM puente_stage_order_lines s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND NOT EXISTS (SELECT 1 FROM pedido_linea p WHERE p.id = s.ID_Pedido_Detalles);
