-- A row of the platform's is known by the ERP's key or, where it brings none, by the shop's number.
UPDATE persona c
JOIN puente_stage_contacts s ON s.ID_Contacto = c.cve
SET c.nombres = s.Nombres, c.cliente = s.ID_Empresa, c.correo = s.Email,
    c.referencia = COALESCE(s.ID_Plataforma, c.referencia), c.activo = 1
WHERE s.link_id = :link_id AND s.run_id = :run_id;

UPDATE persona c
JOIN puente_stage_contacts s ON s.ID_Plataforma = c.referencia
SET c.nombres = s.Nombres, c.cliente = s.ID_Empresa, c.correo = s.Email,
    c.referencia = s.ID_Plataforma, c.activo = 1
WHERE s.link_id = :link_id AND s.run_id = :run_id AND s.ID_Contacto IS NULL;

-- The ERP gives a new contact a key of its own: N and the shop's number, the same when a run is repeated.
INSERT INTO persona (cve, nombres, cliente, correo, referencia, activo)
SELECT COALESCE(s.ID_Contacto, REPLACE('N{N}', '{N}', s.ID_Plataforma)),
       s.Nombres, s.ID_Empresa, s.Email, s.ID_Plataforma, 1
FROM puente_stage_contacts s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND NOT EXISTS (SELECT 1 FROM persona c WHERE c.cve = s.ID_Contacto)
  AND (s.ID_Contacto IS NOT NULL OR NOT EXISTS (SELECT 1 FROM persona c WHERE c.referencia = s.ID_Plataforma));
