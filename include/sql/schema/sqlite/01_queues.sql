-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit.

CREATE TABLE "Categorias_Productos" (
    "ID_Registro" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "Fecha_Creacion" TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL,
    "ID_Categoria" VARCHAR(64),
    "Nombre" VARCHAR(255),
    "Descripcion" TEXT,
    "URL_Imagen" VARCHAR(500),
    "ID_Categoria_Padre" VARCHAR(64),
    "Operacion" VARCHAR(1) DEFAULT 'U',
    "Origen" VARCHAR(10) DEFAULT 'ERP',
    "ID_Evento" VARCHAR(255),
    "Version_Base" BIGINT
);

CREATE TABLE "Productos" (
    "ID_Registro" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "Fecha_Creacion" TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL,
    "ID_Producto" VARCHAR(64),
    "SKU" VARCHAR(64),
    "Nombre" VARCHAR(255),
    "Marca" VARCHAR(100),
    "Modelo" VARCHAR(100),
    "Unidades" VARCHAR(50),
    "Descripcion_Corta" VARCHAR(500),
    "Descripcion_Larga" TEXT,
    "URL_Imagen" VARCHAR(500),
    "Categoria" VARCHAR(255),
    "Precio_1" TEXT,
    "Precio_2" TEXT,
    "Precio_3" TEXT,
    "Precio_4" TEXT,
    "Precio_5" TEXT,
    "Existencia" TEXT,
    "Peso" TEXT,
    "Ancho" TEXT,
    "Largo" TEXT,
    "Alto" TEXT,
    "Operacion" VARCHAR(1) DEFAULT 'U',
    "Origen" VARCHAR(10) DEFAULT 'ERP',
    "ID_Evento" VARCHAR(255),
    "Version_Base" BIGINT
);

CREATE TABLE "Relacion_Categorias_Productos" (
    "ID_Registro" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "Fecha_Creacion" TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL,
    "ID_Categoria" VARCHAR(64),
    "ID_Producto" VARCHAR(64),
    "Operacion" VARCHAR(1) DEFAULT 'U',
    "Origen" VARCHAR(10) DEFAULT 'ERP',
    "ID_Evento" VARCHAR(255),
    "Version_Base" BIGINT
);

CREATE TABLE "Clientes_Sube" (
    "ID_Registro" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "Fecha_Creacion" TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL,
    "ID_Empresa" VARCHAR(64),
    "ID_Plataforma" VARCHAR(64),
    "Nombre_Empresa" VARCHAR(255),
    "Identificacion_Fiscal" VARCHAR(50),
    "Direccion" VARCHAR(500),
    "Ciudad" VARCHAR(100),
    "Estado" VARCHAR(100),
    "Pais" VARCHAR(100),
    "Codigo_Postal" VARCHAR(20),
    "Telefono_Fijo" VARCHAR(50),
    "Telefono_Movil" VARCHAR(50),
    "Email" VARCHAR(254),
    "Operacion" VARCHAR(1) DEFAULT 'U',
    "Origen" VARCHAR(10) DEFAULT 'ERP',
    "ID_Evento" VARCHAR(255),
    "Version_Base" BIGINT
);

CREATE TABLE "Clientes_Baja" (
    "ID_Registro" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "Fecha_Creacion" TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL,
    "ID_Empresa" VARCHAR(64),
    "ID_Plataforma" VARCHAR(64),
    "Nombre_Empresa" VARCHAR(255),
    "Identificacion_Fiscal" VARCHAR(50),
    "Direccion" VARCHAR(500),
    "Ciudad" VARCHAR(100),
    "Estado" VARCHAR(100),
    "Pais" VARCHAR(100),
    "Codigo_Postal" VARCHAR(20),
    "Telefono_Fijo" VARCHAR(50),
    "Telefono_Movil" VARCHAR(50),
    "Email" VARCHAR(254),
    "Operacion" VARCHAR(1) DEFAULT 'U',
    "Origen" VARCHAR(10) DEFAULT 'PLATAFORMA',
    "ID_Evento" VARCHAR(255),
    "Version_Base" BIGINT
);

CREATE TABLE "Contactos_Sube" (
    "ID_Registro" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "Fecha_Creacion" TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL,
    "ID_Contacto" VARCHAR(64),
    "ID_Plataforma" VARCHAR(64),
    "Nombres" VARCHAR(150),
    "Apellidos" VARCHAR(150),
    "ID_Empresa" VARCHAR(64),
    "Cargo" VARCHAR(100),
    "Direccion" VARCHAR(500),
    "Ciudad" VARCHAR(100),
    "Estado" VARCHAR(100),
    "Pais" VARCHAR(100),
    "Codigo_Postal" VARCHAR(20),
    "Telefono_Fijo" VARCHAR(50),
    "Telefono_Movil" VARCHAR(50),
    "Email" VARCHAR(254),
    "Operacion" VARCHAR(1) DEFAULT 'U',
    "Origen" VARCHAR(10) DEFAULT 'ERP',
    "ID_Evento" VARCHAR(255),
    "Version_Base" BIGINT
);

CREATE TABLE "Contactos_Baja" (
    "ID_Registro" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "Fecha_Creacion" TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL,
    "ID_Contacto" VARCHAR(64),
    "ID_Plataforma" VARCHAR(64),
    "Nombres" VARCHAR(150),
    "Apellidos" VARCHAR(150),
    "ID_Empresa" VARCHAR(64),
    "Cargo" VARCHAR(100),
    "Direccion" VARCHAR(500),
    "Ciudad" VARCHAR(100),
    "Estado" VARCHAR(100),
    "Pais" VARCHAR(100),
    "Codigo_Postal" VARCHAR(20),
    "Telefono_Fijo" VARCHAR(50),
    "Telefono_Movil" VARCHAR(50),
    "Email" VARCHAR(254),
    "Operacion" VARCHAR(1) DEFAULT 'U',
    "Origen" VARCHAR(10) DEFAULT 'PLATAFORMA',
    "ID_Evento" VARCHAR(255),
    "Version_Base" BIGINT
);

CREATE TABLE "Pedidos_Cabecera" (
    "ID_Registro" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "Fecha_Creacion" TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL,
    "ID_Pedido_Cabecera" VARCHAR(64),
    "Estado_Pedido" VARCHAR(50),
    "ID_Empresa" VARCHAR(64),
    "ID_Contacto" VARCHAR(64),
    "Facturacion_Direccion" VARCHAR(500),
    "Facturacion_Ciudad" VARCHAR(100),
    "Facturacion_Estado" VARCHAR(100),
    "Facturacion_Pais" VARCHAR(100),
    "Facturacion_Codigo_Postal" VARCHAR(20),
    "Facturacion_Email" VARCHAR(254),
    "Facturacion_Telefono" VARCHAR(50),
    "Envio_Direccion" VARCHAR(500),
    "Envio_Ciudad" VARCHAR(100),
    "Envio_Estado" VARCHAR(100),
    "Envio_Pais" VARCHAR(100),
    "Envio_Codigo_Postal" VARCHAR(20),
    "Envio_Email" VARCHAR(254),
    "Envio_Telefono" VARCHAR(50),
    "Subtotal_Sin_Descuento" TEXT,
    "Descuento" TEXT,
    "Subtotal_Con_Descuento" TEXT,
    "Costo_Envio" TEXT,
    "Subtotal_Con_Envio" TEXT,
    "Impuestos" TEXT,
    "Total" TEXT,
    "Medio_Pago" VARCHAR(100),
    "ID_Pago" VARCHAR(100),
    "Lineas" BIGINT,
    "Operacion" VARCHAR(1) DEFAULT 'U',
    "Origen" VARCHAR(10) DEFAULT 'PLATAFORMA',
    "ID_Evento" VARCHAR(255),
    "Version_Base" BIGINT
);

CREATE TABLE "Pedidos_Detalles" (
    "ID_Registro" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "Fecha_Creacion" TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL,
    "ID_Pedido_Detalles" VARCHAR(64),
    "ID_Pedido_Cabecera" VARCHAR(64),
    "ID_Producto" VARCHAR(64),
    "Cantidad" TEXT,
    "Precio_Unitario" TEXT,
    "Monto_Total_Producto" TEXT,
    "Operacion" VARCHAR(1) DEFAULT 'U',
    "Origen" VARCHAR(10) DEFAULT 'PLATAFORMA',
    "ID_Evento" VARCHAR(255),
    "Version_Base" BIGINT
);

CREATE TABLE "Pedidos_Estados" (
    "ID_Registro" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "Fecha_Creacion" TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL,
    "ID_Pedido_Cabecera" VARCHAR(64),
    "Estado" VARCHAR(50),
    "Motivo_Rechazo" VARCHAR(500),
    "Operacion" VARCHAR(1) DEFAULT 'U',
    "Origen" VARCHAR(10),
    "ID_Evento" VARCHAR(255),
    "Version_Base" BIGINT
);

-- Not queues: purchase-order requests that a buyer approved, for the ERP's own import.

CREATE TABLE "Ordenes_Compra" (
    "ID_Orden_Compra" VARCHAR(64) NOT NULL,
    "Fecha_Creacion" TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL,
    "Proveedor" VARCHAR(64),
    "Autorizado_Por" VARCHAR(100),
    "Renglones" INTEGER NOT NULL,
    PRIMARY KEY ("ID_Orden_Compra")
);

CREATE TABLE "Ordenes_Compra_Detalles" (
    "ID_Orden_Compra" VARCHAR(64) NOT NULL,
    "Renglon" INTEGER NOT NULL,
    "ID_Producto" VARCHAR(64) NOT NULL,
    "SKU" VARCHAR(64),
    "Cantidad" TEXT NOT NULL,
    "Cantidad_Propuesta" TEXT NOT NULL,
    PRIMARY KEY ("ID_Orden_Compra", "Renglon")
);
