-- Those of the settings $1 that the logged-in role was granted to change, since PostgreSQL 15.
select s.name
from pg_catalog.pg_settings s
where s.name = any($1::text[])
  and pg_catalog.has_parameter_privilege(session_user, s.name, 'SET')
