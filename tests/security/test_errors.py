"""What an error tells: nothing of what the role may not see, nothing of where the database is."""

import pytest
from tests.serving import ANNA, Serve, execute

proves = pytest.mark.proves
SQL = """
create table app.vaults (id int primary key, secret text unique, check (secret <> 'forbidden'));
insert into app.vaults values (1, 'opensesame');
create view v1.doors as select id, secret from app.vaults;
grant select (id), insert on v1.doors to member;
create function v1.trip() returns text language plpgsql as $$
  declare hidden text := 'opensesame';
  begin execute 'select 1/0'; return hidden; end $$;
grant execute on function v1.trip() to member;
"""


@proves("T-30", "T-31")
def test_an_error_tells_nothing_that_is_hidden(serve: Serve, example: str) -> None:
    execute(example, SQL)
    served = serve(example, db_plan_enabled="true")
    with served.client(ANNA) as client:
        broken = client.post("/v1/rpc/trip")
        assert broken.json()["code"] == "22012"
        hidden = client.get("/v1/doors?select=secret")
        assert hidden.json()["code"] == "42501"
        guessed = client.get("/v1/vaults")
        assert (guessed.status_code, guessed.json()["hint"]) == (404, None)
        plan = client.get(
            "/v1/doors?select=id&secret=eq.opensesame",
            headers={"Accept": "application/vnd.pgrst.plan+json"},
        )
        assert plan.status_code == 403
        told = broken.text + hidden.text + guessed.text + plan.text
    assert "opensesame" not in told
    assert "select 1/0" not in told
    assert "app.vaults" not in told
