SELECT cve AS ID_Contacto, referencia AS ID_Plataforma, nombres AS Nombres, cliente AS ID_Empresa, correo AS Email
FROM persona WHERE activo = 1
