SELECT cve AS ID_Empresa, nombre AS Nombre_Empresa, rfc AS Identificacion_Fiscal, telefono AS Telefono_Fijo,
       correo AS Email
FROM cliente
