"""T-13, T-15, T-37, T-38: what a function of the API may do and what it may not, and that whatever
it does is over when its request is."""

from typing import Any

import httpx
import pytest
from tests.isolation.world import served_world, world_in
from tests.serving import ADA, BEA, Claims, Serve, Served, execute


def do(
    hostile: Served, statement: str, claims: Claims = ADA, name: str = "do", **headers: str
) -> httpx.Response:
    sent = {key.replace("_", "-"): value for key, value in headers.items()}
    with hostile.client(claims) as client:
        return client.post(f"/v1/rpc/{name}", json={"statement": statement}, headers=sent)


def who(hostile: Served, claims: Claims | None) -> dict[str, Any]:
    with hostile.client(claims) as client:
        found: dict[str, Any] = client.get("/v1/rpc/who").json()
        return found


# Names that shadow PostgreSQL's own: the types fit better than those of pg_catalog's functions.

SHADOWS = """
create function v1.set_config(varchar, varchar, boolean) returns text language sql
  as $$ select 'shadow' $$;
create function v1.set_config(text, text, boolean) returns text language sql
  as $$ select 'shadow' $$;
create function v1.current_setting(text, boolean) returns text language sql
  as $$ select '{"sub": "shadow"}' $$;
create function v1.count(anyelement) returns bigint language sql as 'select 1000';
create function v1.nullif(text, text) returns text language sql as $$ select 'shadow' $$;
create function v1.coalesce(json, json) returns json language sql
  as $$ select '"shadow"'::json $$;
create function v1.row_to_json(v1.labels) returns json language sql
  as $$ select '"shadow"'::json $$;
create function v1.to_json(v1.labels) returns json language sql as $$ select '"shadow"'::json $$;
create function v1.to_jsonb(v1.labels) returns jsonb language sql as $$ select '"shadow"'::jsonb $$;
create function v1.json_agg(v1.labels) returns json language sql as $$ select '"shadow"'::json $$;
create function v1.json_build_object(text, text) returns json language sql
  as $$ select '"shadow"'::json $$;
create function v1.json_to_recordset(text) returns setof record language sql
  as $$ select 'shadow'::text $$;
create function v1.is_shadow(text, text) returns boolean language sql as 'select true';
create operator v1.= (leftarg = text, rightarg = text, function = v1.is_shadow);
create function v1.is_shadow(uuid, uuid) returns boolean language sql as 'select true';
create operator v1.= (leftarg = uuid, rightarg = uuid, function = v1.is_shadow);
create domain v1.text as pg_catalog.text check (value = 'shadow');
create domain v1.json as pg_catalog.text check (value = 'shadow');
create table v1.pgrst_source (id int);
create table v1.pgrst_source_count (id int);
grant execute on all functions in schema v1 to member, anonymous;
"""


def answers(served: Served) -> list[tuple[int, str, str]]:
    targets = (
        *("GET /v1/labels?order=name", "GET /v1/labels?name=eq.bug", "GET /v1/me"),
        *("GET /v1/todos?select=title,labels(name)&order=title&limit=5", "GET /v1/rpc/about"),
        *("GET /v1/todos?title=fts.rocket&select=title&order=title", "POST /v1/rpc/project_report"),
        *(
            "GET /v1/labels?select=name&name=in.(bug,feature)",
            "GET /v1/projects?limit=2&order=name",
        ),
    )
    with served.client(ADA, Prefer="count=exact") as client:
        found = [client.request(*target.split(" ")) for target in targets]
    return [(each.status_code, each.headers.get("Content-Range", ""), each.text) for each in found]


def test_names_that_shadow_postgresqls_change_nothing(serve: Serve, example: str) -> None:
    served = serve(example)
    before = answers(served)
    execute(example, SHADOWS)
    assert answers(served) == before
    assert [status for status, *_ in before if status not in (200, 206)] == []


def test_a_temporary_table_shadows_nothing_for_others(hostile: Served) -> None:
    shadows = (
        "create temp table labels as select 'shadow' as name; create temp table memberships as"
        " select null::uuid as organization_id; create domain pg_temp.text as int"
    )
    assert do(hostile, shadows).json() == "done"
    with hostile.client(BEA) as client:
        assert len(client.get("/v1/labels").json()) == 8


def test_a_temporary_table_shadows_nothing_in_a_function_of_the_owner(hostile: Served) -> None:
    """It would be looked for first, had the function's SQL not been bound when it was made."""
    statement = """do $$ begin
      create temp table memberships as
        select 'b0000000-0000-4000-8000-000000000001'::uuid as organization_id,
          request.user_id() as user_id, 'owner'::app.membership_role as role;
      set local search_path = pg_temp, app;
      perform set_config('request.jwt.claims', json_build_object('sub', request.user_id(),
        'organization_id', 'b0000000-0000-4000-8000-000000000001')::text, true);
      if request.organization_id() is not null then raise 'is somewhere else'; end if;
    end $$"""
    assert do(hostile, statement).json() == "done"


# Other roles

ESCAPES = {
    "set role": "set role anonymous",
    "set local role": "set local role anonymous",
    "set_config": "select set_config('role', 'anonymous', false)",
    "reset role": "reset role",
    "role none": "set role none",
    "claims": "select set_config('request.jwt.claims', '{}', false)",
    "another user": """select set_config('request.jwt.claims', '{"sub": "nobody"}', false)""",
}


@pytest.mark.parametrize("statement", ESCAPES.values(), ids=ESCAPES)
def test_another_role_ends_with_its_request(hostile: Served, statement: str) -> None:
    before = who(hostile, BEA), who(hostile, None)
    assert do(hostile, statement).status_code == 200
    assert (who(hostile, BEA), who(hostile, None)) == before
    assert [each["role"] for each in before] == ["member", "anonymous"]


@pytest.mark.parametrize(
    "statement",
    [
        "set role postgres",
        "set role pg_read_all_data",
        "select set_config('role', 'postgres', true)",
        "set session authorization member",
        "set session authorization postgres",
        "alter role member superuser",
        "grant postgres to member",
        "create role more login",
        "select pg_read_file('/etc/passwd')",
        "copy app.labels to program 'true'",
        "set session_replication_role = replica",
        "select * from pg_authid",
        "alter table app.labels disable row level security",
        "drop policy own_organization on app.labels",
    ],
)
def test_what_the_login_may_not_do_no_function_may(hostile: Served, statement: str) -> None:
    answer = do(hostile, statement)
    assert (answer.status_code, answer.json()["code"]) == (403, "42501")


def test_a_function_of_its_owner_cannot_become_another(serve: Serve, example: str) -> None:
    execute(
        example,
        "create function v1.do(statement text) returns text language plpgsql security definer"
        " as $$ begin execute statement; return 'done'; end $$;"
        " grant execute on function v1.do to member",
    )
    for statement in ("set role member", "reset role", "select set_config('role', 'none', true)"):
        assert do(serve(example), statement).json()["code"] == "42501"


@pytest.mark.parametrize("statement", ["begin", "commit", "rollback", "savepoint s"])
def test_a_function_cannot_end_the_transaction(hostile: Served, statement: str) -> None:
    assert do(hostile, statement).json()["code"] == "0A000"


@pytest.mark.parametrize("statement", ["do 'begin commit; end'", "do 'begin rollback; end'"])
def test_a_block_cannot_end_the_transaction(hostile: Served, statement: str) -> None:
    assert do(hostile, statement).json()["code"] == "2D000"


# Reading only

WRITES = (
    *("insert into app.labels (name) values ('x')", "delete from app.labels"),
    *("create table v1.x ()", "grant select on app.labels to anonymous", "truncate app.labels"),
    *("create sequence v1.numbers", "select lo_create(0)", "alter table app.labels add x int"),
)


@pytest.mark.parametrize("statement", WRITES)
def test_what_only_reads_cannot_write(hostile: Served, statement: str) -> None:
    with hostile.client(ADA) as client:
        answer = client.get("/v1/rpc/do", params={"statement": statement})
    assert (answer.status_code, answer.json()["code"]) == (405, "25006")


@pytest.mark.parametrize(
    "statement",
    [
        "set transaction read write",
        "set transaction_read_only = off",
        "select set_config('transaction_read_only', 'off', true)",
        "do 'begin begin set transaction read write; exception when others then raise; end; end'",
    ],
)
def test_what_only_reads_stays_so(hostile: Served, statement: str) -> None:
    then = "; insert into app.labels (name) values ('escaped')"
    with hostile.client(ADA) as client:
        answer = client.get("/v1/rpc/do", params={"statement": f"{statement}{then}"})
    assert answer.json()["code"] == "25001"


def test_a_stable_function_cannot_write_when_posted(hostile: Served) -> None:
    answer = do(hostile, "insert into app.labels (name) values ('x')", name="peek")
    assert answer.json()["code"] == "0A000"


# Limits of time


def test_the_time_a_role_has_applies_to_each_request(database: str) -> None:
    with world_in(database) as world:
        execute(database, f"alter role \"{world.role(0)}\" set statement_timeout = '200ms'")
        headers = {"Authorization": f"Bearer {world.users[0].token}", "Prefer": "timezone=UTC"}
        with served_world(world, "exclusive") as served, served.client(**headers) as client:
            slow = client.post("/rpc/doze", json={"seconds": 20})
            quick = client.post("/rpc/doze", json={"seconds": 0})
    assert (slow.json()["code"], quick.json()) == ("57014", "rested")


NO_ZONE = (400, "22023")  # a time zone of no such name


@pytest.mark.parametrize(
    "headers",
    [
        {"Prefer": "timezone=UTC'; set statement_timeout = 0; --"},
        {"Prefer": "timezone=UTC, statement_timeout=0"},
        {"X-Options": "-c statement_timeout=0"},
        {"PGOPTIONS": "-c statement_timeout=0"},
        {"Cookie": "statement_timeout=0"},
        {"statement_timeout": "0"},
    ],
)
def test_a_client_sets_no_settings(hostile: Served, headers: dict[str, str]) -> None:
    with hostile.client(ADA) as client:
        answer = client.get("/v1/rpc/setting?name=statement_timeout", headers=headers)
    assert answer.json() == "0" or (answer.status_code, answer.json()["code"]) == NO_ZONE


def test_a_storm_of_clients_that_leave_takes_no_connection_away(serve: Serve, example: str) -> None:
    execute(
        example,
        "create function v1.sleep(seconds float) returns void language sql"
        " as 'select pg_sleep(seconds)'; grant execute on function v1.sleep to member",
    )
    served = serve(example, db_pool="2", db_pool_acquisition_timeout="15")
    for _ in range(12):
        with served.client(ADA) as client, pytest.raises(httpx.ReadTimeout):
            client.post("/v1/rpc/sleep", json={"seconds": 60}, timeout=0.05)
    assert who_am_i(served) == 200


def who_am_i(served: Served) -> int:
    with served.client(ADA) as client:
        return client.get("/v1/me").status_code
