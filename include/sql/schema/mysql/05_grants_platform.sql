-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit; copy, then fill in.
-- Least-privilege login for Puente. Run in the platform's database, as its owner, after 03_control.sql.

CREATE USER IF NOT EXISTS 'puente_sync'@'%' IDENTIFIED BY '<password>';
-- Narrow '%' to the host that Airflow runs on, and add REQUIRE SSL where the server has a certificate.

-- Puente's own tables. From the ledger and from people's decisions nothing can be deleted. Of a decision only
-- the edited values can be blanked, as erasing a person does (docs/personal_data.md).
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_alert` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_batch` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_binding` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_clearing` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_compare` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_conflict` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE (original, value) ON `puente_decision` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_delivered` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_difference` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_finding` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_inbox_categorias_productos` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_inbox_clientes_baja` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_inbox_clientes_sube` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_inbox_contactos_baja` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_inbox_contactos_sube` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_inbox_pedidos_cabecera` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_inbox_pedidos_detalles` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_inbox_pedidos_estados` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_inbox_productos` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_inbox_relacion_categorias_productos` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_inventory` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_lease` TO 'puente_sync'@'%';
GRANT SELECT, INSERT ON `puente_ledger` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_mail` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_order` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_order_history` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_outbox` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_pause` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_permit` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_position` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_probe` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_proposal` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_record` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_reservation` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_rule_result` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_scan` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_seen` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_side` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_silence` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_stage_categories` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_stage_companies` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_stage_contacts` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_stage_order_headers` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_stage_order_lines` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_stage_order_states` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_stage_product_categories` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_stage_products` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `puente_work` TO 'puente_sync'@'%';

-- The shop's own tables that the profile reads and writes: name yours.
-- For the demo these are:
-- GRANT SELECT, INSERT, UPDATE, DELETE ON `tienda_categoria` TO 'puente_sync'@'%';
-- GRANT SELECT, INSERT, UPDATE, DELETE ON `tienda_categoria_producto` TO 'puente_sync'@'%';
-- GRANT SELECT, INSERT, UPDATE, DELETE ON `tienda_contacto` TO 'puente_sync'@'%';
-- GRANT SELECT, INSERT, UPDATE, DELETE ON `tienda_empresa` TO 'puente_sync'@'%';
-- GRANT SELECT, INSERT, UPDATE, DELETE ON `tienda_pedido` TO 'puente_sync'@'%';
-- GRANT SELECT, INSERT, UPDATE, DELETE ON `tienda_pedido_linea` TO 'puente_sync'@'%';
-- GRANT SELECT, INSERT, UPDATE, DELETE ON `tienda_producto` TO 'puente_sync'@'%';
