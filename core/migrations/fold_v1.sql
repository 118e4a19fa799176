-- What searching and telling names apart goes by: no case, no accents, no doubled blanks, nothing unseen.
-- The same as core.text.fold. Of its own making, because `unaccent` needs a privilege to install and is not IMMUTABLE,
-- and `lower` follows the database's collation. normalize() needs a database in UTF8.
CREATE FUNCTION core_fold(words text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(
        replace(replace(replace(replace(replace(replace(replace(replace(
        translate(
            regexp_replace(
                normalize(
                    regexp_replace(
                        words COLLATE "C",
                        '[\u00ad\u034f\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]', '', 'g'
                    ), NFKD
                ), '[\u0300-\u036f]', '', 'g'
            ),
            'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
            'ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩς'
            'АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЄІЇЂЈЉЊЋЏ'
            'ØøĐđŁłÐðĦħŦŧŊŋı',
            'abcdefghijklmnopqrstuvwxyz'
            'αβγδεζηθικλμνξοπρστυφχψωσ'
            'абвгдежзийклмнопрстуфхцчшщъыьэюяєіїђјљњћџ'
            'ooddllddhhttnni'
        ),
        'Æ', 'ae'), 'æ', 'ae'), 'Œ', 'oe'), 'œ', 'oe'), 'ẞ', 'ss'), 'ß', 'ss'), 'Þ', 'th'), 'þ', 'th'),
        '[\u0009-\u000d\u0020\u0085\u1680\u2028\u2029]+', ' ', 'g'
    ), ' ')
$$;
