-- Roles no token may ask for: the login's own, which every session may return to; and, of a login
-- that is a superuser and so may become anybody, the other superusers.
select candidate.rolname
from pg_catalog.pg_roles as candidate
cross join pg_catalog.pg_roles as login
where login.rolname = session_user
  and (candidate.rolname = session_user or (candidate.rolsuper and login.rolsuper));
