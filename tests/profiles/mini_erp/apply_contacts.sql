-- A row of the platform's is known by the ERP's key or, where it brings none, by the shop's number.
UPDATE persona
SET nombres = s.Nombres, cliente = s.ID_Empresa, correo = s.Email,
    referencia = COALESCE(s.ID_Plataforma, persona.referencia), activo = 1
FROM puente_stage_contacts s
WHERE s.link_id = :link_id AND s.run_id = :run_id AND persona.cve = s.ID_Contacto;

UPDATE persona
SET nombres = s.Nombres, cliente = s.ID_Empresa, correo = s.Email,
    referencia = s.ID_Plataforma, activo = 1
FROM puente_stage_contacts s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND s.ID_Contacto IS NULL AND persona.referencia = s.ID_Plataforma;

-- The ERP gives a new contact a key of its own: N and the shop's number, the same when a run is repeated.
INSERT INTO persona (cve, nombres, cliente, correo, referencia, activo)
SELECT COALESCE(s.ID_Contacto, REPLACE('N{N}', '{N}', s.ID_Plataforma)),
       s.Nombres, s.ID_Empresa, s.Email, s.ID_Plataforma, 1
FROM puente_stage_contacts s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND NOT EXISTS (SELECT 1 FROM persona c WHERE c.cve = s.ID_Contacto)
  AND (s.ID_Contacto IS NOT NULL OR NOT EXISTS (SELECT 1 FROM persona c WHERE c.referencia = s.ID_Plataforma));
