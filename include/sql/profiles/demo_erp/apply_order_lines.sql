INSERT INTO PEDIDO_PARTIDA (FOLIO, ID_PEDIDO_DETALLES, CVE_ART, CANTIDAD, PRECIO, IMPORTE)
SELECT p.FOLIO, s.ID_Pedido_Detalles, s.ID_Producto, s.Cantidad, s.Precio_Unitario, s.Monto_Total_Producto
FROM puente_stage_order_lines s
JOIN PEDIDO p ON p.ID_PEDIDO_CABECERA = s.ID_Pedido_Cabecera
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND NOT EXISTS (
      SELECT 1 FROM PEDIDO_PARTIDA l WHERE l.FOLIO = p.FOLIO AND l.ID_PEDIDO_DETALLES = s.ID_Pedido_Detalles
  );
