-- The advisory locks of this room, by name.
CREATE FUNCTION events_bell() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 7203001::bigint';
CREATE FUNCTION events_sealer() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 7203002::bigint';
