-- Shows the buyer where the order is.
UPDATE tienda_pedido p
JOIN puente_stage_order_states s ON p.id = CAST(s.ID_Pedido_Cabecera AS UNSIGNED)
SET p.estado = s.Estado, p.motivo = s.Motivo_Rechazo
WHERE s.link_id = :link_id AND s.run_id = :run_id;
