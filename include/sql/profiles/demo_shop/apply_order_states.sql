-- Shows the buyer where the order is.
UPDATE tienda_pedido
SET estado = s.Estado, motivo = s.Motivo_Rechazo
FROM puente_stage_order_states s
WHERE s.link_id = :link_id AND s.run_id = :run_id AND tienda_pedido.id = s.ID_Pedido_Cabecera;
