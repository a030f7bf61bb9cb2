-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit.

CREATE TRIGGER puente_categorias_productos_no_update BEFORE UPDATE ON "Categorias_Productos" BEGIN SELECT RAISE(ABORT, 'Categorias_Productos is INSERT-only: insert a new row instead of updating one'); END;

CREATE TRIGGER puente_productos_no_update BEFORE UPDATE ON "Productos" BEGIN SELECT RAISE(ABORT, 'Productos is INSERT-only: insert a new row instead of updating one'); END;

CREATE TRIGGER puente_relacion_categorias_productos_no_update BEFORE UPDATE ON "Relacion_Categorias_Productos" BEGIN SELECT RAISE(ABORT, 'Relacion_Categorias_Productos is INSERT-only: insert a new row instead of updating one'); END;

CREATE TRIGGER puente_clientes_sube_no_update BEFORE UPDATE ON "Clientes_Sube" BEGIN SELECT RAISE(ABORT, 'Clientes_Sube is INSERT-only: insert a new row instead of updating one'); END;

CREATE TRIGGER puente_clientes_baja_no_update BEFORE UPDATE ON "Clientes_Baja" BEGIN SELECT RAISE(ABORT, 'Clientes_Baja is INSERT-only: insert a new row instead of updating one'); END;

CREATE TRIGGER puente_contactos_sube_no_update BEFORE UPDATE ON "Contactos_Sube" BEGIN SELECT RAISE(ABORT, 'Contactos_Sube is INSERT-only: insert a new row instead of updating one'); END;

CREATE TRIGGER puente_contactos_baja_no_update BEFORE UPDATE ON "Contactos_Baja" BEGIN SELECT RAISE(ABORT, 'Contactos_Baja is INSERT-only: insert a new row instead of updating one'); END;

CREATE TRIGGER puente_pedidos_cabecera_no_update BEFORE UPDATE ON "Pedidos_Cabecera" BEGIN SELECT RAISE(ABORT, 'Pedidos_Cabecera is INSERT-only: insert a new row instead of updating one'); END;

CREATE TRIGGER puente_pedidos_detalles_no_update BEFORE UPDATE ON "Pedidos_Detalles" BEGIN SELECT RAISE(ABORT, 'Pedidos_Detalles is INSERT-only: insert a new row instead of updating one'); END;

CREATE TRIGGER puente_pedidos_estados_no_update BEFORE UPDATE ON "Pedidos_Estados" BEGIN SELECT RAISE(ABORT, 'Pedidos_Estados is INSERT-only: insert a new row instead of updating one'); END;
