-- a database by its name, with its comment
select shobj_description(pg_database.oid, 'pg_database') as comment
from pg_database
where pg_database.datname = $1
