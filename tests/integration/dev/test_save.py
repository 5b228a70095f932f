"""What happens when a file is saved while `passeplat dev` runs."""

import re
import subprocess
from typing import Any

import pytest

Dev = Any  # conftest's

COUNT = "/v1/todos?select=count"


def test_every_curl_line_works_as_it_stands(dev: Dev) -> None:
    lines = [line for line in dev.lines if line.startswith("curl ")]
    answers = [
        subprocess.run(
            ["sh", "-c", line + " -f"], capture_output=True, text=True, check=True
        ).stdout
        for line in lines
    ]
    assert [answer.startswith('[{"') for answer in answers] == [True, True, True]


def test_each_token_sees_its_own_tenant(dev: Dev) -> None:
    names = {token: dev.ask("/v1/organizations?select=name", token).json() for token in dev.tokens}
    assert names == {"ada": [{"name": "Acme"}], "bea": [{"name": "Globex"}]}


def test_a_token_is_printed_once_and_kept_for_its_owner_only(dev: Dev) -> None:
    modes = [path.stat().st_mode & 0o777 for path in (dev.project / ".passeplat/tokens").iterdir()]
    assert modes == [0o600, 0o600]


def test_a_new_column_of_a_view_is_in_the_api(dev: Dev) -> None:
    dev.edit(
        "db/v1/projects.sql",
        "  projects.name,\n",
        "  projects.name,\n  upper(projects.name) as shout,\n",
    )
    dev.wait_for(r"changed view v1\.projects.* \(\d+ ms\)$")
    answer = dev.ask("/v1/projects?select=shout&order=name&limit=1")
    assert answer.json() == [{"shout": "CATALOGUE"}]


def test_a_view_that_is_made_again_keeps_what_depends_on_it(dev: Dev) -> None:
    dev.edit("db/v2/projects.sql", "  projects.name,\n", "  projects.name as title,\n")
    dev.wait_for(r"changed view v2\.projects")
    assert dev.ask("/v2/projects?select=title,progress&limit=1").status_code == 200


def test_a_new_function_can_be_called(dev: Dev) -> None:
    dev.edit(
        "db/v1/hello.sql",
        "",
        "create function v1.hello(name text) returns text language sql immutable\n"
        "  return 'Hello ' || name;\ngrant execute on function v1.hello(text) to member;\n",
    )
    dev.wait_for(r"added function v1\.hello\(text\)")
    assert dev.ask("/v1/rpc/hello", json={"name": "Ada"}).json() == "Hello Ada"


def test_a_function_is_for_nobody_without_a_grant(dev: Dev) -> None:
    """Default privileges hold for what is added later too."""
    dev.edit(
        "db/v1/secret.sql",
        "",
        "create function v1.secret() returns text language sql immutable return 'x';\n",
    )
    dev.wait_for(r"added function v1\.secret\(\)")
    assert dev.ask("/v1/rpc/secret", json={}).status_code == 403


def test_a_changed_policy_takes_effect(dev: Dev) -> None:
    dev.edit(
        "db/schema/labels.sql",
        "  using (organization_id = (select request.organization_id()))",
        "  using (organization_id = (select request.organization_id()) and name <> 'bug')",
    )
    dev.wait_for(r"changed policy own_organization on app\.labels")
    assert dev.ask("/v1/labels?name=eq.bug").json() == []


def test_a_grant_that_is_taken_back_takes_effect(dev: Dev) -> None:
    dev.edit("db/v2/users.sql", "grant select on v2.users to member;", "")
    dev.wait_for(r"dropped grants on table v2\.users")
    assert dev.ask("/v2/users").status_code == 403


def test_a_new_column_of_a_table_keeps_its_rows(dev: Dev) -> None:
    before = dev.ask(COUNT).json()
    dev.edit(
        "db/schema/comments.sql", "  body text", "  likes integer not null default 0,\n  body text"
    )
    dev.wait_for(r"changed table app\.comments \(\+likes\)")
    dev.edit("db/v1/comments.sql", "  comments.body,", "  comments.body,\n  comments.likes,")
    dev.wait_for(r"changed view v1\.comments")
    assert dev.ask(COUNT).json() == before
    assert dev.ask("/v1/comments?select=likes&limit=1").json() == [{"likes": 0}]


def test_a_new_table_with_its_rules_is_in_the_api(dev: Dev) -> None:
    dev.edit(
        "db/schema/notes.sql",
        "",
        """create table app.notes (
  id bigint generated always as identity primary key,
  organization_id uuid not null default request.organization_id() references app.organizations,
  body text not null
);
alter table app.notes enable row level security;
create policy own_organization on app.notes
  using (organization_id = (select request.organization_id()))
  with check (organization_id = (select request.organization_id()));
grant select, insert on app.notes to member;
create view v1.notes with (security_invoker = true) as select id, body from app.notes;
grant select, insert on v1.notes to member;
""",
    )
    dev.wait_for(r"added .*view v1\.notes|added .*table app\.notes")
    assert dev.ask("/v1/notes", json={"body": "x"}).status_code == 201
    assert [len(dev.ask("/v1/notes", who).json()) for who in ("ada", "bea")] == [1, 0]


def test_an_error_is_shown_with_file_line_and_caret(dev: Dev) -> None:
    dev.edit("db/v1/me.sql", "  users.name,", "  users.nam,")
    dev.wait_for(r"^db/v1/me\.sql:6:3: column users\.nam does not exist$")
    assert dev.wait_for("users.nam") == "    6 |   users.nam,"
    assert dev.wait_for(r"\^") == "      |   ^"
    dev.edit("db/v1/me.sql", "  users.nam,", "  users.name,\n  users.email as mail,")
    dev.wait_for(r"changed view v1\.me")


def test_the_api_as_it_was_serves_on_while_the_files_are_wrong(dev: Dev) -> None:
    dev.edit("db/v2/me.sql", "select\n", "selekt\n")
    dev.wait_for(r"^db/v2/me\.sql:4:1: syntax error at or near \"selekt\"$")
    assert dev.ask("/v2/me?select=name").json() == [{"name": "Ada"}]
    dev.edit("db/v2/me.sql", "selekt\n", "select 1 as one,\n")
    dev.wait_for(r"changed view v2\.me")


def test_files_that_wait_for_a_faulty_one_are_not_faults(dev: Dev) -> None:
    original = (dev.project / "db/v2/todos.sql").read_text()
    dev.edit("db/v2/todos.sql", "todos.title,", "todos.titel,")
    dev.wait_for(r"^db/v2/todos\.sql:\d+:\d+: column todos\.titel does not exist$")
    dev.wait_for(r"^db/v2/search\.sql: waiting until this is right$")
    (dev.project / "db/v2/todos.sql").write_text(original + "comment on view v2.todos is 'New';\n")
    dev.wait_for(r"changed comment on view v2\.todos")


def test_what_would_lose_rows_is_refused_with_a_way_out(dev: Dev) -> None:
    files = [dev.project / f"db/{folder}/{name}.sql" for folder, name in GONE]
    texts = [file.read_text() for file in files]
    for file in files:
        file.unlink()
    dev.wait_for(r"^table app\.todo_labels: it is gone, but holds rows$")
    dev.wait_for(r"^Nothing was changed\. `passeplat dev --reset`")
    assert dev.ask("/v1/todo_labels?select=count").json() == [{"count": 320}]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)


GONE = (("schema", "todo_labels"), ("v1", "labels"), ("v2", "labels"))


def test_what_an_editor_leaves_beside_is_ignored(dev: Dev) -> None:
    for name in (".#todos.sql", "#todos.sql#", "todos.sql~", "4913", ".todos.sql.swp"):
        (dev.project / "db/v1" / name).write_text("no SQL at all")
    dev.edit("db/v1/about.sql", "good for a first try", "good for a second try")
    dev.wait_for(r"changed comment on function v1\.about\(\)")
    assert not any("no SQL at all" in line for line in dev.lines)


@pytest.mark.parametrize("port", ["the same", "another"])
def test_a_second_one_for_the_same_project_is_refused(dev: Dev, start: Any, port: str) -> None:
    second = start(dev.project, *(("--port", str(dev.port)) if port == "the same" else ()))
    sentence = second.wait_for("^passeplat: ")
    assert re.search("Port .* is taken" if port == "the same" else "Another", sentence)
    assert second.process.wait(60) == 1
    assert not any("Traceback" in line for line in second.lines)
