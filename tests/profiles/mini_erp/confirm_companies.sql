SELECT cve AS ID_Empresa, referencia AS ID_Plataforma FROM cliente WHERE referencia IS NOT NULL
