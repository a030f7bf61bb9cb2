-- Template for the ERP's DBA, SQL Server 2016 and later: the procedure by which Puente asks for one article's stock.
-- One argument, one row, one column. Put your own tables in the place of <...>; what you leave out is not asked for.
--
-- Say NULL for an article that the ERP does not know (the profile's `unknown_stock` says what Puente makes of it), 0 for
-- one that is sold out. Whether the argument is the ERP's key or the SKU is the profile's `stock_argument`. The profile's
-- stock.mssql.sql calls it:  EXEC sp_Consultar_Existencia :product

CREATE PROCEDURE sp_Consultar_Existencia @Producto NVARCHAR(64)
AS
BEGIN
    SET NOCOUNT ON
    SELECT CASE WHEN EXISTS (SELECT 1 FROM <ARTICULOS> WHERE <CLAVE> = @Producto) THEN
        COALESCE((SELECT SUM(<CANTIDAD>) FROM <EXISTENCIAS> WHERE <CLAVE> = @Producto), 0)
        -- Where received orders leave the figure only when they are shipped, take off what they still hold;
        -- else set the profile's `reflected_from` to the state in which your figure falls.
    END AS Existencia
END;
GO

-- Puente's login needs nothing else for it: no right on the tables that it reads.
GRANT EXECUTE ON sp_Consultar_Existencia TO puente_sync;
GO
