"""The reference application, and in it functions that do what no function should."""

from tests.serving import execute, load_example

FUNCTIONS = """
create function v1.respond(headers text, status text default '') returns text
  language plpgsql volatile as $$
begin
  perform set_config('response.headers', headers, true);
  perform set_config('response.status', status, true);
  return 'the whole answer';
end $$;
create function v1.do(statement text) returns text language plpgsql volatile
  as $$ begin execute statement; return 'done'; end $$;
create function v1.peek(statement text) returns text language plpgsql stable
  as $$ begin execute statement; return 'done'; end $$;
create function v1.who() returns json language sql stable as $$
  select json_build_object('role', current_user, 'organization', request.organization_id(),
    'user', request.user_id())
$$;
create function v1.setting(name text) returns text language sql stable
  as $$ select current_setting(name, true) $$;
create function v1.fail(message text, detail text, hint text) returns text language plpgsql as $$
begin raise exception using message = message, detail = detail, hint = hint; end $$;
create function v1.sleep(seconds float) returns text language sql volatile
  as $$ select 'rested' from pg_sleep(seconds) $$;
grant execute on all functions in schema v1 to member, anonymous;

create table app.keyed (
  key text primary key,
  organization_id uuid not null default request.organization_id(),
  hidden text default 'hidden-default' check (length(hidden) < 20),
  shown text not null
);
alter table app.keyed enable row level security;
create policy own_organization on app.keyed
  using (organization_id = (select request.organization_id()))
  with check (organization_id = (select request.organization_id()));
create view v1.keyed with (security_invoker = true)
  as select key, organization_id, shown from app.keyed;
grant select (key, organization_id, shown), insert, update on app.keyed to member;
grant select, insert, update on v1.keyed to member;

create table app.unguarded (
  id int primary key,
  shown text not null,
  hidden text default 'hidden-default',
  check (shown <> 'refused')
);
insert into app.unguarded values (1, 'x');
create view v1.unguarded with (security_invoker = true) as select id, shown from app.unguarded;
grant select (id, shown), insert (id, shown) on app.unguarded to member;
grant select, insert on v1.unguarded to member;

create table app."o'dd ""100%"" $1 \\" (id int primary key, "a'b ""c"" %s $1" text);
insert into app."o'dd ""100%"" $1 \\" values (1, 'found');
create view v1."o'dd ""100%"" $1 \\" with (security_invoker = true)
  as select * from app."o'dd ""100%"" $1 \\";
grant select on app."o'dd ""100%"" $1 \\", v1."o'dd ""100%"" $1 \\" to member;
"""


def load_hostile(database: str) -> None:
    load_example(database)
    execute(database, FUNCTIONS)
