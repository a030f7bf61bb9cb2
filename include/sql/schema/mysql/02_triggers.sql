-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit.

CREATE TRIGGER puente_categorias_productos_no_update BEFORE UPDATE ON `Categorias_Productos` FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Categorias_Productos is INSERT-only: insert a new row instead of updating one';

CREATE TRIGGER puente_productos_no_update BEFORE UPDATE ON `Productos` FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Productos is INSERT-only: insert a new row instead of updating one';

CREATE TRIGGER puente_relacion_categorias_productos_no_update BEFORE UPDATE ON `Relacion_Categorias_Productos` FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Relacion_Categorias_Productos is INSERT-only: insert a new row instead of updating one';

CREATE TRIGGER puente_clientes_sube_no_update BEFORE UPDATE ON `Clientes_Sube` FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Clientes_Sube is INSERT-only: insert a new row instead of updating one';

CREATE TRIGGER puente_clientes_baja_no_update BEFORE UPDATE ON `Clientes_Baja` FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Clientes_Baja is INSERT-only: insert a new row instead of updating one';

CREATE TRIGGER puente_contactos_sube_no_update BEFORE UPDATE ON `Contactos_Sube` FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Contactos_Sube is INSERT-only: insert a new row instead of updating one';

CREATE TRIGGER puente_contactos_baja_no_update BEFORE UPDATE ON `Contactos_Baja` FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Contactos_Baja is INSERT-only: insert a new row instead of updating one';

CREATE TRIGGER puente_pedidos_cabecera_no_update BEFORE UPDATE ON `Pedidos_Cabecera` FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Pedidos_Cabecera is INSERT-only: insert a new row instead of updating one';

CREATE TRIGGER puente_pedidos_detalles_no_update BEFORE UPDATE ON `Pedidos_Detalles` FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Pedidos_Detalles is INSERT-only: insert a new row instead of updating one';

CREATE TRIGGER puente_pedidos_estados_no_update BEFORE UPDATE ON `Pedidos_Estados` FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Pedidos_Estados is INSERT-only: insert a new row instead of updating one';
