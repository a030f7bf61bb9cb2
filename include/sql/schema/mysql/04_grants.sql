-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit; copy, then fill in.
-- Least-privilege login for Puente. Run in the ERP's database, as its owner, after 03_control.sql.

CREATE USER IF NOT EXISTS 'puente_sync'@'%' IDENTIFIED BY '<password>';
-- Narrow '%' to the host that Airflow runs on, and add REQUIRE SSL where the server has a certificate.

-- The queues: rows are inserted, read and deleted. UPDATE is not granted, on purpose.
GRANT SELECT, INSERT, DELETE ON `Categorias_Productos` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, DELETE ON `Productos` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, DELETE ON `Relacion_Categorias_Productos` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, DELETE ON `Clientes_Sube` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, DELETE ON `Clientes_Baja` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, DELETE ON `Contactos_Sube` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, DELETE ON `Contactos_Baja` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, DELETE ON `Pedidos_Cabecera` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, DELETE ON `Pedidos_Detalles` TO 'puente_sync'@'%';
GRANT SELECT, INSERT, DELETE ON `Pedidos_Estados` TO 'puente_sync'@'%';

-- Purchase-order requests that a buyer approved: written once, for the ERP's own import.
GRANT SELECT, INSERT ON `Ordenes_Compra` TO 'puente_sync'@'%';
GRANT SELECT, INSERT ON `Ordenes_Compra_Detalles` TO 'puente_sync'@'%';

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

-- What the profile's files read and write: name every table or view of yours, and give INSERT or UPDATE
-- only where an apply or delete file writes.
-- For the demo these are:
-- GRANT SELECT ON `ART` TO 'puente_sync'@'%';
-- GRANT SELECT ON `ART_FAMILIA` TO 'puente_sync'@'%';
-- GRANT SELECT, INSERT, UPDATE ON `CLIENTE` TO 'puente_sync'@'%';
-- GRANT SELECT, UPDATE ON `CONSECUTIVO` TO 'puente_sync'@'%';
-- GRANT SELECT, INSERT, UPDATE ON `CONTACTO` TO 'puente_sync'@'%';
-- GRANT SELECT ON `EXISTENCIA` TO 'puente_sync'@'%';
-- GRANT SELECT ON `FAMILIA` TO 'puente_sync'@'%';
-- GRANT SELECT ON `LISTA_PRECIO` TO 'puente_sync'@'%';
-- GRANT SELECT ON `MARCA` TO 'puente_sync'@'%';
-- GRANT SELECT, INSERT, UPDATE ON `PEDIDO` TO 'puente_sync'@'%';
-- GRANT SELECT, INSERT ON `PEDIDO_PARTIDA` TO 'puente_sync'@'%';

-- The stock procedure that stock.sql calls; for the demo:
-- GRANT EXECUTE ON PROCEDURE `sp_Consultar_Existencia` TO 'puente_sync'@'%';
