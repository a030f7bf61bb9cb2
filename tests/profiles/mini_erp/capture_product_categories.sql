SELECT familia AS ID_Categoria, articulo AS ID_Producto FROM articulo_familia
