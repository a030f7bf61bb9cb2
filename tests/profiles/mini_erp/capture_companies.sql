SELECT cve AS ID_Empresa, referencia AS ID_Plataforma, nombre AS Nombre_Empresa, rfc AS Identificacion_Fiscal,
       telefono AS Telefono_Fijo, correo AS Email
FROM cliente WHERE activo = 1
