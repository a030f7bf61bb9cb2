-- Generated from plugins/puente/contract.py by `python -m puente ddl`. Do not edit; copy, then fill in.
-- Takes Puente out of a database, the ERP's or the platform's; it may be run again. First stop the Dags, and copy what
-- an auditor may ask for: puente_ledger, puente_decision, puente_order_history, and the folder of reports.
-- No table of the ERP's or the shop's own is named here.

-- The triggers that keep queues INSERT-only.
DROP TRIGGER IF EXISTS puente_categorias_productos_no_update;
DROP TRIGGER IF EXISTS puente_productos_no_update;
DROP TRIGGER IF EXISTS puente_relacion_categorias_productos_no_update;
DROP TRIGGER IF EXISTS puente_clientes_sube_no_update;
DROP TRIGGER IF EXISTS puente_clientes_baja_no_update;
DROP TRIGGER IF EXISTS puente_contactos_sube_no_update;
DROP TRIGGER IF EXISTS puente_contactos_baja_no_update;
DROP TRIGGER IF EXISTS puente_pedidos_cabecera_no_update;
DROP TRIGGER IF EXISTS puente_pedidos_detalles_no_update;
DROP TRIGGER IF EXISTS puente_pedidos_estados_no_update;
GO

-- Puente's own tables, on either side.
DROP TABLE IF EXISTS [puente_work];
DROP TABLE IF EXISTS [puente_stage_products];
DROP TABLE IF EXISTS [puente_stage_product_categories];
DROP TABLE IF EXISTS [puente_stage_order_states];
DROP TABLE IF EXISTS [puente_stage_order_lines];
DROP TABLE IF EXISTS [puente_stage_order_headers];
DROP TABLE IF EXISTS [puente_stage_contacts];
DROP TABLE IF EXISTS [puente_stage_companies];
DROP TABLE IF EXISTS [puente_stage_categories];
DROP TABLE IF EXISTS [puente_silence];
DROP TABLE IF EXISTS [puente_side];
DROP TABLE IF EXISTS [puente_seen];
DROP TABLE IF EXISTS [puente_scan];
DROP TABLE IF EXISTS [puente_rule_result];
DROP TABLE IF EXISTS [puente_reservation];
DROP TABLE IF EXISTS [puente_record];
DROP TABLE IF EXISTS [puente_proposal];
DROP TABLE IF EXISTS [puente_probe];
DROP TABLE IF EXISTS [puente_position];
DROP TABLE IF EXISTS [puente_permit];
DROP TABLE IF EXISTS [puente_pause];
DROP TABLE IF EXISTS [puente_outbox];
DROP TABLE IF EXISTS [puente_order_history];
DROP TABLE IF EXISTS [puente_order];
DROP TABLE IF EXISTS [puente_mail];
DROP TABLE IF EXISTS [puente_ledger];
DROP TABLE IF EXISTS [puente_lease];
DROP TABLE IF EXISTS [puente_inventory];
DROP TABLE IF EXISTS [puente_inbox_relacion_categorias_productos];
DROP TABLE IF EXISTS [puente_inbox_productos];
DROP TABLE IF EXISTS [puente_inbox_pedidos_estados];
DROP TABLE IF EXISTS [puente_inbox_pedidos_detalles];
DROP TABLE IF EXISTS [puente_inbox_pedidos_cabecera];
DROP TABLE IF EXISTS [puente_inbox_contactos_sube];
DROP TABLE IF EXISTS [puente_inbox_contactos_baja];
DROP TABLE IF EXISTS [puente_inbox_clientes_sube];
DROP TABLE IF EXISTS [puente_inbox_clientes_baja];
DROP TABLE IF EXISTS [puente_inbox_categorias_productos];
DROP TABLE IF EXISTS [puente_finding];
DROP TABLE IF EXISTS [puente_difference];
DROP TABLE IF EXISTS [puente_delivered];
DROP TABLE IF EXISTS [puente_decision];
DROP TABLE IF EXISTS [puente_conflict];
DROP TABLE IF EXISTS [puente_compare];
DROP TABLE IF EXISTS [puente_clearing];
DROP TABLE IF EXISTS [puente_binding];
DROP TABLE IF EXISTS [puente_batch];
DROP TABLE IF EXISTS [puente_alert];
GO

-- Queues and purchase-order requests, in the ERP's database: take the dashes away before those that Puente made. `init`
-- named them when it made them; a vendor's stay. Look first whether they still hold rows.
-- DROP TABLE IF EXISTS [Categorias_Productos];
-- DROP TABLE IF EXISTS [Productos];
-- DROP TABLE IF EXISTS [Relacion_Categorias_Productos];
-- DROP TABLE IF EXISTS [Clientes_Sube];
-- DROP TABLE IF EXISTS [Clientes_Baja];
-- DROP TABLE IF EXISTS [Contactos_Sube];
-- DROP TABLE IF EXISTS [Contactos_Baja];
-- DROP TABLE IF EXISTS [Pedidos_Cabecera];
-- DROP TABLE IF EXISTS [Pedidos_Detalles];
-- DROP TABLE IF EXISTS [Pedidos_Estados];
-- DROP TABLE IF EXISTS [Ordenes_Compra];
-- DROP TABLE IF EXISTS [Ordenes_Compra_Detalles];

-- Restores and drills leave <database>_restored, _drill and _before beside this one, until a person drops them.
-- The login; its second line once the other side needs it no more:
-- DROP USER puente_sync;
-- DROP LOGIN puente_sync;
