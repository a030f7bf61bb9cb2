SELECT cve AS ID_Pedido_Cabecera FROM pedido WHERE importado = 1
