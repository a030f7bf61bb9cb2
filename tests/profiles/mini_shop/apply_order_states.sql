-- One row per order and run.
UPDATE shop_order
SET status = (SELECT s.Estado FROM puente_stage_order_states s
              WHERE s.link_id = :link_id AND s.run_id = :run_id AND s.ID_Pedido_Cabecera = shop_order.id),
    reason = (SELECT s.Motivo_Rechazo FROM puente_stage_order_states s
              WHERE s.link_id = :link_id AND s.run_id = :run_id AND s.ID_Pedido_Cabecera = shop_order.id)
WHERE EXISTS (SELECT 1 FROM puente_stage_order_states s
              WHERE s.link_id = :link_id AND s.run_id = :run_id AND s.ID_Pedido_Cabecera = shop_order.id);
