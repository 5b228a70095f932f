-- Primary keys, unique constraints and foreign keys, of private tables too: views show them.
-- The foreign keys a partition has from its partitioned table are left to that table.
select c.conrelid, c.conname, c.contype::text, c.conkey, c.confrelid, c.confkey
from pg_catalog.pg_constraint c
where c.contype in ('p', 'u') or c.contype = 'f' and c.conparentid = 0
