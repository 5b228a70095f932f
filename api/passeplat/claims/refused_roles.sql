-- Roles no token may ask for: the login's own, which every session may return to, and superusers.
select rolname from pg_catalog.pg_roles where rolname = session_user or rolsuper;
