-- Functions that generated columns use. Immutable: normalize, lower and the collation C.UTF-8 belong to the server build.

CREATE FUNCTION firstfix_join_lines(lines text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_to_string(lines, ', ');

-- Words as search compares them: lower case, accents folded, everything but letters and digits a space.
CREATE FUNCTION firstfix_fold(words text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace(
        translate(lower(regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]', '', 'g')), 'łøđı', 'lodi'),
        '[^[:alnum:]]+', ' ', 'g');

CREATE SEQUENCE customer_numbers;
