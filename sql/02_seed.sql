-- A small world in which the two readings of 03_query.sql differ. Safe to repeat: what is there is left alone.

INSERT INTO btg.sucursal (id, nombre, ciudad) VALUES
    (1, 'Centro Internacional', 'Bogotá'),
    (2, 'Chapinero', 'Bogotá'),
    (3, 'El Poblado', 'Medellín'),
    (4, 'Granada', 'Cali'),
    (5, 'Alto Prado', 'Barranquilla')       -- offers nothing
ON CONFLICT (id) DO NOTHING;

INSERT INTO btg.producto (id, nombre, tipo_producto) VALUES
    (1, 'Fondo Recaudadora', 'FPV'),
    (2, 'Fondo Ecopetrol', 'FPV'),
    (3, 'Deuda Privada', 'FIC'),
    (4, 'Cuenta Diaria', 'CUENTA'),
    (5, 'Crédito de Vivienda', 'CREDITO')   -- offered nowhere
ON CONFLICT (id) DO NOTHING;

INSERT INTO btg.disponibilidad (id_sucursal, id_producto) VALUES
    (1, 1),
    (1, 2), (3, 2),
    (4, 3),
    (1, 4), (2, 4), (3, 4), (4, 4)
ON CONFLICT DO NOTHING;

INSERT INTO btg.cliente (id, nombre, apellidos, ciudad) VALUES
    (1, 'Ana', 'Gómez Ríos', 'Bogotá'),     -- exclusive only: product 1 is offered at 1 alone; she also visits 2
    (2, 'Beto', 'Ruiz Peña', 'Bogotá'),     -- coverage only: product 2 is offered at 1, which he visits, and at 3
    (3, 'Carla', 'Núñez D''Silva', 'Medellín'), -- both: product 2 is offered at 1 and 3, just where she goes
    (4, 'Diego', 'Mora Vega', 'Cali'),      -- neither: his product is not offered where he goes
    (5, 'Elena', 'Soto León', 'Cali'),      -- neither: visits nothing
    (6, 'Fabio', 'Lara Díaz', 'Bogotá'),    -- neither: his product is offered nowhere
    (7, 'Gloria', 'Paz Ortiz', 'Bogotá'),   -- neither: enrolled in nothing
    (8, 'Hugo', 'Niño Arias', 'Cali'),      -- both: by product 3; product 5, offered nowhere, takes nothing away
    (9, 'Ana', 'Gómez Ríos', 'Barranquilla') -- neither, and called like the first
ON CONFLICT (id) DO NOTHING;

INSERT INTO btg.inscripcion (id_producto, id_cliente) VALUES
    (1, 1), (2, 2), (2, 3), (1, 4), (1, 5), (5, 6), (3, 8), (5, 8), (4, 9)
ON CONFLICT DO NOTHING;

INSERT INTO btg.visitan (id_sucursal, id_cliente, fecha_visita) VALUES
    (1, 1, '2026-01-12'), (1, 1, '2026-02-12'), (2, 1, '2026-02-13'),
    (1, 2, '2026-01-20'),
    (1, 3, '2026-01-21'), (3, 3, '2026-03-02'), (3, 3, '2026-03-09'),
    (4, 4, '2026-02-02'),
    (1, 6, '2026-02-03'),
    (1, 7, '2026-02-04'), (2, 7, '2026-02-04'),
    (4, 8, '2026-02-05'), (4, 8, '2026-03-05'),
    (5, 9, '2026-02-06')
ON CONFLICT DO NOTHING;

-- Rows with ids of ours do not move the sequences; the next row without one must not meet them.
DO $$
DECLARE
    tabla text;
BEGIN
    FOREACH tabla IN ARRAY ARRAY['btg.cliente', 'btg.sucursal', 'btg.producto'] LOOP
        EXECUTE format(
            'SELECT setval(%1$L, greatest((SELECT max(id) FROM %2$s), (SELECT last_value FROM %1$s)))',
            pg_get_serial_sequence(tabla, 'id'),
            tabla
        );
    END LOOP;
END
$$;
