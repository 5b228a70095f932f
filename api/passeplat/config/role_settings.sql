-- The settings pgrst.* of the login role: name and value, those for this database before the others.
select distinct on (name) name, value
from pg_catalog.pg_db_role_setting as stored
join pg_catalog.pg_roles as login on login.oid = stored.setrole
left join pg_catalog.pg_database as place on place.oid = stored.setdatabase
cross join lateral pg_catalog.unnest(stored.setconfig) as entry (text)
cross join lateral (
  select
    pg_catalog.split_part(entry.text, '=', 1),
    pg_catalog.substr(entry.text, pg_catalog.strpos(entry.text, '=') + 1)
) as pair (name, value)
where login.rolname = session_user
  and (stored.setdatabase = 0 or place.datname = pg_catalog.current_database())
  and name like 'pgrst.%'
order by name, stored.setdatabase desc;
