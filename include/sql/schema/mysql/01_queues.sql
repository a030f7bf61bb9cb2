-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit.

CREATE TABLE `Categorias_Productos` (
    `ID_Registro` BIGINT NOT NULL AUTO_INCREMENT,
    `Fecha_Creacion` DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    `ID_Categoria` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Nombre` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Descripcion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `URL_Imagen` VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Categoria_Padre` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'U',
    `Origen` VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'ERP',
    `ID_Evento` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` BIGINT,
    PRIMARY KEY (`ID_Registro`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE `Productos` (
    `ID_Registro` BIGINT NOT NULL AUTO_INCREMENT,
    `Fecha_Creacion` DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    `ID_Producto` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `SKU` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Nombre` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Marca` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Modelo` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Unidades` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Descripcion_Corta` VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Descripcion_Larga` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `URL_Imagen` VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Categoria` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Precio_1` NUMERIC(18, 4),
    `Precio_2` NUMERIC(18, 4),
    `Precio_3` NUMERIC(18, 4),
    `Precio_4` NUMERIC(18, 4),
    `Precio_5` NUMERIC(18, 4),
    `Existencia` NUMERIC(18, 4),
    `Peso` NUMERIC(18, 4),
    `Ancho` NUMERIC(18, 4),
    `Largo` NUMERIC(18, 4),
    `Alto` NUMERIC(18, 4),
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'U',
    `Origen` VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'ERP',
    `ID_Evento` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` BIGINT,
    PRIMARY KEY (`ID_Registro`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE `Relacion_Categorias_Productos` (
    `ID_Registro` BIGINT NOT NULL AUTO_INCREMENT,
    `Fecha_Creacion` DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    `ID_Categoria` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Producto` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'U',
    `Origen` VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'ERP',
    `ID_Evento` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` BIGINT,
    PRIMARY KEY (`ID_Registro`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE `Clientes_Sube` (
    `ID_Registro` BIGINT NOT NULL AUTO_INCREMENT,
    `Fecha_Creacion` DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    `ID_Empresa` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Plataforma` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Nombre_Empresa` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Identificacion_Fiscal` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Direccion` VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Ciudad` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Estado` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Pais` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Codigo_Postal` VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Fijo` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Movil` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Email` VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'U',
    `Origen` VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'ERP',
    `ID_Evento` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` BIGINT,
    PRIMARY KEY (`ID_Registro`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE `Clientes_Baja` (
    `ID_Registro` BIGINT NOT NULL AUTO_INCREMENT,
    `Fecha_Creacion` DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    `ID_Empresa` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Plataforma` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Nombre_Empresa` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Identificacion_Fiscal` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Direccion` VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Ciudad` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Estado` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Pais` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Codigo_Postal` VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Fijo` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Movil` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Email` VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'U',
    `Origen` VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'PLATAFORMA',
    `ID_Evento` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` BIGINT,
    PRIMARY KEY (`ID_Registro`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE `Contactos_Sube` (
    `ID_Registro` BIGINT NOT NULL AUTO_INCREMENT,
    `Fecha_Creacion` DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    `ID_Contacto` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Plataforma` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Nombres` VARCHAR(150) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Apellidos` VARCHAR(150) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Empresa` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Cargo` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Direccion` VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Ciudad` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Estado` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Pais` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Codigo_Postal` VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Fijo` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Movil` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Email` VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'U',
    `Origen` VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'ERP',
    `ID_Evento` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` BIGINT,
    PRIMARY KEY (`ID_Registro`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE `Contactos_Baja` (
    `ID_Registro` BIGINT NOT NULL AUTO_INCREMENT,
    `Fecha_Creacion` DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    `ID_Contacto` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Plataforma` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Nombres` VARCHAR(150) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Apellidos` VARCHAR(150) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Empresa` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Cargo` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Direccion` VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Ciudad` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Estado` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Pais` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Codigo_Postal` VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Fijo` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Movil` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Email` VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'U',
    `Origen` VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'PLATAFORMA',
    `ID_Evento` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` BIGINT,
    PRIMARY KEY (`ID_Registro`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE `Pedidos_Cabecera` (
    `ID_Registro` BIGINT NOT NULL AUTO_INCREMENT,
    `Fecha_Creacion` DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    `ID_Pedido_Cabecera` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Estado_Pedido` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Empresa` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Contacto` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Facturacion_Direccion` VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Facturacion_Ciudad` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Facturacion_Estado` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Facturacion_Pais` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Facturacion_Codigo_Postal` VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Facturacion_Email` VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Facturacion_Telefono` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Envio_Direccion` VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Envio_Ciudad` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Envio_Estado` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Envio_Pais` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Envio_Codigo_Postal` VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Envio_Email` VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Envio_Telefono` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Subtotal_Sin_Descuento` NUMERIC(18, 4),
    `Descuento` NUMERIC(18, 4),
    `Subtotal_Con_Descuento` NUMERIC(18, 4),
    `Costo_Envio` NUMERIC(18, 4),
    `Subtotal_Con_Envio` NUMERIC(18, 4),
    `Impuestos` NUMERIC(18, 4),
    `Total` NUMERIC(18, 4),
    `Medio_Pago` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Pago` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Lineas` BIGINT,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'U',
    `Origen` VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'PLATAFORMA',
    `ID_Evento` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` BIGINT,
    PRIMARY KEY (`ID_Registro`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE `Pedidos_Detalles` (
    `ID_Registro` BIGINT NOT NULL AUTO_INCREMENT,
    `Fecha_Creacion` DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    `ID_Pedido_Detalles` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Pedido_Cabecera` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Producto` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Cantidad` NUMERIC(18, 4),
    `Precio_Unitario` NUMERIC(18, 4),
    `Monto_Total_Producto` NUMERIC(18, 4),
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'U',
    `Origen` VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'PLATAFORMA',
    `ID_Evento` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` BIGINT,
    PRIMARY KEY (`ID_Registro`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE `Pedidos_Estados` (
    `ID_Registro` BIGINT NOT NULL AUTO_INCREMENT,
    `Fecha_Creacion` DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    `ID_Pedido_Cabecera` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Estado` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Motivo_Rechazo` VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'U',
    `Origen` VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Evento` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` BIGINT,
    PRIMARY KEY (`ID_Registro`)
)ENGINE=InnoDB CHARSET=utf8mb4;

-- Not queues: purchase-order requests that a buyer approved, for the ERP's own import.

CREATE TABLE `Ordenes_Compra` (
    `ID_Orden_Compra` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `Fecha_Creacion` DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    `Proveedor` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Autorizado_Por` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Renglones` INTEGER NOT NULL,
    PRIMARY KEY (`ID_Orden_Compra`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE `Ordenes_Compra_Detalles` (
    `ID_Orden_Compra` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `Renglon` INTEGER NOT NULL,
    `ID_Producto` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `SKU` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Cantidad` NUMERIC(18, 4) NOT NULL,
    `Cantidad_Propuesta` NUMERIC(18, 4) NOT NULL,
    PRIMARY KEY (`ID_Orden_Compra`, `Renglon`)
)ENGINE=InnoDB CHARSET=utf8mb4;
