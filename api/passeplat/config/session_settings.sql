-- The settings $1 (names) as this session has them, once the function of db-pre-config was called.
-- Weaker than role_settings.sql. An empty value is what a setting of an earlier transaction reads as.
select name, value
from pg_catalog.unnest($1::pg_catalog.text[]) as asked (name)
cross join lateral (select pg_catalog.current_setting(name, true)) as answer (value)
where value <> '';
