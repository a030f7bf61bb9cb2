SELECT cve AS ID_Contacto, referencia AS ID_Plataforma FROM persona WHERE referencia IS NOT NULL
