-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit.

CREATE TABLE puente_alert (
    link_id VARCHAR(40) NOT NULL,
    kind VARCHAR(30) NOT NULL,
    subject VARCHAR(200) NOT NULL,
    what VARCHAR(500) NOT NULL,
    place VARCHAR(1000),
    times INTEGER NOT NULL,
    told INTEGER NOT NULL,
    told_times INTEGER NOT NULL,
    waits VARCHAR(1000),
    since VARCHAR(24),
    at VARCHAR(24),
    told_at VARCHAR(24),
    ended_at VARCHAR(24),
    PRIMARY KEY (link_id, kind, subject)
);

CREATE TABLE puente_batch (
    batch_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    reader VARCHAR(10) NOT NULL,
    entity VARCHAR(40) NOT NULL,
    queue VARCHAR(60),
    run_id VARCHAR(250),
    status VARCHAR(20) NOT NULL,
    verdict VARCHAR(30),
    rows_read BIGINT DEFAULT 0 NOT NULL,
    rows_landed BIGINT DEFAULT 0 NOT NULL,
    rows_seen_again BIGINT DEFAULT 0 NOT NULL,
    why VARCHAR(2000),
    who VARCHAR(100),
    report VARCHAR(500),
    opened_at VARCHAR(24),
    settled_at VARCHAR(24)
);

CREATE INDEX ix_puente_batch_open ON puente_batch (link_id, reader, entity, status);

CREATE INDEX ix_puente_batch_opened ON puente_batch (link_id, reader, opened_at);

CREATE INDEX ix_puente_batch_verdict ON puente_batch (link_id, reader, verdict, opened_at);

CREATE TABLE puente_binding (
    link_id VARCHAR(40) NOT NULL,
    entity VARCHAR(40) NOT NULL,
    erp_id VARCHAR(64) NOT NULL,
    platform_id VARCHAR(64) NOT NULL,
    at VARCHAR(24),
    PRIMARY KEY (link_id, entity, erp_id),
    CONSTRAINT uq_puente_binding UNIQUE (link_id, entity, platform_id)
);

CREATE TABLE puente_clearing (
    link_id VARCHAR(40) NOT NULL,
    queue VARCHAR(60) NOT NULL,
    id_registro BIGINT NOT NULL,
    fecha_creacion VARCHAR(40) NOT NULL,
    PRIMARY KEY (link_id, queue, id_registro, fecha_creacion)
);

CREATE TABLE puente_compare (
    link_id VARCHAR(40) NOT NULL,
    entity VARCHAR(40) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    side VARCHAR(10) NOT NULL,
    row_no BIGINT NOT NULL,
    value_hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (link_id, entity, record_key, side, row_no)
);

CREATE TABLE puente_conflict (
    conflict_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    entity VARCHAR(40) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    inbox_id BIGINT,
    winner VARCHAR(10) NOT NULL,
    why VARCHAR(500),
    loser TEXT NOT NULL,
    kept TEXT,
    at VARCHAR(24),
    who VARCHAR(100),
    remark VARCHAR(500),
    resolved_at VARCHAR(24)
);

CREATE INDEX ix_puente_conflict_record ON puente_conflict (link_id, entity, record_key);

CREATE TABLE puente_decision (
    decision_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    queue VARCHAR(60),
    inbox_id BIGINT,
    batch_id BIGINT,
    action VARCHAR(20) NOT NULL,
    field VARCHAR(60),
    record_key VARCHAR(200),
    original TEXT,
    value TEXT,
    who VARCHAR(100) NOT NULL,
    why VARCHAR(500) NOT NULL,
    at VARCHAR(24)
);

CREATE TABLE puente_delivered (
    link_id VARCHAR(40) NOT NULL,
    event_id VARCHAR(255) NOT NULL,
    content_hash VARCHAR(64) NOT NULL,
    at VARCHAR(24),
    PRIMARY KEY (link_id, event_id)
);

CREATE TABLE puente_difference (
    link_id VARCHAR(40) NOT NULL,
    entity VARCHAR(40) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    run_id VARCHAR(250) NOT NULL,
    found VARCHAR(12) NOT NULL,
    fields VARCHAR(1000),
    why VARCHAR(300),
    repair VARCHAR(20),
    outcome VARCHAR(12),
    erp_version BIGINT,
    platform_version BIGINT,
    erp_form TEXT,
    platform_form TEXT,
    PRIMARY KEY (link_id, entity, record_key)
);

CREATE TABLE puente_finding (
    finding_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    queue VARCHAR(60) NOT NULL,
    inbox_id BIGINT NOT NULL,
    batch_id BIGINT,
    rule_id VARCHAR(120),
    severity VARCHAR(10),
    outcome VARCHAR(12),
    message VARCHAR(1000),
    at VARCHAR(24)
);

CREATE INDEX ix_puente_finding_batch ON puente_finding (batch_id);

CREATE INDEX ix_puente_finding_row ON puente_finding (link_id, queue, inbox_id);

CREATE TABLE puente_inbox_categorias_productos (
    inbox_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) NOT NULL,
    content_hash VARCHAR(64) NOT NULL,
    payload_hash VARCHAR(64) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    key_fold VARCHAR(200) NOT NULL,
    op VARCHAR(1) NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) NOT NULL,
    gate SMALLINT DEFAULT 0 NOT NULL,
    forced SMALLINT DEFAULT 0 NOT NULL,
    apply_rank INTEGER DEFAULT 0 NOT NULL,
    waits_for VARCHAR(40),
    waits_key VARCHAR(200),
    waits_until VARCHAR(24),
    "ID_Categoria" TEXT,
    "Nombre" TEXT,
    "Descripcion" TEXT,
    "URL_Imagen" TEXT,
    "ID_Categoria_Padre" TEXT,
    "Operacion" TEXT,
    "Origen" TEXT,
    "ID_Evento" TEXT,
    "Version_Base" TEXT,
    CONSTRAINT uq_puente_inbox_categorias_productos UNIQUE (link_id, id_registro, epoch, revision)
);

CREATE INDEX ix_puente_inbox_categorias_productos_batch ON puente_inbox_categorias_productos (link_id, batch_id);

CREATE INDEX ix_puente_inbox_categorias_productos_cleared ON puente_inbox_categorias_productos (link_id, cleared);

CREATE INDEX ix_puente_inbox_categorias_productos_key ON puente_inbox_categorias_productos (link_id, record_key);

CREATE INDEX ix_puente_inbox_categorias_productos_state ON puente_inbox_categorias_productos (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_clientes_baja (
    inbox_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) NOT NULL,
    content_hash VARCHAR(64) NOT NULL,
    payload_hash VARCHAR(64) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    key_fold VARCHAR(200) NOT NULL,
    op VARCHAR(1) NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) NOT NULL,
    gate SMALLINT DEFAULT 0 NOT NULL,
    forced SMALLINT DEFAULT 0 NOT NULL,
    apply_rank INTEGER DEFAULT 0 NOT NULL,
    waits_for VARCHAR(40),
    waits_key VARCHAR(200),
    waits_until VARCHAR(24),
    "ID_Empresa" TEXT,
    "ID_Plataforma" TEXT,
    "Nombre_Empresa" TEXT,
    "Identificacion_Fiscal" TEXT,
    "Direccion" TEXT,
    "Ciudad" TEXT,
    "Estado" TEXT,
    "Pais" TEXT,
    "Codigo_Postal" TEXT,
    "Telefono_Fijo" TEXT,
    "Telefono_Movil" TEXT,
    "Email" TEXT,
    "Operacion" TEXT,
    "Origen" TEXT,
    "ID_Evento" TEXT,
    "Version_Base" TEXT,
    CONSTRAINT uq_puente_inbox_clientes_baja UNIQUE (link_id, id_registro, epoch, revision)
);

CREATE INDEX ix_puente_inbox_clientes_baja_batch ON puente_inbox_clientes_baja (link_id, batch_id);

CREATE INDEX ix_puente_inbox_clientes_baja_cleared ON puente_inbox_clientes_baja (link_id, cleared);

CREATE INDEX ix_puente_inbox_clientes_baja_key ON puente_inbox_clientes_baja (link_id, record_key);

CREATE INDEX ix_puente_inbox_clientes_baja_state ON puente_inbox_clientes_baja (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_clientes_sube (
    inbox_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) NOT NULL,
    content_hash VARCHAR(64) NOT NULL,
    payload_hash VARCHAR(64) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    key_fold VARCHAR(200) NOT NULL,
    op VARCHAR(1) NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) NOT NULL,
    gate SMALLINT DEFAULT 0 NOT NULL,
    forced SMALLINT DEFAULT 0 NOT NULL,
    apply_rank INTEGER DEFAULT 0 NOT NULL,
    waits_for VARCHAR(40),
    waits_key VARCHAR(200),
    waits_until VARCHAR(24),
    "ID_Empresa" TEXT,
    "ID_Plataforma" TEXT,
    "Nombre_Empresa" TEXT,
    "Identificacion_Fiscal" TEXT,
    "Direccion" TEXT,
    "Ciudad" TEXT,
    "Estado" TEXT,
    "Pais" TEXT,
    "Codigo_Postal" TEXT,
    "Telefono_Fijo" TEXT,
    "Telefono_Movil" TEXT,
    "Email" TEXT,
    "Operacion" TEXT,
    "Origen" TEXT,
    "ID_Evento" TEXT,
    "Version_Base" TEXT,
    CONSTRAINT uq_puente_inbox_clientes_sube UNIQUE (link_id, id_registro, epoch, revision)
);

CREATE INDEX ix_puente_inbox_clientes_sube_batch ON puente_inbox_clientes_sube (link_id, batch_id);

CREATE INDEX ix_puente_inbox_clientes_sube_cleared ON puente_inbox_clientes_sube (link_id, cleared);

CREATE INDEX ix_puente_inbox_clientes_sube_key ON puente_inbox_clientes_sube (link_id, record_key);

CREATE INDEX ix_puente_inbox_clientes_sube_state ON puente_inbox_clientes_sube (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_contactos_baja (
    inbox_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) NOT NULL,
    content_hash VARCHAR(64) NOT NULL,
    payload_hash VARCHAR(64) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    key_fold VARCHAR(200) NOT NULL,
    op VARCHAR(1) NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) NOT NULL,
    gate SMALLINT DEFAULT 0 NOT NULL,
    forced SMALLINT DEFAULT 0 NOT NULL,
    apply_rank INTEGER DEFAULT 0 NOT NULL,
    waits_for VARCHAR(40),
    waits_key VARCHAR(200),
    waits_until VARCHAR(24),
    "ID_Contacto" TEXT,
    "ID_Plataforma" TEXT,
    "Nombres" TEXT,
    "Apellidos" TEXT,
    "ID_Empresa" TEXT,
    "Cargo" TEXT,
    "Direccion" TEXT,
    "Ciudad" TEXT,
    "Estado" TEXT,
    "Pais" TEXT,
    "Codigo_Postal" TEXT,
    "Telefono_Fijo" TEXT,
    "Telefono_Movil" TEXT,
    "Email" TEXT,
    "Operacion" TEXT,
    "Origen" TEXT,
    "ID_Evento" TEXT,
    "Version_Base" TEXT,
    CONSTRAINT uq_puente_inbox_contactos_baja UNIQUE (link_id, id_registro, epoch, revision)
);

CREATE INDEX ix_puente_inbox_contactos_baja_batch ON puente_inbox_contactos_baja (link_id, batch_id);

CREATE INDEX ix_puente_inbox_contactos_baja_cleared ON puente_inbox_contactos_baja (link_id, cleared);

CREATE INDEX ix_puente_inbox_contactos_baja_key ON puente_inbox_contactos_baja (link_id, record_key);

CREATE INDEX ix_puente_inbox_contactos_baja_state ON puente_inbox_contactos_baja (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_contactos_sube (
    inbox_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) NOT NULL,
    content_hash VARCHAR(64) NOT NULL,
    payload_hash VARCHAR(64) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    key_fold VARCHAR(200) NOT NULL,
    op VARCHAR(1) NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) NOT NULL,
    gate SMALLINT DEFAULT 0 NOT NULL,
    forced SMALLINT DEFAULT 0 NOT NULL,
    apply_rank INTEGER DEFAULT 0 NOT NULL,
    waits_for VARCHAR(40),
    waits_key VARCHAR(200),
    waits_until VARCHAR(24),
    "ID_Contacto" TEXT,
    "ID_Plataforma" TEXT,
    "Nombres" TEXT,
    "Apellidos" TEXT,
    "ID_Empresa" TEXT,
    "Cargo" TEXT,
    "Direccion" TEXT,
    "Ciudad" TEXT,
    "Estado" TEXT,
    "Pais" TEXT,
    "Codigo_Postal" TEXT,
    "Telefono_Fijo" TEXT,
    "Telefono_Movil" TEXT,
    "Email" TEXT,
    "Operacion" TEXT,
    "Origen" TEXT,
    "ID_Evento" TEXT,
    "Version_Base" TEXT,
    CONSTRAINT uq_puente_inbox_contactos_sube UNIQUE (link_id, id_registro, epoch, revision)
);

CREATE INDEX ix_puente_inbox_contactos_sube_batch ON puente_inbox_contactos_sube (link_id, batch_id);

CREATE INDEX ix_puente_inbox_contactos_sube_cleared ON puente_inbox_contactos_sube (link_id, cleared);

CREATE INDEX ix_puente_inbox_contactos_sube_key ON puente_inbox_contactos_sube (link_id, record_key);

CREATE INDEX ix_puente_inbox_contactos_sube_state ON puente_inbox_contactos_sube (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_pedidos_cabecera (
    inbox_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) NOT NULL,
    content_hash VARCHAR(64) NOT NULL,
    payload_hash VARCHAR(64) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    key_fold VARCHAR(200) NOT NULL,
    op VARCHAR(1) NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) NOT NULL,
    gate SMALLINT DEFAULT 0 NOT NULL,
    forced SMALLINT DEFAULT 0 NOT NULL,
    apply_rank INTEGER DEFAULT 0 NOT NULL,
    waits_for VARCHAR(40),
    waits_key VARCHAR(200),
    waits_until VARCHAR(24),
    "ID_Pedido_Cabecera" TEXT,
    "Estado_Pedido" TEXT,
    "ID_Empresa" TEXT,
    "ID_Contacto" TEXT,
    "Facturacion_Direccion" TEXT,
    "Facturacion_Ciudad" TEXT,
    "Facturacion_Estado" TEXT,
    "Facturacion_Pais" TEXT,
    "Facturacion_Codigo_Postal" TEXT,
    "Facturacion_Email" TEXT,
    "Facturacion_Telefono" TEXT,
    "Envio_Direccion" TEXT,
    "Envio_Ciudad" TEXT,
    "Envio_Estado" TEXT,
    "Envio_Pais" TEXT,
    "Envio_Codigo_Postal" TEXT,
    "Envio_Email" TEXT,
    "Envio_Telefono" TEXT,
    "Subtotal_Sin_Descuento" TEXT,
    "Descuento" TEXT,
    "Subtotal_Con_Descuento" TEXT,
    "Costo_Envio" TEXT,
    "Subtotal_Con_Envio" TEXT,
    "Impuestos" TEXT,
    "Total" TEXT,
    "Medio_Pago" TEXT,
    "ID_Pago" TEXT,
    "Lineas" TEXT,
    "Operacion" TEXT,
    "Origen" TEXT,
    "ID_Evento" TEXT,
    "Version_Base" TEXT,
    CONSTRAINT uq_puente_inbox_pedidos_cabecera UNIQUE (link_id, id_registro, epoch, revision)
);

CREATE INDEX ix_puente_inbox_pedidos_cabecera_batch ON puente_inbox_pedidos_cabecera (link_id, batch_id);

CREATE INDEX ix_puente_inbox_pedidos_cabecera_cleared ON puente_inbox_pedidos_cabecera (link_id, cleared);

CREATE INDEX ix_puente_inbox_pedidos_cabecera_key ON puente_inbox_pedidos_cabecera (link_id, record_key);

CREATE INDEX ix_puente_inbox_pedidos_cabecera_state ON puente_inbox_pedidos_cabecera (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_pedidos_detalles (
    inbox_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) NOT NULL,
    content_hash VARCHAR(64) NOT NULL,
    payload_hash VARCHAR(64) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    key_fold VARCHAR(200) NOT NULL,
    op VARCHAR(1) NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) NOT NULL,
    gate SMALLINT DEFAULT 0 NOT NULL,
    forced SMALLINT DEFAULT 0 NOT NULL,
    apply_rank INTEGER DEFAULT 0 NOT NULL,
    waits_for VARCHAR(40),
    waits_key VARCHAR(200),
    waits_until VARCHAR(24),
    "ID_Pedido_Detalles" TEXT,
    "ID_Pedido_Cabecera" TEXT,
    "ID_Producto" TEXT,
    "Cantidad" TEXT,
    "Precio_Unitario" TEXT,
    "Monto_Total_Producto" TEXT,
    "Operacion" TEXT,
    "Origen" TEXT,
    "ID_Evento" TEXT,
    "Version_Base" TEXT,
    CONSTRAINT uq_puente_inbox_pedidos_detalles UNIQUE (link_id, id_registro, epoch, revision)
);

CREATE INDEX ix_puente_inbox_pedidos_detalles_batch ON puente_inbox_pedidos_detalles (link_id, batch_id);

CREATE INDEX ix_puente_inbox_pedidos_detalles_cleared ON puente_inbox_pedidos_detalles (link_id, cleared);

CREATE INDEX ix_puente_inbox_pedidos_detalles_key ON puente_inbox_pedidos_detalles (link_id, record_key);

CREATE INDEX ix_puente_inbox_pedidos_detalles_state ON puente_inbox_pedidos_detalles (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_pedidos_estados (
    inbox_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) NOT NULL,
    content_hash VARCHAR(64) NOT NULL,
    payload_hash VARCHAR(64) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    key_fold VARCHAR(200) NOT NULL,
    op VARCHAR(1) NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) NOT NULL,
    gate SMALLINT DEFAULT 0 NOT NULL,
    forced SMALLINT DEFAULT 0 NOT NULL,
    apply_rank INTEGER DEFAULT 0 NOT NULL,
    waits_for VARCHAR(40),
    waits_key VARCHAR(200),
    waits_until VARCHAR(24),
    "ID_Pedido_Cabecera" TEXT,
    "Estado" TEXT,
    "Motivo_Rechazo" TEXT,
    "Operacion" TEXT,
    "Origen" TEXT,
    "ID_Evento" TEXT,
    "Version_Base" TEXT,
    CONSTRAINT uq_puente_inbox_pedidos_estados UNIQUE (link_id, id_registro, epoch, revision)
);

CREATE INDEX ix_puente_inbox_pedidos_estados_batch ON puente_inbox_pedidos_estados (link_id, batch_id);

CREATE INDEX ix_puente_inbox_pedidos_estados_cleared ON puente_inbox_pedidos_estados (link_id, cleared);

CREATE INDEX ix_puente_inbox_pedidos_estados_key ON puente_inbox_pedidos_estados (link_id, record_key);

CREATE INDEX ix_puente_inbox_pedidos_estados_state ON puente_inbox_pedidos_estados (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_productos (
    inbox_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) NOT NULL,
    content_hash VARCHAR(64) NOT NULL,
    payload_hash VARCHAR(64) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    key_fold VARCHAR(200) NOT NULL,
    op VARCHAR(1) NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) NOT NULL,
    gate SMALLINT DEFAULT 0 NOT NULL,
    forced SMALLINT DEFAULT 0 NOT NULL,
    apply_rank INTEGER DEFAULT 0 NOT NULL,
    waits_for VARCHAR(40),
    waits_key VARCHAR(200),
    waits_until VARCHAR(24),
    "ID_Producto" TEXT,
    "SKU" TEXT,
    "Nombre" TEXT,
    "Marca" TEXT,
    "Modelo" TEXT,
    "Unidades" TEXT,
    "Descripcion_Corta" TEXT,
    "Descripcion_Larga" TEXT,
    "URL_Imagen" TEXT,
    "Categoria" TEXT,
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
    "Operacion" TEXT,
    "Origen" TEXT,
    "ID_Evento" TEXT,
    "Version_Base" TEXT,
    CONSTRAINT uq_puente_inbox_productos UNIQUE (link_id, id_registro, epoch, revision)
);

CREATE INDEX ix_puente_inbox_productos_batch ON puente_inbox_productos (link_id, batch_id);

CREATE INDEX ix_puente_inbox_productos_cleared ON puente_inbox_productos (link_id, cleared);

CREATE INDEX ix_puente_inbox_productos_key ON puente_inbox_productos (link_id, record_key);

CREATE INDEX ix_puente_inbox_productos_state ON puente_inbox_productos (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_relacion_categorias_productos (
    inbox_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) NOT NULL,
    content_hash VARCHAR(64) NOT NULL,
    payload_hash VARCHAR(64) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    key_fold VARCHAR(200) NOT NULL,
    op VARCHAR(1) NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) NOT NULL,
    gate SMALLINT DEFAULT 0 NOT NULL,
    forced SMALLINT DEFAULT 0 NOT NULL,
    apply_rank INTEGER DEFAULT 0 NOT NULL,
    waits_for VARCHAR(40),
    waits_key VARCHAR(200),
    waits_until VARCHAR(24),
    "ID_Categoria" TEXT,
    "ID_Producto" TEXT,
    "Operacion" TEXT,
    "Origen" TEXT,
    "ID_Evento" TEXT,
    "Version_Base" TEXT,
    CONSTRAINT uq_puente_inbox_relacion_categorias_productos UNIQUE (link_id, id_registro, epoch, revision)
);

CREATE INDEX ix_puente_inbox_relacion_categorias_productos_batch ON puente_inbox_relacion_categorias_productos (link_id, batch_id);

CREATE INDEX ix_puente_inbox_relacion_categorias_productos_cleared ON puente_inbox_relacion_categorias_productos (link_id, cleared);

CREATE INDEX ix_puente_inbox_relacion_categorias_productos_key ON puente_inbox_relacion_categorias_productos (link_id, record_key);

CREATE INDEX ix_puente_inbox_relacion_categorias_productos_state ON puente_inbox_relacion_categorias_productos (link_id, state, taken_by, record_key);

CREATE TABLE puente_inventory (
    link_id VARCHAR(40) NOT NULL,
    run_id VARCHAR(250) NOT NULL,
    entity VARCHAR(40) NOT NULL,
    started_at VARCHAR(24),
    finished_at VARCHAR(24),
    read_erp BIGINT NOT NULL,
    read_platform BIGINT NOT NULL,
    known_erp BIGINT NOT NULL,
    known_platform BIGINT NOT NULL,
    keyless_erp BIGINT NOT NULL,
    keys_total BIGINT NOT NULL,
    keys_same BIGINT NOT NULL,
    keys_different BIGINT NOT NULL,
    keys_missing BIGINT NOT NULL,
    keys_extra BIGINT NOT NULL,
    keys_in_flight BIGINT NOT NULL,
    keys_held BIGINT NOT NULL,
    keys_quarantined BIGINT NOT NULL,
    keys_conflict BIGINT NOT NULL,
    keys_discarded BIGINT NOT NULL,
    keys_unfit BIGINT NOT NULL,
    keys_doubled BIGINT NOT NULL,
    repairs BIGINT NOT NULL,
    ordered BIGINT NOT NULL,
    compared VARCHAR(1000),
    left_out VARCHAR(1000),
    refused VARCHAR(500),
    decision VARCHAR(20),
    who VARCHAR(100),
    decided_at VARCHAR(24),
    PRIMARY KEY (link_id, run_id, entity)
);

CREATE TABLE puente_lease (
    link_id VARCHAR(40) NOT NULL,
    name VARCHAR(80) NOT NULL,
    token BIGINT NOT NULL,
    owner VARCHAR(400),
    work_id VARCHAR(32),
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (link_id, name)
);

CREATE TABLE puente_ledger (
    link_id VARCHAR(40) NOT NULL,
    seq BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    reader VARCHAR(10) NOT NULL,
    entity VARCHAR(40) NOT NULL,
    run_id VARCHAR(250),
    verdict VARCHAR(30),
    rows_read BIGINT NOT NULL,
    rows_landed BIGINT NOT NULL,
    rows_seen_again BIGINT NOT NULL,
    rows_cleared BIGINT NOT NULL,
    rows_taken BIGINT NOT NULL,
    rows_pending BIGINT NOT NULL,
    rows_applied BIGINT NOT NULL,
    rows_unchanged BIGINT NOT NULL,
    rows_superseded BIGINT NOT NULL,
    rows_late BIGINT NOT NULL,
    rows_duplicate BIGINT NOT NULL,
    rows_held BIGINT NOT NULL,
    rows_conflict BIGINT NOT NULL,
    rows_quarantined BIGINT NOT NULL,
    rows_discarded BIGINT NOT NULL,
    settled_at VARCHAR(24),
    prev_hash VARCHAR(64) NOT NULL,
    row_hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (link_id, seq)
);

CREATE INDEX ix_puente_ledger_settled ON puente_ledger (link_id, settled_at);

CREATE TABLE puente_mail (
    mail_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    order_id VARCHAR(64) NOT NULL,
    state VARCHAR(50) NOT NULL,
    recipient VARCHAR(254) NOT NULL,
    message_id VARCHAR(255) NOT NULL,
    subject VARCHAR(255),
    plain TEXT,
    html TEXT,
    attachments TEXT,
    status VARCHAR(12) NOT NULL,
    attempts INTEGER NOT NULL,
    error VARCHAR(500),
    at VARCHAR(24),
    tried_at VARCHAR(24),
    CONSTRAINT uq_puente_mail UNIQUE (link_id, order_id, state, recipient)
);

CREATE TABLE puente_order (
    link_id VARCHAR(40) NOT NULL,
    order_id VARCHAR(64) NOT NULL,
    state VARCHAR(50) NOT NULL,
    reason VARCHAR(500),
    waits VARCHAR(500),
    content_hash VARCHAR(64),
    payload TEXT,
    emitted_at VARCHAR(24),
    confirmed_at VARCHAR(24),
    invoiced_at VARCHAR(24),
    at VARCHAR(24),
    changed_at VARCHAR(24),
    PRIMARY KEY (link_id, order_id)
);

CREATE INDEX ix_puente_order_state ON puente_order (link_id, state);

CREATE TABLE puente_order_history (
    history_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    order_id VARCHAR(64) NOT NULL,
    state VARCHAR(50) NOT NULL,
    verdict VARCHAR(12) NOT NULL,
    reason VARCHAR(500),
    origin VARCHAR(10),
    inbox_id BIGINT,
    at VARCHAR(24)
);

CREATE INDEX ix_puente_order_history ON puente_order_history (link_id, order_id);

CREATE TABLE puente_outbox (
    outbox_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    link_id VARCHAR(40) NOT NULL,
    entity VARCHAR(40) NOT NULL,
    unit VARCHAR(200) NOT NULL,
    event_id VARCHAR(255) NOT NULL,
    content_hash VARCHAR(64) NOT NULL,
    payload TEXT NOT NULL,
    status VARCHAR(12) NOT NULL,
    why VARCHAR(500),
    at VARCHAR(24),
    delivered_at VARCHAR(24),
    CONSTRAINT uq_puente_outbox UNIQUE (link_id, event_id)
);

CREATE INDEX ix_puente_outbox_status ON puente_outbox (link_id, status, outbox_id);

CREATE TABLE puente_pause (
    link_id VARCHAR(40) NOT NULL,
    entity VARCHAR(40) NOT NULL,
    who VARCHAR(100),
    why VARCHAR(500),
    at VARCHAR(24),
    PRIMARY KEY (link_id, entity)
);

CREATE TABLE puente_permit (
    link_id VARCHAR(40) NOT NULL,
    entity VARCHAR(40) NOT NULL,
    who VARCHAR(100),
    why VARCHAR(500),
    at VARCHAR(24),
    PRIMARY KEY (link_id, entity)
);

CREATE TABLE puente_position (
    link_id VARCHAR(40) NOT NULL,
    queue VARCHAR(60) NOT NULL,
    epoch BIGINT NOT NULL,
    max_id BIGINT NOT NULL,
    last_created VARCHAR(40),
    columns_read VARCHAR(4000),
    read_at VARCHAR(24),
    PRIMARY KEY (link_id, queue)
);

CREATE TABLE puente_probe (
    link_id VARCHAR(40) NOT NULL,
    connection VARCHAR(10) NOT NULL,
    hour VARCHAR(13) NOT NULL,
    answered INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    slowest_ms INTEGER NOT NULL,
    error VARCHAR(300),
    PRIMARY KEY (link_id, connection, hour)
);

CREATE TABLE puente_proposal (
    link_id VARCHAR(40) NOT NULL,
    day VARCHAR(10) NOT NULL,
    product_id VARCHAR(64) NOT NULL,
    request VARCHAR(40) NOT NULL,
    run_id VARCHAR(250) NOT NULL,
    supplier VARCHAR(64) NOT NULL,
    sku VARCHAR(64),
    name VARCHAR(255),
    place INTEGER NOT NULL,
    reorder_point TEXT NOT NULL,
    proposed TEXT NOT NULL,
    evidence TEXT NOT NULL,
    status VARCHAR(12) NOT NULL,
    quantity TEXT,
    who VARCHAR(100),
    at VARCHAR(24),
    decided_at VARCHAR(24),
    ordered_at VARCHAR(24),
    PRIMARY KEY (link_id, day, product_id)
);

CREATE INDEX ix_puente_proposal_request ON puente_proposal (link_id, request);

CREATE INDEX ix_puente_proposal_status ON puente_proposal (link_id, status, product_id);

CREATE TABLE puente_record (
    link_id VARCHAR(40) NOT NULL,
    entity VARCHAR(40) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    key_fold VARCHAR(200) NOT NULL,
    active SMALLINT NOT NULL,
    unique_value VARCHAR(64),
    parent_key VARCHAR(64),
    blank_mask INTEGER DEFAULT 0 NOT NULL,
    fingerprint VARCHAR(64),
    fingerprint_version VARCHAR(80),
    version BIGINT DEFAULT 0 NOT NULL,
    sent_version BIGINT DEFAULT 0 NOT NULL,
    base_version BIGINT DEFAULT 0 NOT NULL,
    must_send SMALLINT DEFAULT 0 NOT NULL,
    epoch BIGINT,
    id_registro BIGINT,
    revision INTEGER,
    applied_hash VARCHAR(64),
    batch_id BIGINT,
    changed_at VARCHAR(24),
    PRIMARY KEY (link_id, entity, record_key)
);

CREATE INDEX ix_puente_record_fold ON puente_record (link_id, entity, key_fold);

CREATE INDEX ix_puente_record_unique ON puente_record (link_id, entity, unique_value);

CREATE TABLE puente_reservation (
    link_id VARCHAR(40) NOT NULL,
    order_id VARCHAR(64) NOT NULL,
    product_id VARCHAR(64) NOT NULL,
    quantity TEXT NOT NULL,
    released_at VARCHAR(24),
    PRIMARY KEY (link_id, order_id, product_id)
);

CREATE INDEX ix_puente_reservation_product ON puente_reservation (link_id, product_id);

CREATE TABLE puente_rule_result (
    batch_id BIGINT NOT NULL,
    rule_id VARCHAR(120) NOT NULL,
    severity VARCHAR(10),
    stage VARCHAR(5),
    evaluated BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    PRIMARY KEY (batch_id, rule_id)
);

CREATE TABLE puente_scan (
    link_id VARCHAR(40) NOT NULL,
    run_id VARCHAR(40) NOT NULL,
    entity VARCHAR(40) NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    key_fold VARCHAR(200) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    blank_mask INTEGER NOT NULL,
    unique_value VARCHAR(64),
    page_no BIGINT NOT NULL,
    PRIMARY KEY (link_id, run_id, entity, record_key)
);

CREATE INDEX ix_puente_scan_page ON puente_scan (link_id, run_id, entity, page_no);

CREATE TABLE puente_seen (
    link_id VARCHAR(40) NOT NULL,
    queue VARCHAR(60) NOT NULL,
    id_registro BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) NOT NULL,
    content_hash VARCHAR(64) NOT NULL,
    at VARCHAR(24),
    PRIMARY KEY (link_id, queue, id_registro, epoch, revision)
);

CREATE TABLE puente_side (
    name VARCHAR(40) NOT NULL,
    value VARCHAR(400),
    PRIMARY KEY (name)
);

CREATE TABLE puente_silence (
    link_id VARCHAR(40) NOT NULL,
    entity VARCHAR(40) NOT NULL,
    since VARCHAR(40) NOT NULL,
    hours TEXT NOT NULL,
    at VARCHAR(24),
    ended_at VARCHAR(24),
    PRIMARY KEY (link_id, entity, since)
);

CREATE TABLE puente_stage_categories (
    link_id VARCHAR(40) NOT NULL,
    run_id VARCHAR(40) NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    "Operacion" VARCHAR(1) NOT NULL,
    "ID_Categoria" VARCHAR(64),
    "Nombre" VARCHAR(255),
    "Descripcion" TEXT,
    "URL_Imagen" VARCHAR(500),
    "ID_Categoria_Padre" VARCHAR(64),
    PRIMARY KEY (link_id, run_id, row_no)
);

CREATE INDEX ix_puente_stage_categories_key ON puente_stage_categories (link_id, run_id, record_key);

CREATE TABLE puente_stage_companies (
    link_id VARCHAR(40) NOT NULL,
    run_id VARCHAR(40) NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    "Operacion" VARCHAR(1) NOT NULL,
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
    PRIMARY KEY (link_id, run_id, row_no)
);

CREATE INDEX ix_puente_stage_companies_key ON puente_stage_companies (link_id, run_id, record_key);

CREATE TABLE puente_stage_contacts (
    link_id VARCHAR(40) NOT NULL,
    run_id VARCHAR(40) NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    "Operacion" VARCHAR(1) NOT NULL,
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
    PRIMARY KEY (link_id, run_id, row_no)
);

CREATE INDEX ix_puente_stage_contacts_key ON puente_stage_contacts (link_id, run_id, record_key);

CREATE TABLE puente_stage_order_headers (
    link_id VARCHAR(40) NOT NULL,
    run_id VARCHAR(40) NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    "Operacion" VARCHAR(1) NOT NULL,
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
    PRIMARY KEY (link_id, run_id, row_no)
);

CREATE INDEX ix_puente_stage_order_headers_key ON puente_stage_order_headers (link_id, run_id, record_key);

CREATE TABLE puente_stage_order_lines (
    link_id VARCHAR(40) NOT NULL,
    run_id VARCHAR(40) NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    "Operacion" VARCHAR(1) NOT NULL,
    "ID_Pedido_Detalles" VARCHAR(64),
    "ID_Pedido_Cabecera" VARCHAR(64),
    "ID_Producto" VARCHAR(64),
    "Cantidad" TEXT,
    "Precio_Unitario" TEXT,
    "Monto_Total_Producto" TEXT,
    PRIMARY KEY (link_id, run_id, row_no)
);

CREATE INDEX ix_puente_stage_order_lines_key ON puente_stage_order_lines (link_id, run_id, record_key);

CREATE TABLE puente_stage_order_states (
    link_id VARCHAR(40) NOT NULL,
    run_id VARCHAR(40) NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    "Operacion" VARCHAR(1) NOT NULL,
    "ID_Pedido_Cabecera" VARCHAR(64),
    "Estado" VARCHAR(50),
    "Motivo_Rechazo" VARCHAR(500),
    PRIMARY KEY (link_id, run_id, row_no)
);

CREATE INDEX ix_puente_stage_order_states_key ON puente_stage_order_states (link_id, run_id, record_key);

CREATE TABLE puente_stage_product_categories (
    link_id VARCHAR(40) NOT NULL,
    run_id VARCHAR(40) NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    "Operacion" VARCHAR(1) NOT NULL,
    "ID_Categoria" VARCHAR(64),
    "ID_Producto" VARCHAR(64),
    PRIMARY KEY (link_id, run_id, row_no)
);

CREATE INDEX ix_puente_stage_product_categories_key ON puente_stage_product_categories (link_id, run_id, record_key);

CREATE TABLE puente_stage_products (
    link_id VARCHAR(40) NOT NULL,
    run_id VARCHAR(40) NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) NOT NULL,
    "Operacion" VARCHAR(1) NOT NULL,
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
    PRIMARY KEY (link_id, run_id, row_no)
);

CREATE INDEX ix_puente_stage_products_key ON puente_stage_products (link_id, run_id, record_key);

CREATE TABLE puente_work (
    link_id VARCHAR(40) NOT NULL,
    queue VARCHAR(60) NOT NULL,
    step VARCHAR(10) NOT NULL,
    chunk BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (link_id, queue, step, chunk, inbox_id)
);
