SELECT erp_id AS ID_Categoria, title AS Nombre, description AS Descripcion, image AS URL_Imagen,
       parent AS ID_Categoria_Padre
FROM shop_category WHERE active = 1
