-- What the staff have decided of each order.
SELECT
    p.ID_PEDIDO_CABECERA AS ID_Pedido_Cabecera,
    p.ESTATUS            AS Estado,
    p.MOTIVO             AS Motivo_Rechazo
FROM PEDIDO p
WHERE p.ESTATUS IS NOT NULL
