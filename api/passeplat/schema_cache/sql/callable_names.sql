-- Names that `relation.name` would call where the relation has no such column: functions and
-- aggregates that can do with one argument, and types, as casts.
select proname as name
from pg_catalog.pg_proc
where prokind <> 'p' and pronargs > 0 and pronargs - pronargdefaults <= 1
union
select typname
from pg_catalog.pg_type
where typisdefined;
