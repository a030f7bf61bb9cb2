SELECT cve AS ID_Pedido_Cabecera, estado AS Estado, motivo AS Motivo_Rechazo FROM pedido WHERE estado IS NOT NULL
