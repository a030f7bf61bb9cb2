-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit.

CREATE TABLE [Categorias_Productos] (
    [ID_Registro] BIGINT NOT NULL IDENTITY,
    [Fecha_Creacion] DATETIME2(3) NOT NULL DEFAULT (SYSUTCDATETIME()),
    [ID_Categoria] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Nombre] NVARCHAR(255) NULL,
    [Descripcion] NVARCHAR(max) NULL,
    [URL_Imagen] NVARCHAR(500) NULL,
    [ID_Categoria_Padre] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Operacion] NVARCHAR(1) NULL DEFAULT 'U',
    [Origen] NVARCHAR(10) NULL DEFAULT 'ERP',
    [ID_Evento] NVARCHAR(255) NULL,
    [Version_Base] BIGINT NULL,
    PRIMARY KEY ([ID_Registro])
)
GO

CREATE TABLE [Productos] (
    [ID_Registro] BIGINT NOT NULL IDENTITY,
    [Fecha_Creacion] DATETIME2(3) NOT NULL DEFAULT (SYSUTCDATETIME()),
    [ID_Producto] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [SKU] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Nombre] NVARCHAR(255) NULL,
    [Marca] NVARCHAR(100) NULL,
    [Modelo] NVARCHAR(100) NULL,
    [Unidades] NVARCHAR(50) NULL,
    [Descripcion_Corta] NVARCHAR(500) NULL,
    [Descripcion_Larga] NVARCHAR(max) NULL,
    [URL_Imagen] NVARCHAR(500) NULL,
    [Categoria] NVARCHAR(255) NULL,
    [Precio_1] NUMERIC(18, 4) NULL,
    [Precio_2] NUMERIC(18, 4) NULL,
    [Precio_3] NUMERIC(18, 4) NULL,
    [Precio_4] NUMERIC(18, 4) NULL,
    [Precio_5] NUMERIC(18, 4) NULL,
    [Existencia] NUMERIC(18, 4) NULL,
    [Peso] NUMERIC(18, 4) NULL,
    [Ancho] NUMERIC(18, 4) NULL,
    [Largo] NUMERIC(18, 4) NULL,
    [Alto] NUMERIC(18, 4) NULL,
    [Operacion] NVARCHAR(1) NULL DEFAULT 'U',
    [Origen] NVARCHAR(10) NULL DEFAULT 'ERP',
    [ID_Evento] NVARCHAR(255) NULL,
    [Version_Base] BIGINT NULL,
    PRIMARY KEY ([ID_Registro])
)
GO

CREATE TABLE [Relacion_Categorias_Productos] (
    [ID_Registro] BIGINT NOT NULL IDENTITY,
    [Fecha_Creacion] DATETIME2(3) NOT NULL DEFAULT (SYSUTCDATETIME()),
    [ID_Categoria] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Producto] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Operacion] NVARCHAR(1) NULL DEFAULT 'U',
    [Origen] NVARCHAR(10) NULL DEFAULT 'ERP',
    [ID_Evento] NVARCHAR(255) NULL,
    [Version_Base] BIGINT NULL,
    PRIMARY KEY ([ID_Registro])
)
GO

CREATE TABLE [Clientes_Sube] (
    [ID_Registro] BIGINT NOT NULL IDENTITY,
    [Fecha_Creacion] DATETIME2(3) NOT NULL DEFAULT (SYSUTCDATETIME()),
    [ID_Empresa] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Plataforma] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Nombre_Empresa] NVARCHAR(255) NULL,
    [Identificacion_Fiscal] NVARCHAR(50) NULL,
    [Direccion] NVARCHAR(500) NULL,
    [Ciudad] NVARCHAR(100) NULL,
    [Estado] NVARCHAR(100) NULL,
    [Pais] NVARCHAR(100) NULL,
    [Codigo_Postal] NVARCHAR(20) NULL,
    [Telefono_Fijo] NVARCHAR(50) NULL,
    [Telefono_Movil] NVARCHAR(50) NULL,
    [Email] NVARCHAR(254) NULL,
    [Operacion] NVARCHAR(1) NULL DEFAULT 'U',
    [Origen] NVARCHAR(10) NULL DEFAULT 'ERP',
    [ID_Evento] NVARCHAR(255) NULL,
    [Version_Base] BIGINT NULL,
    PRIMARY KEY ([ID_Registro])
)
GO

CREATE TABLE [Clientes_Baja] (
    [ID_Registro] BIGINT NOT NULL IDENTITY,
    [Fecha_Creacion] DATETIME2(3) NOT NULL DEFAULT (SYSUTCDATETIME()),
    [ID_Empresa] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Plataforma] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Nombre_Empresa] NVARCHAR(255) NULL,
    [Identificacion_Fiscal] NVARCHAR(50) NULL,
    [Direccion] NVARCHAR(500) NULL,
    [Ciudad] NVARCHAR(100) NULL,
    [Estado] NVARCHAR(100) NULL,
    [Pais] NVARCHAR(100) NULL,
    [Codigo_Postal] NVARCHAR(20) NULL,
    [Telefono_Fijo] NVARCHAR(50) NULL,
    [Telefono_Movil] NVARCHAR(50) NULL,
    [Email] NVARCHAR(254) NULL,
    [Operacion] NVARCHAR(1) NULL DEFAULT 'U',
    [Origen] NVARCHAR(10) NULL DEFAULT 'PLATAFORMA',
    [ID_Evento] NVARCHAR(255) NULL,
    [Version_Base] BIGINT NULL,
    PRIMARY KEY ([ID_Registro])
)
GO

CREATE TABLE [Contactos_Sube] (
    [ID_Registro] BIGINT NOT NULL IDENTITY,
    [Fecha_Creacion] DATETIME2(3) NOT NULL DEFAULT (SYSUTCDATETIME()),
    [ID_Contacto] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Plataforma] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Nombres] NVARCHAR(150) NULL,
    [Apellidos] NVARCHAR(150) NULL,
    [ID_Empresa] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Cargo] NVARCHAR(100) NULL,
    [Direccion] NVARCHAR(500) NULL,
    [Ciudad] NVARCHAR(100) NULL,
    [Estado] NVARCHAR(100) NULL,
    [Pais] NVARCHAR(100) NULL,
    [Codigo_Postal] NVARCHAR(20) NULL,
    [Telefono_Fijo] NVARCHAR(50) NULL,
    [Telefono_Movil] NVARCHAR(50) NULL,
    [Email] NVARCHAR(254) NULL,
    [Operacion] NVARCHAR(1) NULL DEFAULT 'U',
    [Origen] NVARCHAR(10) NULL DEFAULT 'ERP',
    [ID_Evento] NVARCHAR(255) NULL,
    [Version_Base] BIGINT NULL,
    PRIMARY KEY ([ID_Registro])
)
GO

CREATE TABLE [Contactos_Baja] (
    [ID_Registro] BIGINT NOT NULL IDENTITY,
    [Fecha_Creacion] DATETIME2(3) NOT NULL DEFAULT (SYSUTCDATETIME()),
    [ID_Contacto] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Plataforma] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Nombres] NVARCHAR(150) NULL,
    [Apellidos] NVARCHAR(150) NULL,
    [ID_Empresa] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Cargo] NVARCHAR(100) NULL,
    [Direccion] NVARCHAR(500) NULL,
    [Ciudad] NVARCHAR(100) NULL,
    [Estado] NVARCHAR(100) NULL,
    [Pais] NVARCHAR(100) NULL,
    [Codigo_Postal] NVARCHAR(20) NULL,
    [Telefono_Fijo] NVARCHAR(50) NULL,
    [Telefono_Movil] NVARCHAR(50) NULL,
    [Email] NVARCHAR(254) NULL,
    [Operacion] NVARCHAR(1) NULL DEFAULT 'U',
    [Origen] NVARCHAR(10) NULL DEFAULT 'PLATAFORMA',
    [ID_Evento] NVARCHAR(255) NULL,
    [Version_Base] BIGINT NULL,
    PRIMARY KEY ([ID_Registro])
)
GO

CREATE TABLE [Pedidos_Cabecera] (
    [ID_Registro] BIGINT NOT NULL IDENTITY,
    [Fecha_Creacion] DATETIME2(3) NOT NULL DEFAULT (SYSUTCDATETIME()),
    [ID_Pedido_Cabecera] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Estado_Pedido] NVARCHAR(50) NULL,
    [ID_Empresa] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Contacto] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Facturacion_Direccion] NVARCHAR(500) NULL,
    [Facturacion_Ciudad] NVARCHAR(100) NULL,
    [Facturacion_Estado] NVARCHAR(100) NULL,
    [Facturacion_Pais] NVARCHAR(100) NULL,
    [Facturacion_Codigo_Postal] NVARCHAR(20) NULL,
    [Facturacion_Email] NVARCHAR(254) NULL,
    [Facturacion_Telefono] NVARCHAR(50) NULL,
    [Envio_Direccion] NVARCHAR(500) NULL,
    [Envio_Ciudad] NVARCHAR(100) NULL,
    [Envio_Estado] NVARCHAR(100) NULL,
    [Envio_Pais] NVARCHAR(100) NULL,
    [Envio_Codigo_Postal] NVARCHAR(20) NULL,
    [Envio_Email] NVARCHAR(254) NULL,
    [Envio_Telefono] NVARCHAR(50) NULL,
    [Subtotal_Sin_Descuento] NUMERIC(18, 4) NULL,
    [Descuento] NUMERIC(18, 4) NULL,
    [Subtotal_Con_Descuento] NUMERIC(18, 4) NULL,
    [Costo_Envio] NUMERIC(18, 4) NULL,
    [Subtotal_Con_Envio] NUMERIC(18, 4) NULL,
    [Impuestos] NUMERIC(18, 4) NULL,
    [Total] NUMERIC(18, 4) NULL,
    [Medio_Pago] NVARCHAR(100) NULL,
    [ID_Pago] NVARCHAR(100) NULL,
    [Lineas] BIGINT NULL,
    [Operacion] NVARCHAR(1) NULL DEFAULT 'U',
    [Origen] NVARCHAR(10) NULL DEFAULT 'PLATAFORMA',
    [ID_Evento] NVARCHAR(255) NULL,
    [Version_Base] BIGINT NULL,
    PRIMARY KEY ([ID_Registro])
)
GO

CREATE TABLE [Pedidos_Detalles] (
    [ID_Registro] BIGINT NOT NULL IDENTITY,
    [Fecha_Creacion] DATETIME2(3) NOT NULL DEFAULT (SYSUTCDATETIME()),
    [ID_Pedido_Detalles] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Pedido_Cabecera] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Producto] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Cantidad] NUMERIC(18, 4) NULL,
    [Precio_Unitario] NUMERIC(18, 4) NULL,
    [Monto_Total_Producto] NUMERIC(18, 4) NULL,
    [Operacion] NVARCHAR(1) NULL DEFAULT 'U',
    [Origen] NVARCHAR(10) NULL DEFAULT 'PLATAFORMA',
    [ID_Evento] NVARCHAR(255) NULL,
    [Version_Base] BIGINT NULL,
    PRIMARY KEY ([ID_Registro])
)
GO

CREATE TABLE [Pedidos_Estados] (
    [ID_Registro] BIGINT NOT NULL IDENTITY,
    [Fecha_Creacion] DATETIME2(3) NOT NULL DEFAULT (SYSUTCDATETIME()),
    [ID_Pedido_Cabecera] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Estado] NVARCHAR(50) NULL,
    [Motivo_Rechazo] NVARCHAR(500) NULL,
    [Operacion] NVARCHAR(1) NULL DEFAULT 'U',
    [Origen] NVARCHAR(10) NULL,
    [ID_Evento] NVARCHAR(255) NULL,
    [Version_Base] BIGINT NULL,
    PRIMARY KEY ([ID_Registro])
)
GO

-- Not queues: purchase-order requests that a buyer approved, for the ERP's own import.

CREATE TABLE [Ordenes_Compra] (
    [ID_Orden_Compra] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [Fecha_Creacion] DATETIME2(3) NOT NULL DEFAULT (SYSUTCDATETIME()),
    [Proveedor] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Autorizado_Por] NVARCHAR(100) NULL,
    [Renglones] INTEGER NOT NULL,
    PRIMARY KEY ([ID_Orden_Compra])
)
GO

CREATE TABLE [Ordenes_Compra_Detalles] (
    [ID_Orden_Compra] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [Renglon] INTEGER NOT NULL,
    [ID_Producto] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [SKU] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Cantidad] NUMERIC(18, 4) NOT NULL,
    [Cantidad_Propuesta] NUMERIC(18, 4) NOT NULL,
    PRIMARY KEY ([ID_Orden_Compra], [Renglon])
)
GO
