-- Contacts belong to a company by the shop's own number, looked up by the ERP's key.
UPDATE tienda_contacto
SET empresa_id = (SELECT e.id FROM tienda_empresa e WHERE e.erp_id = s.ID_Empresa),
    nombres = s.Nombres, apellidos = s.Apellidos, puesto = s.Cargo, calle = s.Direccion, ciudad = s.Ciudad,
    estado = s.Estado, pais = s.Pais, cp = s.Codigo_Postal, telefono = s.Telefono_Fijo, celular = s.Telefono_Movil,
    correo = s.Email, activo = 1
FROM puente_stage_contacts s
WHERE s.link_id = :link_id AND s.run_id = :run_id AND tienda_contacto.erp_id = s.ID_Contacto;

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
