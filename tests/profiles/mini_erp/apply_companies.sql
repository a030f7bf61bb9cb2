-- A row of the platform's is known by the ERP's key or, where it brings none, by the shop's number.
UPDATE cliente
SET nombre = s.Nombre_Empresa, rfc = s.Identificacion_Fiscal, telefono = s.Telefono_Fijo, correo = s.Email,
    referencia = COALESCE(s.ID_Plataforma, cliente.referencia), activo = 1
FROM puente_stage_companies s
WHERE s.link_id = :link_id AND s.run_id = :run_id AND cliente.cve = s.ID_Empresa;

UPDATE cliente
SET nombre = s.Nombre_Empresa, rfc = s.Identificacion_Fiscal, telefono = s.Telefono_Fijo, correo = s.Email,
    referencia = s.ID_Plataforma, activo = 1
FROM puente_stage_companies s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND s.ID_Empresa IS NULL AND cliente.referencia = s.ID_Plataforma;

-- The ERP gives a new customer a key of its own: N and the shop's number, the same when a run is repeated.
INSERT INTO cliente (cve, nombre, rfc, telefono, correo, referencia, activo)
SELECT COALESCE(s.ID_Empresa, REPLACE('N{N}', '{N}', s.ID_Plataforma)),
       s.Nombre_Empresa, s.Identificacion_Fiscal, s.Telefono_Fijo, s.Email, s.ID_Plataforma, 1
FROM puente_stage_companies s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND NOT EXISTS (SELECT 1 FROM cliente c WHERE c.cve = s.ID_Empresa)
  AND (s.ID_Empresa IS NOT NULL OR NOT EXISTS (SELECT 1 FROM cliente c WHERE c.referencia = s.ID_Plataforma));
