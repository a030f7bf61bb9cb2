EXEC sp_Consultar_Existencia :product
