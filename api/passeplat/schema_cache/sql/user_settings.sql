-- Those of the settings $1 that any role may change.
select s.name from pg_catalog.pg_settings s where s.context = 'user' and s.name = any($1::text[])
