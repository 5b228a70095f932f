"""Functions that change while the server runs, and nobody tells it."""

from .conftest import Home, Start, until

SHARED = "passeplat_shared_reads_total"
POLICY = """
create function api.seen() returns boolean language sql stable return true;
alter table api.notes enable row level security;
create policy seen on api.notes using (api.seen());
"""
SOILING = """
create or replace function api.seen() returns boolean language plpgsql as $$ begin
  perform set_config('request.soil', 'by ' || current_user, false);
  return true; end $$
"""


def test_a_policy_that_begins_to_soil_sessions_shares_none_soon(home: Home, start: Start) -> None:
    home.run(POLICY)
    server = start().wait_until_ready()

    def shared() -> float:
        before = server.metric(SHARED)
        for _ in range(20):
            assert server.get("/notes?select=text&order=id").json()
        return server.metric(SHARED) - before

    until(lambda: shared() > 10, "reads are never shared")
    home.run(SOILING)
    until(lambda: shared() == 0, "reads are shared for ever", patience=10)
    for _ in range(5):
        assert shared() == 0
        assert server.get("/rpc/setting?name=request.soil").json() in {None, ""}
    home.run(
        "create or replace function api.seen() returns boolean language sql stable return true"
    )
    until(lambda: shared() > 10, "reads are never shared again", patience=10)
