-- The columns of the composite types and relations with the oids $1.
select a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, null) as type
from pg_catalog.pg_attribute a
where a.attrelid = any($1::oid[]) and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum
