-- The time zones PostgreSQL itself knows, which may differ from those of the system.
select pg_catalog.lower(z.name) as name from pg_catalog.pg_timezone_names z
