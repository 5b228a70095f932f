"""A database of 50 users over 5 roles: every row says whose it is and for which role, every answer
says for whom the database made it, and `api.probe` says what an earlier request left behind."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit, urlunsplit

from tests.serving import Served, execute, fetch, serving, token

USERS, ROLES = 50, 5

_PROGRAM = """
import os
from functools import partial
from passeplat.config import Sources
from passeplat.postgres import pipeline, plain
from passeplat.server.heads import Heads
from passeplat.server.serve import serve
serve(Sources(os.environ, None), {given})
"""


def _serving(given: str) -> tuple[str, ...]:
    return (sys.executable, "-c", _PROGRAM.format(given=given))


MODES = {
    "lanes": (),  # short reads share connections
    "exclusive": _serving("connect=partial(pipeline.connect, shareable=False)"),
    "plain": _serving("connect=plain.connect"),
    "application": _serving("protocol=Heads"),  # which does without a protocol of its own
}
"""How requests get their connections and are answered, and the server that does it so."""

_SCHEMA = """
create schema api;
create function api.claim(name text) returns text language sql stable
  as $$ select nullif(current_setting('request.jwt.claims', true), '')::json ->> name $$;
create function api.header(name text) returns text language sql stable
  as $$ select nullif(current_setting('request.headers', true), '')::json ->> name $$;

create table api.notes (
  id int primary key,
  owner text not null,
  role text not null,
  unique (id, owner)
);
create table api.lines (
  id int primary key,
  note_id int not null references api.notes,
  owner text not null,
  role text not null
);
create table api.writes (
  nonce text,
  half int check (half < 10),
  owner text not null default api.claim('sub'),
  role text not null default current_user,
  changes int not null default 0,
  primary key (nonce, half)
);
create table api.nobodys (id int);
create sequence api.numbers;

-- without functions of our own, so that these reads may share a connection with others
do $$
declare name text;
begin
  foreach name in array array['notes', 'lines', 'writes'] loop
    execute format('alter table api.%I enable row level security', name);
    execute format('create policy own on api.%I using (role = current_user and owner ='
      ' nullif(current_setting(''request.jwt.claims'', true), '''')::json ->> ''sub'')', name);
  end loop;
end $$;

insert into api.notes
select u * 100 + n, 'user-' || u, '{name}_' || u % {roles}
from generate_series(0, {users} - 1) as u, generate_series(0, u % 7) as n;
insert into api.lines
select notes.id * 10 + n, notes.id, notes.owner, notes.role
from api.notes, generate_series(0, 1) as n;

create view api.seen with (security_invoker = true) as
select
  notes.*,
  nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub' as asked_by,
  current_user::text as asked_as,
  nullif(current_setting('request.headers', true), '')::json ->> 'x-nonce' as nonce
from api.notes;

create function api.whoami() returns json language sql stable as $$
  select json_build_object(
    'sub', api.claim('sub'),
    'role', current_user,
    'nonce', api.header('x-nonce'),
    'method', current_setting('request.method'),
    'path', current_setting('request.path'),
    'notes', (select json_agg(id order by id) from api.notes)
  )
$$;
create function api.whoami_now() returns json language sql volatile
  as 'select api.whoami()';
create function api.isolated() returns json language sql volatile
  set default_transaction_isolation = 'serializable' as 'select api.whoami()';

create function api.run(statement text) returns text language plpgsql
  as $$ begin execute statement; return 'done'; end $$;
create function api.run_and_fail(statement text) returns text language plpgsql
  as $$ begin execute statement; raise 'fails for %', api.header('x-nonce'); end $$;
create function api.peek(statement text) returns text language plpgsql stable
  as $$ begin execute statement; return 'done'; end $$;
create function api.nap(seconds float) returns text language sql volatile
  set statement_timeout = '40ms' as $$ select 'rested' from pg_sleep(seconds) $$;
create function api.doze(seconds float) returns text language sql volatile
  as $$ select 'rested' from pg_sleep(seconds) $$;
create function api.big(size int) returns text language sql stable
  as $$ select repeat(api.claim('sub') || ';', size) $$;
create procedure api.commits() language plpgsql as 'begin commit; end';
create function api.steal() returns text language plpgsql as $$
declare taken text;
begin
  for taken in select name from pg_prepared_statements loop
    execute format('deallocate %I', taken);
    execute format('prepare %I as select ''stolen''::text', taken);
  end loop;
  return 'done';
end $$;

create function api.probe() returns json language plpgsql volatile as $$
declare found text[] := array(
  select name || '=' || setting from pg_settings
  where source = 'session' and name not in ('search_path', 'transaction_isolation',
    'transaction_read_only', 'transaction_deferrable')
  union all select name || '=' || setting from pg_settings
  where name in ('transaction_read_only', 'transaction_deferrable') and setting <> 'off'
  union all select 'setting ' || name from unnest(array['app.mark', 'app.tenant']) as name
  where coalesce(current_setting(name, true), '') <> ''
  union all select 'relation ' || relname from pg_class where relnamespace = pg_my_temp_schema()
  union all select 'function ' || proname from pg_proc where pronamespace = pg_my_temp_schema()
  union all select 'lock ' || objid from pg_locks
  where locktype = 'advisory' and pid = pg_backend_pid()
  union all select 'channel ' || c from pg_listening_channels() as c
  union all select 'statement ' || name from pg_prepared_statements
  where from_sql and name !~ '^passeplat(_[0-9]+)?$'
  union all select 'cursor ' || name from pg_cursors where is_holdable
  union all select 'session user ' || session_user where session_user <> '{name}_login'
);
begin
  begin
    found := found || ('sequence ' || lastval());
  exception when object_not_in_prerequisite_state then null;
  end;
  return json_build_object('left', found, 'sub', api.claim('sub'), 'role', current_user,
    'nonce', api.header('x-nonce'));
end $$;

grant usage on schema api to public;
grant execute on all functions in schema api to public;
grant select on api.notes, api.lines, api.seen to public;
grant select, insert, update, delete on api.writes to public;
grant all on sequence api.numbers to public;
"""


@dataclass(frozen=True)
class User:
    number: int
    world: "World"

    @property
    def name(self) -> str:
        return f"user-{self.number}"

    @property
    def role(self) -> str:
        return self.world.role(self.number % ROLES)

    @property
    def notes(self) -> list[int]:
        return [self.number * 100 + each for each in range(self.number % 7 + 1)]

    @property
    def token(self) -> str:
        return self.world.tokens[self.number]


@dataclass(frozen=True, eq=False)
class World:
    database: str  # as superuser

    @property
    def name(self) -> str:
        return urlsplit(self.database).path.strip("/")

    @property
    def login(self) -> str:
        return f"{self.name}_login"

    def role(self, number: int) -> str:
        return f"{self.name}_{number}"

    @cached_property
    def users(self) -> list[User]:
        return [User(number, self) for number in range(USERS)]

    @cached_property
    def tokens(self) -> list[str]:
        return [token({"role": user.role, "sub": user.name}) for user in self.users]

    @property
    def uri(self) -> str:
        """As the login role, which may become every role."""
        parts = urlsplit(self.database)
        address = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{self.login}@{address}"))

    def halves(self) -> list[str]:
        """What was written in part, or under another name."""
        rows = fetch(
            self.database,
            "select nonce, count(*) as rows, min(owner) as owner, max(owner) as other,"
            " min(role) as role from api.writes group by nonce",
        )
        return [str(row) for row in rows if not self._is_whole(*row)]

    def _is_whole(self, nonce: str, rows: int, owner: str, other: str, role: str) -> bool:
        number = int(nonce.rpartition("-")[2])
        expected = self.users[number]
        return (rows, owner, other, role) == (2, expected.name, expected.name, expected.role)

    def locks(self) -> int:
        """Advisory locks that idle sessions hold."""
        return fetch(
            self.database,
            "select count(*) from pg_locks join pg_stat_activity using (pid)"
            " where locktype = 'advisory' and usename = $1",
            self.login,
        )[0][0]

    def busy(self) -> int:
        """Sessions of the server that have something under way."""
        return fetch(
            self.database,
            "select count(*) from pg_stat_activity where usename = $1 and state <> 'idle'",
            self.login,
        )[0][0]

    def sessions(self) -> int:
        return fetch(
            self.database, "select count(*) from pg_stat_activity where usename = $1", self.login
        )[0][0]


@contextmanager
def world_in(database: str) -> Iterator[World]:
    """In an empty database; the roles are gone afterwards."""
    world = World(database)
    roles = [world.role(number) for number in range(ROLES)]
    named = ", ".join(f'"{role}"' for role in roles)
    execute(
        database,
        f'create role "{world.login}" login noinherit;'
        + "".join(f'create role "{role}";' for role in roles)
        + f'grant {named} to "{world.login}"',
    )
    schema = _SCHEMA.replace("{name}", world.name).replace("{users}", str(USERS))
    execute(database, schema.replace("{roles}", str(ROLES)))
    try:
        yield world
    finally:
        everybody = f'"{world.login}", {named}'
        execute(
            database,
            f"select pg_terminate_backend(pid) from pg_stat_activity"
            f" where usename = '{world.login}'; drop owned by {everybody}; drop role {everybody}",
        )


@contextmanager
def served_world(world: World, mode: str, **settings: str) -> Iterator[Served]:
    given = {
        "db_uri": world.uri,
        "db_schemas": "api",
        "db_tx_end": "commit-allow-override",
        "db_pool": "8",
    } | settings
    with serving(world.database, command=MODES[mode], **given) as served:
        yield served
