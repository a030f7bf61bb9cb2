-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit.

CREATE TRIGGER puente_categorias_productos_no_update ON [Categorias_Productos] AFTER UPDATE AS
BEGIN
    THROW 50000, 'Categorias_Productos is INSERT-only: insert a new row instead of updating one', 1;
END
GO

CREATE TRIGGER puente_productos_no_update ON [Productos] AFTER UPDATE AS
BEGIN
    THROW 50000, 'Productos is INSERT-only: insert a new row instead of updating one', 1;
END
GO

CREATE TRIGGER puente_relacion_categorias_productos_no_update ON [Relacion_Categorias_Productos] AFTER UPDATE AS
BEGIN
    THROW 50000, 'Relacion_Categorias_Productos is INSERT-only: insert a new row instead of updating one', 1;
END
GO

CREATE TRIGGER puente_clientes_sube_no_update ON [Clientes_Sube] AFTER UPDATE AS
BEGIN
    THROW 50000, 'Clientes_Sube is INSERT-only: insert a new row instead of updating one', 1;
END
GO

CREATE TRIGGER puente_clientes_baja_no_update ON [Clientes_Baja] AFTER UPDATE AS
BEGIN
    THROW 50000, 'Clientes_Baja is INSERT-only: insert a new row instead of updating one', 1;
END
GO

CREATE TRIGGER puente_contactos_sube_no_update ON [Contactos_Sube] AFTER UPDATE AS
BEGIN
    THROW 50000, 'Contactos_Sube is INSERT-only: insert a new row instead of updating one', 1;
END
GO

CREATE TRIGGER puente_contactos_baja_no_update ON [Contactos_Baja] AFTER UPDATE AS
BEGIN
    THROW 50000, 'Contactos_Baja is INSERT-only: insert a new row instead of updating one', 1;
END
GO

CREATE TRIGGER puente_pedidos_cabecera_no_update ON [Pedidos_Cabecera] AFTER UPDATE AS
BEGIN
    THROW 50000, 'Pedidos_Cabecera is INSERT-only: insert a new row instead of updating one', 1;
END
GO

CREATE TRIGGER puente_pedidos_detalles_no_update ON [Pedidos_Detalles] AFTER UPDATE AS
BEGIN
    THROW 50000, 'Pedidos_Detalles is INSERT-only: insert a new row instead of updating one', 1;
END
GO

CREATE TRIGGER puente_pedidos_estados_no_update ON [Pedidos_Estados] AFTER UPDATE AS
BEGIN
    THROW 50000, 'Pedidos_Estados is INSERT-only: insert a new row instead of updating one', 1;
END
GO
