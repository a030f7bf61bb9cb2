-- A row of the platform's is known by the ERP's key or, where it brings none, by the shop's number.
UPDATE cliente c
JOIN puente_stage_companies s ON s.ID_Empresa = c.cve
SET c.nombre = s.Nombre_Empresa, c.rfc = s.Identificacion_Fiscal, c.telefono = s.Telefono_Fijo, c.correo = s.Email,
    c.referencia = COALESCE(s.ID_Plataforma, c.referencia), c.activo = 1
WHERE s.link_id = :link_id AND s.run_id = :run_id;

UPDATE cliente c
JOIN puente_stage_companies s ON s.ID_Plataforma = c.referencia
SET c.nombre = s.Nombre_Empresa, c.rfc = s.Identificacion_Fiscal, c.telefono = s.Telefono_Fijo, c.correo = s.Email,
    c.referencia = s.ID_Plataforma, c.activo = 1
WHERE s.link_id = :link_id AND s.run_id = :run_id AND s.ID_Empresa IS NULL;

-- The ERP gives a new customer a key of its own: N and the shop's number, the same when a run is repeated.
INSERT INTO cliente (cve, nombre, rfc, telefono, correo, referencia, activo)
SELECT COALESCE(s.ID_Empresa, REPLACE('N{N}', '{N}', s.ID_Plataforma)),
       s.Nombre_Empresa, s.Identificacion_Fiscal, s.Telefono_Fijo, s.Email, s.ID_Plataforma, 1
FROM puente_stage_companies s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND NOT EXISTS (SELECT 1 FROM cliente c WHERE c.cve = s.ID_Empresa)
  AND (s.ID_Empresa IS NOT NULL OR NOT EXISTS (SELECT 1 FROM cliente c WHERE c.referencia = s.ID_Plataforma));
