-- The shop asks for an order to be cancelled; the staff decide and say so in ESTATUS.
UPDATE PEDIDO
SET PIDE_CANCELAR = 1
WHERE EXISTS (
    SELECT 1 FROM puente_stage_order_states s
    WHERE s.link_id = :link_id AND s.run_id = :run_id
      AND s.ID_Pedido_Cabecera = PEDIDO.ID_PEDIDO_CABECERA AND s.Estado = 'CANCELADO'
);
