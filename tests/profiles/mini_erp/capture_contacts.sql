SELECT cve AS ID_Contacto, nombres AS Nombres, cliente AS ID_Empresa, correo AS Email FROM persona
