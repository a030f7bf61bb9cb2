SELECT erp_id AS ID_Empresa, id AS ID_Plataforma, name AS Nombre_Empresa, tax_id AS Identificacion_Fiscal,
       phone AS Telefono_Fijo, email AS Email
FROM shop_company WHERE active = 1
