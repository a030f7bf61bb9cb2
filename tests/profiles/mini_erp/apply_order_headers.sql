INSERT INTO pedido (cve, cliente, persona, total)
SELECT s.ID_Pedido_Cabecera, s.ID_Empresa, s.ID_Contacto, s.Total
FROM puente_stage_order_headers s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND NOT EXISTS (SELECT 1 FROM pedido p WHERE p.cve = s.ID_Pedido_Cabecera);
