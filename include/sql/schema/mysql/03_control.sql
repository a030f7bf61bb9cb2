-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit.

CREATE TABLE puente_alert (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    kind VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    subject VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    what VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    place VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    times INTEGER NOT NULL,
    told INTEGER NOT NULL,
    told_times INTEGER NOT NULL,
    waits VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    since VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    told_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    ended_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, kind, subject)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_batch (
    batch_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    reader VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    entity VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    queue VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    run_id VARCHAR(250) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    status VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    verdict VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    rows_read BIGINT NOT NULL DEFAULT 0,
    rows_landed BIGINT NOT NULL DEFAULT 0,
    rows_seen_again BIGINT NOT NULL DEFAULT 0,
    why VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    who VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    report VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    opened_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    settled_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (batch_id)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_batch_open ON puente_batch (link_id, reader, entity, status);

CREATE INDEX ix_puente_batch_opened ON puente_batch (link_id, reader, opened_at);

CREATE INDEX ix_puente_batch_verdict ON puente_batch (link_id, reader, verdict, opened_at);

CREATE TABLE puente_binding (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    entity VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    erp_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    platform_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, entity, erp_id),
    CONSTRAINT uq_puente_binding UNIQUE (link_id, entity, platform_id)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_clearing (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    queue VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    id_registro BIGINT NOT NULL,
    fecha_creacion VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    PRIMARY KEY (link_id, queue, id_registro, fecha_creacion)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_compare (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    entity VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    side VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    row_no BIGINT NOT NULL,
    value_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    PRIMARY KEY (link_id, entity, record_key, side, row_no)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_conflict (
    conflict_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    entity VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    inbox_id BIGINT,
    winner VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    why VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    loser MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    kept MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    who VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    remark VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    resolved_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (conflict_id)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_conflict_record ON puente_conflict (link_id, entity, record_key);

CREATE TABLE puente_decision (
    decision_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    queue VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    inbox_id BIGINT,
    batch_id BIGINT,
    action VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    field VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    original MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    value MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    who VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    why VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (decision_id)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_delivered (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    event_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    content_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, event_id)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_difference (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    entity VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    run_id VARCHAR(250) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    found VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    fields VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    why VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    repair VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    outcome VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    erp_version BIGINT,
    platform_version BIGINT,
    erp_form MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    platform_form MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, entity, record_key)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_finding (
    finding_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    queue VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    inbox_id BIGINT NOT NULL,
    batch_id BIGINT,
    rule_id VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    severity VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    outcome VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    message VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (finding_id)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_finding_batch ON puente_finding (batch_id);

CREATE INDEX ix_puente_finding_row ON puente_finding (link_id, queue, inbox_id);

CREATE TABLE puente_inbox_categorias_productos (
    inbox_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    content_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    payload_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    key_fold VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    op VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_until VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Categoria` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Nombre` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Descripcion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `URL_Imagen` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Categoria_Padre` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Origen` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Evento` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_categorias_productos UNIQUE (link_id, id_registro, epoch, revision)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_inbox_categorias_productos_batch ON puente_inbox_categorias_productos (link_id, batch_id);

CREATE INDEX ix_puente_inbox_categorias_productos_cleared ON puente_inbox_categorias_productos (link_id, cleared);

CREATE INDEX ix_puente_inbox_categorias_productos_key ON puente_inbox_categorias_productos (link_id, record_key);

CREATE INDEX ix_puente_inbox_categorias_productos_state ON puente_inbox_categorias_productos (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_clientes_baja (
    inbox_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    content_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    payload_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    key_fold VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    op VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_until VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Empresa` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Plataforma` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Nombre_Empresa` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Identificacion_Fiscal` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Direccion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Ciudad` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Estado` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Pais` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Codigo_Postal` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Fijo` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Movil` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Email` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Origen` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Evento` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_clientes_baja UNIQUE (link_id, id_registro, epoch, revision)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_inbox_clientes_baja_batch ON puente_inbox_clientes_baja (link_id, batch_id);

CREATE INDEX ix_puente_inbox_clientes_baja_cleared ON puente_inbox_clientes_baja (link_id, cleared);

CREATE INDEX ix_puente_inbox_clientes_baja_key ON puente_inbox_clientes_baja (link_id, record_key);

CREATE INDEX ix_puente_inbox_clientes_baja_state ON puente_inbox_clientes_baja (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_clientes_sube (
    inbox_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    content_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    payload_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    key_fold VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    op VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_until VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Empresa` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Plataforma` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Nombre_Empresa` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Identificacion_Fiscal` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Direccion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Ciudad` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Estado` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Pais` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Codigo_Postal` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Fijo` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Movil` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Email` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Origen` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Evento` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_clientes_sube UNIQUE (link_id, id_registro, epoch, revision)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_inbox_clientes_sube_batch ON puente_inbox_clientes_sube (link_id, batch_id);

CREATE INDEX ix_puente_inbox_clientes_sube_cleared ON puente_inbox_clientes_sube (link_id, cleared);

CREATE INDEX ix_puente_inbox_clientes_sube_key ON puente_inbox_clientes_sube (link_id, record_key);

CREATE INDEX ix_puente_inbox_clientes_sube_state ON puente_inbox_clientes_sube (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_contactos_baja (
    inbox_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    content_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    payload_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    key_fold VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    op VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_until VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Contacto` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Plataforma` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Nombres` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Apellidos` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Empresa` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Cargo` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Direccion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Ciudad` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Estado` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Pais` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Codigo_Postal` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Fijo` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Movil` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Email` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Origen` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Evento` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_contactos_baja UNIQUE (link_id, id_registro, epoch, revision)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_inbox_contactos_baja_batch ON puente_inbox_contactos_baja (link_id, batch_id);

CREATE INDEX ix_puente_inbox_contactos_baja_cleared ON puente_inbox_contactos_baja (link_id, cleared);

CREATE INDEX ix_puente_inbox_contactos_baja_key ON puente_inbox_contactos_baja (link_id, record_key);

CREATE INDEX ix_puente_inbox_contactos_baja_state ON puente_inbox_contactos_baja (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_contactos_sube (
    inbox_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    content_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    payload_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    key_fold VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    op VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_until VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Contacto` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Plataforma` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Nombres` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Apellidos` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Empresa` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Cargo` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Direccion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Ciudad` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Estado` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Pais` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Codigo_Postal` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Fijo` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Telefono_Movil` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Email` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Origen` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Evento` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_contactos_sube UNIQUE (link_id, id_registro, epoch, revision)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_inbox_contactos_sube_batch ON puente_inbox_contactos_sube (link_id, batch_id);

CREATE INDEX ix_puente_inbox_contactos_sube_cleared ON puente_inbox_contactos_sube (link_id, cleared);

CREATE INDEX ix_puente_inbox_contactos_sube_key ON puente_inbox_contactos_sube (link_id, record_key);

CREATE INDEX ix_puente_inbox_contactos_sube_state ON puente_inbox_contactos_sube (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_pedidos_cabecera (
    inbox_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    content_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    payload_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    key_fold VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    op VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_until VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Pedido_Cabecera` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Estado_Pedido` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Empresa` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Contacto` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Facturacion_Direccion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Facturacion_Ciudad` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Facturacion_Estado` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Facturacion_Pais` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Facturacion_Codigo_Postal` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Facturacion_Email` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Facturacion_Telefono` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Envio_Direccion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Envio_Ciudad` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Envio_Estado` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Envio_Pais` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Envio_Codigo_Postal` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Envio_Email` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Envio_Telefono` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Subtotal_Sin_Descuento` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Descuento` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Subtotal_Con_Descuento` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Costo_Envio` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Subtotal_Con_Envio` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Impuestos` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Total` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Medio_Pago` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Pago` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Lineas` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Origen` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Evento` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_pedidos_cabecera UNIQUE (link_id, id_registro, epoch, revision)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_inbox_pedidos_cabecera_batch ON puente_inbox_pedidos_cabecera (link_id, batch_id);

CREATE INDEX ix_puente_inbox_pedidos_cabecera_cleared ON puente_inbox_pedidos_cabecera (link_id, cleared);

CREATE INDEX ix_puente_inbox_pedidos_cabecera_key ON puente_inbox_pedidos_cabecera (link_id, record_key);

CREATE INDEX ix_puente_inbox_pedidos_cabecera_state ON puente_inbox_pedidos_cabecera (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_pedidos_detalles (
    inbox_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    content_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    payload_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    key_fold VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    op VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_until VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Pedido_Detalles` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Pedido_Cabecera` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Producto` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Cantidad` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Precio_Unitario` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Monto_Total_Producto` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Origen` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Evento` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_pedidos_detalles UNIQUE (link_id, id_registro, epoch, revision)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_inbox_pedidos_detalles_batch ON puente_inbox_pedidos_detalles (link_id, batch_id);

CREATE INDEX ix_puente_inbox_pedidos_detalles_cleared ON puente_inbox_pedidos_detalles (link_id, cleared);

CREATE INDEX ix_puente_inbox_pedidos_detalles_key ON puente_inbox_pedidos_detalles (link_id, record_key);

CREATE INDEX ix_puente_inbox_pedidos_detalles_state ON puente_inbox_pedidos_detalles (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_pedidos_estados (
    inbox_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    content_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    payload_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    key_fold VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    op VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_until VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Pedido_Cabecera` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Estado` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Motivo_Rechazo` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Origen` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Evento` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_pedidos_estados UNIQUE (link_id, id_registro, epoch, revision)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_inbox_pedidos_estados_batch ON puente_inbox_pedidos_estados (link_id, batch_id);

CREATE INDEX ix_puente_inbox_pedidos_estados_cleared ON puente_inbox_pedidos_estados (link_id, cleared);

CREATE INDEX ix_puente_inbox_pedidos_estados_key ON puente_inbox_pedidos_estados (link_id, record_key);

CREATE INDEX ix_puente_inbox_pedidos_estados_state ON puente_inbox_pedidos_estados (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_productos (
    inbox_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    content_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    payload_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    key_fold VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    op VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_until VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Producto` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `SKU` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Nombre` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Marca` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Modelo` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Unidades` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Descripcion_Corta` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Descripcion_Larga` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `URL_Imagen` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Categoria` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Precio_1` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Precio_2` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Precio_3` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Precio_4` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Precio_5` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Existencia` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Peso` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Ancho` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Largo` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Alto` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Origen` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Evento` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_productos UNIQUE (link_id, id_registro, epoch, revision)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_inbox_productos_batch ON puente_inbox_productos (link_id, batch_id);

CREATE INDEX ix_puente_inbox_productos_cleared ON puente_inbox_productos (link_id, cleared);

CREATE INDEX ix_puente_inbox_productos_key ON puente_inbox_productos (link_id, record_key);

CREATE INDEX ix_puente_inbox_productos_state ON puente_inbox_productos (link_id, state, taken_by, record_key);

CREATE TABLE puente_inbox_relacion_categorias_productos (
    inbox_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    epoch BIGINT NOT NULL,
    id_registro BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    content_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    payload_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    key_fold VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    op VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    blank_mask INTEGER NOT NULL,
    batch_id BIGINT NOT NULL,
    taken_by BIGINT,
    cleared SMALLINT NOT NULL,
    state VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    gate SMALLINT NOT NULL DEFAULT 0,
    forced SMALLINT NOT NULL DEFAULT 0,
    apply_rank INTEGER NOT NULL DEFAULT 0,
    waits_for VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits_until VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Categoria` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Producto` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Operacion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Origen` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Evento` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Version_Base` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (inbox_id),
    CONSTRAINT uq_puente_inbox_relacion_categorias_productos UNIQUE (link_id, id_registro, epoch, revision)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_inbox_relacion_categorias_productos_batch ON puente_inbox_relacion_categorias_productos (link_id, batch_id);

CREATE INDEX ix_puente_inbox_relacion_categorias_productos_cleared ON puente_inbox_relacion_categorias_productos (link_id, cleared);

CREATE INDEX ix_puente_inbox_relacion_categorias_productos_key ON puente_inbox_relacion_categorias_productos (link_id, record_key);

CREATE INDEX ix_puente_inbox_relacion_categorias_productos_state ON puente_inbox_relacion_categorias_productos (link_id, state, taken_by, record_key);

CREATE TABLE puente_inventory (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    run_id VARCHAR(250) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    entity VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    started_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    finished_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
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
    compared VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    left_out VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    refused VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    decision VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    who VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    decided_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, run_id, entity)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_lease (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    name VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    token BIGINT NOT NULL,
    owner VARCHAR(400) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    work_id VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (link_id, name)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_ledger (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    seq BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    reader VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    entity VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    run_id VARCHAR(250) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    verdict VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
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
    settled_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    prev_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    row_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    PRIMARY KEY (link_id, seq)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_ledger_settled ON puente_ledger (link_id, settled_at);

CREATE TABLE puente_mail (
    mail_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    order_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    state VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    recipient VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    message_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    subject VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    plain MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    html MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    attachments MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    status VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    attempts INTEGER NOT NULL,
    error VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    tried_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (mail_id),
    CONSTRAINT uq_puente_mail UNIQUE (link_id, order_id, state, recipient)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_order (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    order_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    state VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    reason VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    waits VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    content_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    payload MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    emitted_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    confirmed_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    invoiced_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    changed_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, order_id)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_order_state ON puente_order (link_id, state);

CREATE TABLE puente_order_history (
    history_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    order_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    state VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    verdict VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    reason VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    origin VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    inbox_id BIGINT,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (history_id)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_order_history ON puente_order_history (link_id, order_id);

CREATE TABLE puente_outbox (
    outbox_id BIGINT NOT NULL AUTO_INCREMENT,
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    entity VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    unit VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    event_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    content_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    payload MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    status VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    why VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    delivered_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (outbox_id),
    CONSTRAINT uq_puente_outbox UNIQUE (link_id, event_id)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_outbox_status ON puente_outbox (link_id, status, outbox_id);

CREATE TABLE puente_pause (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    entity VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    who VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    why VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, entity)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_permit (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    entity VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    who VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    why VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, entity)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_position (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    queue VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    epoch BIGINT NOT NULL,
    max_id BIGINT NOT NULL,
    last_created VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    columns_read VARCHAR(4000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    read_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, queue)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_probe (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    connection VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    hour VARCHAR(13) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    answered INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    slowest_ms INTEGER NOT NULL,
    error VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, connection, hour)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_proposal (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    day VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    product_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    request VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    run_id VARCHAR(250) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    supplier VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    name VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    place INTEGER NOT NULL,
    reorder_point NUMERIC(18, 4) NOT NULL,
    proposed NUMERIC(18, 4) NOT NULL,
    evidence MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    status VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    quantity NUMERIC(18, 4),
    who VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    decided_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    ordered_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, day, product_id)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_proposal_request ON puente_proposal (link_id, request);

CREATE INDEX ix_puente_proposal_status ON puente_proposal (link_id, status, product_id);

CREATE TABLE puente_record (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    entity VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    key_fold VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    active SMALLINT NOT NULL,
    unique_value VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    parent_key VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    blank_mask INTEGER NOT NULL DEFAULT 0,
    fingerprint VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    fingerprint_version VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    version BIGINT NOT NULL DEFAULT 0,
    sent_version BIGINT NOT NULL DEFAULT 0,
    base_version BIGINT NOT NULL DEFAULT 0,
    must_send SMALLINT NOT NULL DEFAULT 0,
    epoch BIGINT,
    id_registro BIGINT,
    revision INTEGER,
    applied_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    batch_id BIGINT,
    changed_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, entity, record_key)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_record_fold ON puente_record (link_id, entity, key_fold);

CREATE INDEX ix_puente_record_unique ON puente_record (link_id, entity, unique_value);

CREATE TABLE puente_reservation (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    order_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    product_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    quantity NUMERIC(18, 4) NOT NULL,
    released_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, order_id, product_id)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_reservation_product ON puente_reservation (link_id, product_id);

CREATE TABLE puente_rule_result (
    batch_id BIGINT NOT NULL,
    rule_id VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    severity VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    stage VARCHAR(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    evaluated BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    PRIMARY KEY (batch_id, rule_id)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_scan (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    run_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    entity VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    key_fold VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    fingerprint VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    blank_mask INTEGER NOT NULL,
    unique_value VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    page_no BIGINT NOT NULL,
    PRIMARY KEY (link_id, run_id, entity, record_key)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_scan_page ON puente_scan (link_id, run_id, entity, page_no);

CREATE TABLE puente_seen (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    queue VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    id_registro BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    fecha_creacion VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    content_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, queue, id_registro, epoch, revision)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_side (
    name VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    value VARCHAR(400) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (name)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_silence (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    entity VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    since VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    hours NUMERIC(18, 4) NOT NULL,
    at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    ended_at VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, entity, since)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE TABLE puente_stage_categories (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    run_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `ID_Categoria` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Nombre` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Descripcion` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `URL_Imagen` VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Categoria_Padre` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, run_id, row_no)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_stage_categories_key ON puente_stage_categories (link_id, run_id, record_key);

CREATE TABLE puente_stage_companies (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    run_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
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
    PRIMARY KEY (link_id, run_id, row_no)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_stage_companies_key ON puente_stage_companies (link_id, run_id, record_key);

CREATE TABLE puente_stage_contacts (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    run_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
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
    PRIMARY KEY (link_id, run_id, row_no)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_stage_contacts_key ON puente_stage_contacts (link_id, run_id, record_key);

CREATE TABLE puente_stage_order_headers (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    run_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
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
    PRIMARY KEY (link_id, run_id, row_no)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_stage_order_headers_key ON puente_stage_order_headers (link_id, run_id, record_key);

CREATE TABLE puente_stage_order_lines (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    run_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `ID_Pedido_Detalles` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Pedido_Cabecera` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Producto` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Cantidad` NUMERIC(18, 4),
    `Precio_Unitario` NUMERIC(18, 4),
    `Monto_Total_Producto` NUMERIC(18, 4),
    PRIMARY KEY (link_id, run_id, row_no)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_stage_order_lines_key ON puente_stage_order_lines (link_id, run_id, record_key);

CREATE TABLE puente_stage_order_states (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    run_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `ID_Pedido_Cabecera` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Estado` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `Motivo_Rechazo` VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, run_id, row_no)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_stage_order_states_key ON puente_stage_order_states (link_id, run_id, record_key);

CREATE TABLE puente_stage_product_categories (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    run_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `ID_Categoria` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `ID_Producto` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (link_id, run_id, row_no)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_stage_product_categories_key ON puente_stage_product_categories (link_id, run_id, record_key);

CREATE TABLE puente_stage_products (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    run_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    row_no BIGINT NOT NULL,
    record_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `Operacion` VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
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
    PRIMARY KEY (link_id, run_id, row_no)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;

CREATE INDEX ix_puente_stage_products_key ON puente_stage_products (link_id, run_id, record_key);

CREATE TABLE puente_work (
    link_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    queue VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    step VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    chunk BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (link_id, queue, step, chunk, inbox_id)
)ENGINE=InnoDB CHARSET=utf8mb4 STATS_PERSISTENT=0;
