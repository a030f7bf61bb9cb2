CALL sp_Consultar_Existencia(:product)
