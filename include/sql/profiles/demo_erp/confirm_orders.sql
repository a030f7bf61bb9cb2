-- The orders that the ERP has. Where an import makes them from a landing table, read what the import has made.
SELECT p.ID_PEDIDO_CABECERA AS ID_Pedido_Cabecera
FROM PEDIDO p
