-- Every three characters in a row of folded words, and how each word begins (a blank and its first one or two): what
-- core.text.trigrams asks a GIN index for, so that words are found by any part of them without reading the whole table.
-- Of its own making, because pg_trgm is an extension that not every PostgreSQL comes with.
CREATE FUNCTION core_trigrams(folded text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT COALESCE(array_agg(DISTINCT gram COLLATE "C"), '{}') FROM (
        SELECT substr(folded, i, 3) FROM generate_series(1, length(folded) - 2) i
        UNION ALL
        SELECT ' ' || left(word, size)
        FROM regexp_split_to_table(folded, '[\u0001-\u002f\u003a-\u0060\u007b-\u007f]+') word, generate_series(1, 2) size
        WHERE length(word) >= size
    ) grams (gram)
$$;
