SELECT cve AS ID_Categoria, nombre AS Nombre, descripcion AS Descripcion, padre AS ID_Categoria_Padre FROM familia
