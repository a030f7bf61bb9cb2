SELECT piezas FROM almacen WHERE cve = :product
