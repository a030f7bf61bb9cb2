-- The ERP numbers the order itself (FOLIO) and keeps the shop's number. ESTATUS stays NULL until the staff decide.
INSERT INTO PEDIDO (
    ID_PEDIDO_CABECERA, CVE_CTE, CVE_CONT, FAC_CALLE, FAC_CIUDAD, FAC_ESTADO, FAC_PAIS, FAC_CP, FAC_CORREO, FAC_TEL,
    ENT_CALLE, ENT_CIUDAD, ENT_ESTADO, ENT_PAIS, ENT_CP, ENT_CORREO, ENT_TEL, SUBTOTAL, DESCUENTO, ENVIO, IMPUESTO,
    TOTAL, MEDIO_PAGO, ID_PAGO
)
SELECT
    s.ID_Pedido_Cabecera, s.ID_Empresa, s.ID_Contacto, s.Facturacion_Direccion, s.Facturacion_Ciudad,
    s.Facturacion_Estado, s.Facturacion_Pais, s.Facturacion_Codigo_Postal, s.Facturacion_Email,
    s.Facturacion_Telefono, s.Envio_Direccion, s.Envio_Ciudad, s.Envio_Estado, s.Envio_Pais, s.Envio_Codigo_Postal,
    s.Envio_Email, s.Envio_Telefono, s.Subtotal_Sin_Descuento, s.Descuento, s.Costo_Envio, s.Impuestos, s.Total,
    s.Medio_Pago, s.ID_Pago
FROM puente_stage_order_headers s
WHERE s.link_id = :link_id AND s.run_id = :run_id
  AND NOT EXISTS (SELECT 1 FROM PEDIDO p WHERE p.ID_PEDIDO_CABECERA = s.ID_Pedido_Cabecera);
