-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit.

CREATE TABLE puente_alert (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    kind NVARCHAR(30) COLLATE Latin1_General_100_BIN2 NOT NULL,
    subject NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    what NVARCHAR(500) NOT NULL,
    place NVARCHAR(1000) NULL,
    times INTEGER NOT NULL,
    told INTEGER NOT NULL,
    told_times INTEGER NOT NULL,
    waits NVARCHAR(1000) NULL,
    since NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    told_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    ended_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, kind, subject)
)
GO

CREATE TABLE puente_batch (
    batch_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    reader NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    entity NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    queue NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NULL,
    run_id NVARCHAR(250) COLLATE Latin1_General_100_BIN2 NULL,
    status NVARCHAR(20) COLLATE Latin1_General_100_BIN2 NOT NULL,
    verdict NVARCHAR(30) COLLATE Latin1_General_100_BIN2 NULL,
    rows_read BIGINT NOT NULL DEFAULT 0,
    rows_landed BIGINT NOT NULL DEFAULT 0,
    rows_seen_again BIGINT NOT NULL DEFAULT 0,
    why NVARCHAR(2000) NULL,
    who NVARCHAR(100) NULL,
    report NVARCHAR(500) NULL,
    opened_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    settled_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (batch_id)
)
GO

CREATE INDEX ix_puente_batch_open ON puente_batch (link_id, reader, entity, status)
GO

CREATE INDEX ix_puente_batch_opened ON puente_batch (link_id, reader, opened_at)
GO

CREATE INDEX ix_puente_batch_verdict ON puente_batch (link_id, reader, verdict, opened_at)
GO

CREATE TABLE puente_binding (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    entity NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    erp_id NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    platform_id NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, entity, erp_id),
    CONSTRAINT uq_puente_binding UNIQUE (link_id, entity, platform_id)
)
GO

CREATE TABLE puente_clearing (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    queue NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id_registro BIGINT NOT NULL,
    fecha_creacion NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (link_id, queue, id_registro, fecha_creacion)
)
GO

CREATE TABLE puente_compare (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    entity NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    side NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    row_no BIGINT NOT NULL,
    value_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (link_id, entity, record_key, side, row_no)
)
GO

CREATE TABLE puente_conflict (
    conflict_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    entity NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    inbox_id BIGINT NULL,
    winner NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    why NVARCHAR(500) NULL,
    loser NVARCHAR(max) NOT NULL,
    kept NVARCHAR(max) NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    who NVARCHAR(100) NULL,
    remark NVARCHAR(500) NULL,
    resolved_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (conflict_id)
)
GO

CREATE INDEX ix_puente_conflict_record ON puente_conflict (link_id, entity, record_key)
GO

CREATE TABLE puente_decision (
    decision_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    queue NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NULL,
    inbox_id BIGINT NULL,
    batch_id BIGINT NULL,
    action NVARCHAR(20) COLLATE Latin1_General_100_BIN2 NOT NULL,
    field NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    original NVARCHAR(max) NULL,
    value NVARCHAR(max) NULL,
    who NVARCHAR(100) NOT NULL,
    why NVARCHAR(500) NOT NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (decision_id)
)
GO

CREATE TABLE puente_delivered (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    event_id NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
    content_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, event_id)
)
GO

CREATE TABLE puente_difference (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    entity NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(250) COLLATE Latin1_General_100_BIN2 NOT NULL,
    found NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    fields NVARCHAR(1000) NULL,
    why NVARCHAR(300) NULL,
    repair NVARCHAR(20) COLLATE Latin1_General_100_BIN2 NULL,
    outcome NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NULL,
    erp_version BIGINT NULL,
    platform_version BIGINT NULL,
    erp_form NVARCHAR(max) NULL,
    platform_form NVARCHAR(max) NULL,
    PRIMARY KEY (link_id, entity, record_key)
)
GO

CREATE TABLE puente_finding (
    finding_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    queue NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NOT NULL,
    inbox_id BIGINT NOT NULL,
    batch_id BIGINT NULL,
    rule_id NVARCHAR(120) COLLATE Latin1_General_100_BIN2 NULL,
    severity NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NULL,
    outcome NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NULL,
    message NVARCHAR(1000) NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (finding_id)
)
GO

CREATE INDEX ix_puente_finding_batch ON puente_finding (batch_id)
GO

CREATE INDEX ix_puente_finding_row ON puente_finding (link_id, queue, inbox_id)
GO

CREATE TABLE puente_inbox_categorias_productos (
    inbox_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    content_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    payload_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    key_fold NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    op NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT NULL,
    cleared SMALLINT NOT NULL,
    state NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    waits_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    waits_until NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Categoria] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Nombre] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Descripcion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [URL_Imagen] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Categoria_Padre] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Operacion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Origen] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Evento] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Version_Base] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_categorias_productos UNIQUE (link_id, id_registro, epoch, revision)
)
GO

CREATE INDEX ix_puente_inbox_categorias_productos_batch ON puente_inbox_categorias_productos (link_id, batch_id)
GO

CREATE INDEX ix_puente_inbox_categorias_productos_cleared ON puente_inbox_categorias_productos (link_id, cleared)
GO

CREATE INDEX ix_puente_inbox_categorias_productos_key ON puente_inbox_categorias_productos (link_id, record_key)
GO

CREATE INDEX ix_puente_inbox_categorias_productos_state ON puente_inbox_categorias_productos (link_id, state, taken_by, record_key)
GO

CREATE TABLE puente_inbox_clientes_baja (
    inbox_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    content_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    payload_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    key_fold NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    op NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT NULL,
    cleared SMALLINT NOT NULL,
    state NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    waits_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    waits_until NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Empresa] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Plataforma] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Nombre_Empresa] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Identificacion_Fiscal] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Direccion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Ciudad] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Estado] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Pais] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Codigo_Postal] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Telefono_Fijo] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Telefono_Movil] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Email] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Operacion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Origen] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Evento] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Version_Base] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_clientes_baja UNIQUE (link_id, id_registro, epoch, revision)
)
GO

CREATE INDEX ix_puente_inbox_clientes_baja_batch ON puente_inbox_clientes_baja (link_id, batch_id)
GO

CREATE INDEX ix_puente_inbox_clientes_baja_cleared ON puente_inbox_clientes_baja (link_id, cleared)
GO

CREATE INDEX ix_puente_inbox_clientes_baja_key ON puente_inbox_clientes_baja (link_id, record_key)
GO

CREATE INDEX ix_puente_inbox_clientes_baja_state ON puente_inbox_clientes_baja (link_id, state, taken_by, record_key)
GO

CREATE TABLE puente_inbox_clientes_sube (
    inbox_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    content_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    payload_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    key_fold NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    op NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT NULL,
    cleared SMALLINT NOT NULL,
    state NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    waits_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    waits_until NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Empresa] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Plataforma] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Nombre_Empresa] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Identificacion_Fiscal] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Direccion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Ciudad] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Estado] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Pais] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Codigo_Postal] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Telefono_Fijo] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Telefono_Movil] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Email] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Operacion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Origen] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Evento] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Version_Base] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_clientes_sube UNIQUE (link_id, id_registro, epoch, revision)
)
GO

CREATE INDEX ix_puente_inbox_clientes_sube_batch ON puente_inbox_clientes_sube (link_id, batch_id)
GO

CREATE INDEX ix_puente_inbox_clientes_sube_cleared ON puente_inbox_clientes_sube (link_id, cleared)
GO

CREATE INDEX ix_puente_inbox_clientes_sube_key ON puente_inbox_clientes_sube (link_id, record_key)
GO

CREATE INDEX ix_puente_inbox_clientes_sube_state ON puente_inbox_clientes_sube (link_id, state, taken_by, record_key)
GO

CREATE TABLE puente_inbox_contactos_baja (
    inbox_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    content_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    payload_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    key_fold NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    op NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT NULL,
    cleared SMALLINT NOT NULL,
    state NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    waits_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    waits_until NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Contacto] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Plataforma] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Nombres] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Apellidos] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Empresa] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Cargo] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Direccion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Ciudad] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Estado] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Pais] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Codigo_Postal] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Telefono_Fijo] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Telefono_Movil] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Email] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Operacion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Origen] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Evento] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Version_Base] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_contactos_baja UNIQUE (link_id, id_registro, epoch, revision)
)
GO

CREATE INDEX ix_puente_inbox_contactos_baja_batch ON puente_inbox_contactos_baja (link_id, batch_id)
GO

CREATE INDEX ix_puente_inbox_contactos_baja_cleared ON puente_inbox_contactos_baja (link_id, cleared)
GO

CREATE INDEX ix_puente_inbox_contactos_baja_key ON puente_inbox_contactos_baja (link_id, record_key)
GO

CREATE INDEX ix_puente_inbox_contactos_baja_state ON puente_inbox_contactos_baja (link_id, state, taken_by, record_key)
GO

CREATE TABLE puente_inbox_contactos_sube (
    inbox_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    content_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    payload_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    key_fold NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    op NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT NULL,
    cleared SMALLINT NOT NULL,
    state NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    waits_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    waits_until NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Contacto] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Plataforma] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Nombres] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Apellidos] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Empresa] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Cargo] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Direccion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Ciudad] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Estado] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Pais] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Codigo_Postal] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Telefono_Fijo] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Telefono_Movil] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Email] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Operacion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Origen] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Evento] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Version_Base] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_contactos_sube UNIQUE (link_id, id_registro, epoch, revision)
)
GO

CREATE INDEX ix_puente_inbox_contactos_sube_batch ON puente_inbox_contactos_sube (link_id, batch_id)
GO

CREATE INDEX ix_puente_inbox_contactos_sube_cleared ON puente_inbox_contactos_sube (link_id, cleared)
GO

CREATE INDEX ix_puente_inbox_contactos_sube_key ON puente_inbox_contactos_sube (link_id, record_key)
GO

CREATE INDEX ix_puente_inbox_contactos_sube_state ON puente_inbox_contactos_sube (link_id, state, taken_by, record_key)
GO

CREATE TABLE puente_inbox_pedidos_cabecera (
    inbox_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    content_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    payload_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    key_fold NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    op NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT NULL,
    cleared SMALLINT NOT NULL,
    state NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    waits_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    waits_until NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Pedido_Cabecera] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Estado_Pedido] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Empresa] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Contacto] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Facturacion_Direccion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Facturacion_Ciudad] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Facturacion_Estado] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Facturacion_Pais] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Facturacion_Codigo_Postal] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Facturacion_Email] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Facturacion_Telefono] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Envio_Direccion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Envio_Ciudad] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Envio_Estado] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Envio_Pais] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Envio_Codigo_Postal] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Envio_Email] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Envio_Telefono] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Subtotal_Sin_Descuento] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Descuento] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Subtotal_Con_Descuento] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Costo_Envio] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Subtotal_Con_Envio] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Impuestos] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Total] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Medio_Pago] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Pago] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Lineas] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Operacion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Origen] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Evento] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Version_Base] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_pedidos_cabecera UNIQUE (link_id, id_registro, epoch, revision)
)
GO

CREATE INDEX ix_puente_inbox_pedidos_cabecera_batch ON puente_inbox_pedidos_cabecera (link_id, batch_id)
GO

CREATE INDEX ix_puente_inbox_pedidos_cabecera_cleared ON puente_inbox_pedidos_cabecera (link_id, cleared)
GO

CREATE INDEX ix_puente_inbox_pedidos_cabecera_key ON puente_inbox_pedidos_cabecera (link_id, record_key)
GO

CREATE INDEX ix_puente_inbox_pedidos_cabecera_state ON puente_inbox_pedidos_cabecera (link_id, state, taken_by, record_key)
GO

CREATE TABLE puente_inbox_pedidos_detalles (
    inbox_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    content_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    payload_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    key_fold NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    op NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT NULL,
    cleared SMALLINT NOT NULL,
    state NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    waits_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    waits_until NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Pedido_Detalles] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Pedido_Cabecera] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Producto] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Cantidad] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Precio_Unitario] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Monto_Total_Producto] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Operacion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Origen] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Evento] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Version_Base] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_pedidos_detalles UNIQUE (link_id, id_registro, epoch, revision)
)
GO

CREATE INDEX ix_puente_inbox_pedidos_detalles_batch ON puente_inbox_pedidos_detalles (link_id, batch_id)
GO

CREATE INDEX ix_puente_inbox_pedidos_detalles_cleared ON puente_inbox_pedidos_detalles (link_id, cleared)
GO

CREATE INDEX ix_puente_inbox_pedidos_detalles_key ON puente_inbox_pedidos_detalles (link_id, record_key)
GO

CREATE INDEX ix_puente_inbox_pedidos_detalles_state ON puente_inbox_pedidos_detalles (link_id, state, taken_by, record_key)
GO

CREATE TABLE puente_inbox_pedidos_estados (
    inbox_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    content_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    payload_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    key_fold NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    op NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT NULL,
    cleared SMALLINT NOT NULL,
    state NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    waits_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    waits_until NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Pedido_Cabecera] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Estado] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Motivo_Rechazo] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Operacion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Origen] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Evento] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Version_Base] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_pedidos_estados UNIQUE (link_id, id_registro, epoch, revision)
)
GO

CREATE INDEX ix_puente_inbox_pedidos_estados_batch ON puente_inbox_pedidos_estados (link_id, batch_id)
GO

CREATE INDEX ix_puente_inbox_pedidos_estados_cleared ON puente_inbox_pedidos_estados (link_id, cleared)
GO

CREATE INDEX ix_puente_inbox_pedidos_estados_key ON puente_inbox_pedidos_estados (link_id, record_key)
GO

CREATE INDEX ix_puente_inbox_pedidos_estados_state ON puente_inbox_pedidos_estados (link_id, state, taken_by, record_key)
GO

CREATE TABLE puente_inbox_productos (
    inbox_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    content_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    payload_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    key_fold NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    op NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT NULL,
    cleared SMALLINT NOT NULL,
    state NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    waits_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    waits_until NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Producto] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [SKU] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Nombre] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Marca] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Modelo] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Unidades] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Descripcion_Corta] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Descripcion_Larga] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [URL_Imagen] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Categoria] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Precio_1] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Precio_2] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Precio_3] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Precio_4] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Precio_5] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Existencia] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Peso] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Ancho] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Largo] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Alto] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Operacion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Origen] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Evento] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Version_Base] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_productos UNIQUE (link_id, id_registro, epoch, revision)
)
GO

CREATE INDEX ix_puente_inbox_productos_batch ON puente_inbox_productos (link_id, batch_id)
GO

CREATE INDEX ix_puente_inbox_productos_cleared ON puente_inbox_productos (link_id, cleared)
GO

CREATE INDEX ix_puente_inbox_productos_key ON puente_inbox_productos (link_id, record_key)
GO

CREATE INDEX ix_puente_inbox_productos_state ON puente_inbox_productos (link_id, state, taken_by, record_key)
GO

CREATE TABLE puente_inbox_relacion_categorias_productos (
    inbox_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    content_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    payload_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    key_fold NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    op NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT NULL,
    cleared SMALLINT NOT NULL,
    state NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    waits_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    waits_until NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Categoria] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Producto] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Operacion] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Origen] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Evento] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    [Version_Base] NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_relacion_categorias_productos UNIQUE (link_id, id_registro, epoch, revision)
)
GO

CREATE INDEX ix_puente_inbox_relacion_categorias_productos_batch ON puente_inbox_relacion_categorias_productos (link_id, batch_id)
GO

CREATE INDEX ix_puente_inbox_relacion_categorias_productos_cleared ON puente_inbox_relacion_categorias_productos (link_id, cleared)
GO

CREATE INDEX ix_puente_inbox_relacion_categorias_productos_key ON puente_inbox_relacion_categorias_productos (link_id, record_key)
GO

CREATE INDEX ix_puente_inbox_relacion_categorias_productos_state ON puente_inbox_relacion_categorias_productos (link_id, state, taken_by, record_key)
GO

CREATE TABLE puente_inventory (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(250) COLLATE Latin1_General_100_BIN2 NOT NULL,
    entity NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    started_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    finished_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
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
    compared NVARCHAR(1000) NULL,
    left_out NVARCHAR(1000) NULL,
    refused NVARCHAR(500) NULL,
    decision NVARCHAR(20) COLLATE Latin1_General_100_BIN2 NULL,
    who NVARCHAR(100) NULL,
    decided_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, run_id, entity)
)
GO

CREATE TABLE puente_lease (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    name NVARCHAR(80) COLLATE Latin1_General_100_BIN2 NOT NULL,
    token BIGINT NOT NULL,
    owner NVARCHAR(400) COLLATE Latin1_General_100_BIN2 NULL,
    work_id NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (link_id, name)
)
GO

CREATE TABLE puente_ledger (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    seq BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    reader NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    entity NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(250) COLLATE Latin1_General_100_BIN2 NULL,
    verdict NVARCHAR(30) COLLATE Latin1_General_100_BIN2 NULL,
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
    settled_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    prev_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    row_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (link_id, seq)
)
GO

CREATE INDEX ix_puente_ledger_settled ON puente_ledger (link_id, settled_at)
GO

CREATE TABLE puente_mail (
    mail_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    order_id NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    state NVARCHAR(50) COLLATE Latin1_General_100_BIN2 NOT NULL,
    recipient NVARCHAR(254) COLLATE Latin1_General_100_BIN2 NOT NULL,
    message_id NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
    subject NVARCHAR(255) NULL,
    plain NVARCHAR(max) NULL,
    html NVARCHAR(max) NULL,
    attachments NVARCHAR(max) NULL,
    status NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    attempts INTEGER NOT NULL,
    error NVARCHAR(500) NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    tried_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (mail_id),
    CONSTRAINT uq_puente_mail UNIQUE (link_id, order_id, state, recipient)
)
GO

CREATE TABLE puente_order (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    order_id NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    state NVARCHAR(50) COLLATE Latin1_General_100_BIN2 NOT NULL,
    reason NVARCHAR(500) NULL,
    waits NVARCHAR(500) NULL,
    content_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    payload NVARCHAR(max) NULL,
    emitted_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    confirmed_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    invoiced_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    changed_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, order_id)
)
GO

CREATE INDEX ix_puente_order_state ON puente_order (link_id, state)
GO

CREATE TABLE puente_order_history (
    history_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    order_id NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    state NVARCHAR(50) COLLATE Latin1_General_100_BIN2 NOT NULL,
    verdict NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    reason NVARCHAR(500) NULL,
    origin NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NULL,
    inbox_id BIGINT NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (history_id)
)
GO

CREATE INDEX ix_puente_order_history ON puente_order_history (link_id, order_id)
GO

CREATE TABLE puente_outbox (
    outbox_id BIGINT NOT NULL IDENTITY,
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    entity NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    unit NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    event_id NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
    content_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    payload NVARCHAR(max) NOT NULL,
    status NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    why NVARCHAR(500) NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    delivered_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (outbox_id),
    CONSTRAINT uq_puente_outbox UNIQUE (link_id, event_id)
)
GO

CREATE INDEX ix_puente_outbox_status ON puente_outbox (link_id, status, outbox_id)
GO

CREATE TABLE puente_pause (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    entity NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    who NVARCHAR(100) NULL,
    why NVARCHAR(500) NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, entity)
)
GO

CREATE TABLE puente_permit (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    entity NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    who NVARCHAR(100) NULL,
    why NVARCHAR(500) NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, entity)
)
GO

CREATE TABLE puente_position (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    queue NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NOT NULL,
    epoch BIGINT NOT NULL,
    max_id BIGINT NOT NULL,
    last_created NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    columns_read NVARCHAR(4000) NULL,
    read_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, queue)
)
GO

CREATE TABLE puente_probe (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    connection NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    hour NVARCHAR(13) COLLATE Latin1_General_100_BIN2 NOT NULL,
    answered INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    slowest_ms INTEGER NOT NULL,
    error NVARCHAR(300) NULL,
    PRIMARY KEY (link_id, connection, hour)
)
GO

CREATE TABLE puente_proposal (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    product_id NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    request NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(250) COLLATE Latin1_General_100_BIN2 NOT NULL,
    supplier NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    sku NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    name NVARCHAR(255) NULL,
    place INTEGER NOT NULL,
    reorder_point NUMERIC(18, 4) NOT NULL,
    proposed NUMERIC(18, 4) NOT NULL,
    evidence NVARCHAR(max) NOT NULL,
    status NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NOT NULL,
    quantity NUMERIC(18, 4) NULL,
    who NVARCHAR(100) NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    decided_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    ordered_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, day, product_id)
)
GO

CREATE INDEX ix_puente_proposal_request ON puente_proposal (link_id, request)
GO

CREATE INDEX ix_puente_proposal_status ON puente_proposal (link_id, status, product_id)
GO

CREATE TABLE puente_record (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    entity NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    key_fold NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    active SMALLINT NOT NULL,
    unique_value NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    parent_key NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    blank_mask INTEGER NOT NULL DEFAULT 0,
    fingerprint NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    fingerprint_version NVARCHAR(80) COLLATE Latin1_General_100_BIN2 NULL,
    version BIGINT NOT NULL DEFAULT 0,
    sent_version BIGINT NOT NULL DEFAULT 0,
    base_version BIGINT NOT NULL DEFAULT 0,
    must_send SMALLINT NOT NULL DEFAULT 0,
    epoch BIGINT NULL,
    id_registro BIGINT NULL,
    revision INTEGER NULL,
    applied_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    batch_id BIGINT NULL,
    changed_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, entity, record_key)
)
GO

CREATE INDEX ix_puente_record_fold ON puente_record (link_id, entity, key_fold)
GO

CREATE INDEX ix_puente_record_unique ON puente_record (link_id, entity, unique_value)
GO

CREATE TABLE puente_reservation (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    order_id NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    product_id NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    quantity NUMERIC(18, 4) NOT NULL,
    released_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, order_id, product_id)
)
GO

CREATE INDEX ix_puente_reservation_product ON puente_reservation (link_id, product_id)
GO

CREATE TABLE puente_rule_result (
    batch_id BIGINT NOT NULL,
    rule_id NVARCHAR(120) COLLATE Latin1_General_100_BIN2 NOT NULL,
    severity NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NULL,
    stage NVARCHAR(5) COLLATE Latin1_General_100_BIN2 NULL,
    evaluated BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    PRIMARY KEY (batch_id, rule_id)
)
GO

CREATE TABLE puente_scan (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    entity NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    key_fold NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    fingerprint NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    blank_mask INTEGER NOT NULL,
    unique_value NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    page_no BIGINT NOT NULL,
    PRIMARY KEY (link_id, run_id, entity, record_key)
)
GO

CREATE INDEX ix_puente_scan_page ON puente_scan (link_id, run_id, entity, page_no)
GO

CREATE TABLE puente_seen (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    queue NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id_registro BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    content_hash NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, queue, id_registro, epoch, revision)
)
GO

CREATE TABLE puente_side (
    name NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    value NVARCHAR(400) NULL,
    PRIMARY KEY (name)
)
GO

CREATE TABLE puente_silence (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    entity NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    since NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    hours NUMERIC(18, 4) NOT NULL,
    at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    ended_at NVARCHAR(24) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, entity, since)
)
GO

CREATE TABLE puente_stage_categories (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    row_no BIGINT NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [Operacion] NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [ID_Categoria] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Nombre] NVARCHAR(255) NULL,
    [Descripcion] NVARCHAR(max) NULL,
    [URL_Imagen] NVARCHAR(500) NULL,
    [ID_Categoria_Padre] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, run_id, row_no)
)
GO

CREATE INDEX ix_puente_stage_categories_key ON puente_stage_categories (link_id, run_id, record_key)
GO

CREATE TABLE puente_stage_companies (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    row_no BIGINT NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [Operacion] NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
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
    PRIMARY KEY (link_id, run_id, row_no)
)
GO

CREATE INDEX ix_puente_stage_companies_key ON puente_stage_companies (link_id, run_id, record_key)
GO

CREATE TABLE puente_stage_contacts (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    row_no BIGINT NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [Operacion] NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
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
    PRIMARY KEY (link_id, run_id, row_no)
)
GO

CREATE INDEX ix_puente_stage_contacts_key ON puente_stage_contacts (link_id, run_id, record_key)
GO

CREATE TABLE puente_stage_order_headers (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    row_no BIGINT NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [Operacion] NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
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
    PRIMARY KEY (link_id, run_id, row_no)
)
GO

CREATE INDEX ix_puente_stage_order_headers_key ON puente_stage_order_headers (link_id, run_id, record_key)
GO

CREATE TABLE puente_stage_order_lines (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    row_no BIGINT NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [Operacion] NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [ID_Pedido_Detalles] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Pedido_Cabecera] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Producto] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Cantidad] NUMERIC(18, 4) NULL,
    [Precio_Unitario] NUMERIC(18, 4) NULL,
    [Monto_Total_Producto] NUMERIC(18, 4) NULL,
    PRIMARY KEY (link_id, run_id, row_no)
)
GO

CREATE INDEX ix_puente_stage_order_lines_key ON puente_stage_order_lines (link_id, run_id, record_key)
GO

CREATE TABLE puente_stage_order_states (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    row_no BIGINT NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [Operacion] NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [ID_Pedido_Cabecera] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [Estado] NVARCHAR(50) NULL,
    [Motivo_Rechazo] NVARCHAR(500) NULL,
    PRIMARY KEY (link_id, run_id, row_no)
)
GO

CREATE INDEX ix_puente_stage_order_states_key ON puente_stage_order_states (link_id, run_id, record_key)
GO

CREATE TABLE puente_stage_product_categories (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    row_no BIGINT NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [Operacion] NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [ID_Categoria] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    [ID_Producto] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (link_id, run_id, row_no)
)
GO

CREATE INDEX ix_puente_stage_product_categories_key ON puente_stage_product_categories (link_id, run_id, record_key)
GO

CREATE TABLE puente_stage_products (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    row_no BIGINT NOT NULL,
    record_key NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [Operacion] NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NOT NULL,
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
    PRIMARY KEY (link_id, run_id, row_no)
)
GO

CREATE INDEX ix_puente_stage_products_key ON puente_stage_products (link_id, run_id, record_key)
GO

CREATE TABLE puente_work (
    link_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    queue NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NOT NULL,
    step NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    chunk BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (link_id, queue, step, chunk, inbox_id)
)
GO
