-- Empties the six tables and starts their ids anew; schema, type, keys and indexes stay.
--
-- All six are named and there is no CASCADE: should a table of somebody else refer to these, nothing is emptied.

TRUNCATE btg.visitan, btg.inscripcion, btg.disponibilidad, btg.producto, btg.sucursal, btg.cliente
RESTART IDENTITY RESTRICT;
