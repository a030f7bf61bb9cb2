-- The stock of one article in all warehouses, less what orders that were received have not taken out of them yet:
-- one row, one column, NULL for an article that the ERP does not know.
-- SQLite has no procedures: this is what sp_Consultar_Existencia of the other engines asks. Articles go by the piece.
SELECT CASE WHEN EXISTS (SELECT 1 FROM ART WHERE CVE_ART = :product) THEN
    COALESCE((SELECT SUM(CANTIDAD) FROM EXISTENCIA WHERE CVE_ART = :product), 0)
    - COALESCE((
        SELECT SUM(CAST(l.CANTIDAD AS INTEGER))
        FROM PEDIDO_PARTIDA l
        JOIN PEDIDO p ON p.FOLIO = l.FOLIO
        WHERE l.CVE_ART = :product AND (p.ESTATUS IS NULL OR p.ESTATUS IN ('ACEPTADO', 'PROCESADO'))
    ), 0)
END AS EXISTENCIA
