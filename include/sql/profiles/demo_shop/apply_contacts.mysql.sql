-- Contacts belong to a company by the shop's own number, looked up by the ERP's key.
-- The same as apply_contacts.sql, with a JOIN where the other engines have UPDATE ... FROM.
UPDATE tienda_contacto c
JOIN puente_stage_contacts s ON s.ID_Contacto = c.erp_id
LEFT JOIN tienda_empresa e ON e.erp_id = s.ID_Empresa
SET c.empresa_id = e.id,
    c.nombres = s.Nombres, c.apellidos = s.Apellidos, c.puesto = s.Cargo, c.calle = s.Direccion, c.ciudad = s.Ciudad,
    c.estado = s.Estado, c.pais = s.Pais, c.cp = s.Codigo_Postal, c.telefono = s.Telefono_Fijo,
    c.celular = s.Telefono_Movil, c.correo = s.Email, c.activo = 1
WHERE s.link_id = :link_id AND s.run_id = :run_id;

INSERT INTO tienda_contacto (
    erp_id, empresa_id, nombres, apellidos, puesto, calle, ciudad, estado, pais, cp, telefono, celular, correo, activo
)
SELECT
    s.ID_Contacto, e.id, s.Nombres, s.Apellidos, s.Cargo, s.Direccion, s.Ciudad, s.Estado, s.Pais, s.Codigo_Postal,
    s.Telefono_Fijo, s.Telefono_Movil, s.Email, 1
FROM puente_stage_contacts s
LEFT JOIN tienda_empresa e ON e.erp_id = s.ID_Empresa
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND NOT EXISTS (SELECT 1 FROM tienda_contacto c WHERE c.erp_id = s.ID_Contacto);
