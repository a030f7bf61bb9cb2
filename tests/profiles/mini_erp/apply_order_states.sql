-- The platform asks for an order to be cancelled; the staff decide.
UPDATE pedido
SET cancelacion_pedida = 1
WHERE EXISTS (
    SELECT 1 FROM puente_stage_order_states s
    WHERE s.link_id = :link_id AND s.run_id = :run_id AND s.ID_Pedido_Cabecera = pedido.cve AND s.Estado = 'CANCELADO'
);
