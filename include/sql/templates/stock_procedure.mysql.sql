-- Template for the ERP's DBA, MySQL and MariaDB: the procedure by which Puente asks for one article's stock.
-- One argument, one row, one column. Put your own tables in the place of <...>; what you leave out is not asked for.
--
-- Say NULL for an article that the ERP does not know (the profile's `unknown_stock` says what Puente makes of it), 0 for
-- one that is sold out. Whether the argument is the ERP's key or the SKU is the profile's `stock_argument`. The argument
-- must have the collation of the column that it is compared with. The profile's stock.mysql.sql calls it:
-- CALL sp_Consultar_Existencia(:product)

CREATE PROCEDURE sp_Consultar_Existencia (
    IN P_PRODUCTO VARCHAR(64) CHARACTER SET utf8mb4 COLLATE <collation>
)
READS SQL DATA
SQL SECURITY DEFINER
    SELECT CASE WHEN EXISTS (SELECT 1 FROM <ARTICULOS> WHERE <CLAVE> = P_PRODUCTO) THEN
        COALESCE((SELECT SUM(<CANTIDAD>) FROM <EXISTENCIAS> WHERE <CLAVE> = P_PRODUCTO), 0)
        -- Where received orders leave the figure only when they are shipped, take off what they still hold;
        -- else set the profile's `reflected_from` to the state in which your figure falls.
    END AS Existencia;

-- Puente's login needs nothing else for it: no right on the tables that it reads.
GRANT EXECUTE ON PROCEDURE sp_Consultar_Existencia TO 'puente_sync'@'%';
