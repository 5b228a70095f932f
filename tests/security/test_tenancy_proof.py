"""The proof of tenancy is tried itself: what keeps tenants apart is taken away from every table,
view and function, and the proof must miss it everywhere."""

from collections.abc import Callable

import pytest
from tests.security import tenancy_reads as reads
from tests.security.tenancy import Ask
from tests.security.tenancy_writes import Victim
from tests.security.test_tenant_writes import changing_calls, unaimed
from tests.security.test_tenants import calls, two_servers
from tests.serving import ADA, execute, load_example, serving

from passeplat.schema_cache.model import Table

Build = Callable[[str], None]
Clone = Callable[[Build], str]

_EVERY = """
do $$ declare name text; begin
  for name in select {what} loop execute format('{sql}', name); end loop;
end $$
"""
TABLES = "oid::regclass from pg_class where relkind = 'r' and relnamespace = 'app'::regnamespace"
VIEWS = (
    "oid::regclass from pg_class where relkind = 'v'"
    " and relnamespace in ('v1'::regnamespace, 'v2'::regnamespace)"
)
FUNCTIONS = (
    "oid::regprocedure from pg_proc where pronamespace in ('v1'::regnamespace, 'v2'::regnamespace)"
)


def every(what: str, sql: str) -> Build:
    """The reference application without something."""

    def build(database: str) -> None:
        load_example(database)
        execute(database, _EVERY.format(what=what, sql=sql))

    return build


READING = {
    "a policy that lets everybody read": every(
        TABLES, "create policy everybody on %s for select using (true)"
    ),
    "views of their owner": every(VIEWS, "alter view %s set (security_invoker = false)"),
}
UPDATING = every(TABLES, "create policy everybody on %s for update using (true) with check (true)")
DEFINING = every(FUNCTIONS, "alter function %s security definer")

# What stays safe without it, and why.
SAFE_TO_READ = {"me"}  # asks for one's own id besides
SAFE_TO_UPDATE = {
    "comments",  # restricted to their authors besides
    "invitations",  # nobody may change one
    "me",  # asks for one's own id besides
    "todo_labels",  # all it has is its key: it cannot be the same in two rows
    "users",  # nobody may change one
}
NEEDING_THE_CALLERS_RIGHTS = {"project_report", "subtasks", "complete_project"}
"""What would show or change rows of others; the rest says itself whose rows it means."""


@pytest.mark.parametrize("taken", READING)
def test_every_relation_is_missed_that_lets_others_read(clone: Clone, taken: str) -> None:
    with two_servers(clone, READING[taken]) as tenants:
        silent = {
            table.name.name
            for table in tenants.relations
            if tenants.leaks(ADA, reads.whole(tenants, table)) == []
        }
    assert silent == SAFE_TO_READ


def test_every_relation_is_missed_that_lets_others_update(clone: Clone) -> None:
    with serving(clone(UPDATING), db_tx_end="commit-allow-override") as served:
        victim = Victim(served)
        asked = {table.name.name: blind_updates(victim, table) for table in victim.relations}
        silent = {name for name, each in asked.items() if victim.harm(ADA, each) == []}
    assert silent == SAFE_TO_UPDATE


def blind_updates(victim: Victim, table: Table) -> list[Ask]:
    asked = unaimed(victim, table)
    return [each for each in asked if each.method == "PATCH" and "minimal" in str(each)]


def test_every_function_is_missed_that_has_its_owners_rights(clone: Clone) -> None:
    """Of one version, for the other has the same."""
    with two_servers(clone, DEFINING) as tenants:
        victim = Victim(tenants.both)
        asked = {name.name: each for name, each in calls(tenants).items() if name.schema == "v1"}
        told = {name for name, each in asked.items() if tenants.leaks(ADA, each)}
        changing = [each for each in changing_calls(victim) if each.path.startswith("/v1/")]
        for path in {each.path for each in changing}:
            if victim.harm(ADA, [each for each in changing if each.path == path]):
                told.add(path.rpartition("/")[2])
    assert told == NEEDING_THE_CALLERS_RIGHTS
