"""The words people know things by."""

import pytest

from passeplat.migrate.model import Identity
from passeplat.migrate.words import describe


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        (Identity("VIEW", "v1", "todos"), "view v1.todos"),
        (Identity("FUNCTION", "v1", "search(text)"), "function v1.search(text)"),
        (Identity("TRIGGER", "app", "todos touch"), "trigger touch on app.todos"),
        (Identity("FK CONSTRAINT", "app", "todos t_fkey"), "foreign key t_fkey on app.todos"),
        (Identity("ACL", "v1", "TABLE todos"), "grants on table v1.todos"),
        (Identity("ACL", "", "SCHEMA v1"), "grants on schema v1"),
        (Identity("COMMENT", "v1", "COLUMN todos.id"), "comment on column v1.todos.id"),
        (Identity("ROW SECURITY", "app", "todos"), "row level security on app.todos"),
        (
            Identity("DEFAULT ACL", "app", "DEFAULT PRIVILEGES FOR TABLES", "o"),
            "default privileges on tables in app",
        ),
        (Identity("SCHEMA", "", "v1"), "schema v1"),
    ],
)
def test_a_fact_has_a_name(identity: Identity, words: str) -> None:
    assert describe(identity) == words
