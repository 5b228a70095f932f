"""What changes while the server runs: NOTIFY and signals, and what a reload must never lose."""

import signal
from pathlib import Path
from threading import Thread

import pytest

from .conftest import Home, Server, Start, config_file, token, until

proves = pytest.mark.proves
OTHER_SECRET = "another secret of the tests, long enough"


def reconfigure(server: Server, text: str = "Config reloaded") -> None:
    """And waits for it."""
    times = server.errors.count(text)
    server.send(signal.SIGUSR2)
    server.wait_for(text, times + 1)


@proves("SC-2", "db-channel", "LI-1")
@pytest.mark.parametrize("payload", ["reload schema", ""])
def test_a_notification_reloads_the_schema_cache(start: Start, home: Home, payload: str) -> None:
    server = start(db_channel="mine")
    home.run("create table api.later (id int); grant select on api.later to public")
    assert server.get("/later").json()["code"] == "PGRST205"
    home.notify(payload, "mine")
    until(lambda: server.get("/later").status_code == 200, server.errors)
    assert 'Received a schema cache reload message on the "mine" channel' in server.errors


@proves("SC-2", "db-max-rows", "db-config")
def test_a_notification_reloads_the_settings_of_the_database(start: Start, home: Home) -> None:
    server = start()
    home.run(f"""alter role "{home.login}" set pgrst.db_max_rows = '1'""")
    home.notify("reload config")
    server.wait_for("Config reloaded")
    assert len(server.get("/notes").json()) == 1


@proves("SC-2")
def test_other_notifications_are_ignored(start: Start, home: Home) -> None:
    server = start()
    for payload in ("reload", "RELOAD SCHEMA", "reload schema!", "x" * 1000):
        home.notify(payload)
    home.notify("reload config")
    server.wait_for("Config reloaded")
    assert server.errors.count("Received a ") == 1


@proves("SC-2", "CL-2")
def test_signals_reload(start: Start, home: Home, tmp_path: Path) -> None:
    file = tmp_path / "config"
    server = start(environ=config_file(file, db_max_rows=2))
    home.run("create table api.later (id int); grant select on api.later to public")
    server.reload(signal.SIGUSR1)
    assert server.get("/later").status_code == 200
    config_file(file, db_max_rows=1)
    reconfigure(server)
    assert len(server.get("/notes").json()) == 1


@proves("SC-2", "db-channel-enabled", "log-level", "app.settings", "jwt-role-claim-key")
def test_settings_are_reloaded(start: Start, home: Home, tmp_path: Path) -> None:
    file = tmp_path / "config"
    before = {"app.settings.x": "old", "log_level": "error", "db_channel_enabled": "false"}
    server = start(log_level=None, environ=config_file(file, **before))
    assert server.get("/rpc/setting?name=app.settings.x").json() == "old"
    assert server.output == ""
    assert "listening for database notifications" not in server.errors
    after = {"app.settings.x": "new", "log_level": "info", "jwt_role_claim_key": "$.roles[0]"}
    config_file(file, **after)
    reconfigure(server)
    assert server.get("/rpc/setting?name=app.settings.x").json() == "new"
    assert "/rpc/setting" in server.output
    server.wait_for("listening for database notifications")
    named = {"Authorization": f"Bearer {token(roles=[home.author])}"}
    assert server.get("/rpc/who", **named).json() == home.author


@proves("SC-2", "db-schemas")
def test_exposed_schemas_are_reloaded_with_their_schema_cache(
    start: Start, home: Home, tmp_path: Path
) -> None:
    home.run(
        "create schema other; create view other.things as select 1 as id",
        "grant usage on schema other to public; grant select on other.things to public",
    )
    file = tmp_path / "config"
    server = start(db_schemas=None, environ=config_file(file, db_schemas="api"))
    config_file(file, db_schemas="other")
    loads = server.loads()
    reconfigure(server)
    until(lambda: server.loads() > loads, server.errors)
    assert server.get("/things").json() == [{"id": 1}]


@proves("J-09", "jwt-secret", "T-08")
@pytest.mark.parametrize("where", ["in the settings", "in a file of its own"])
def test_another_secret_forgets_the_tokens_of_the_old_one(
    start: Start, home: Home, tmp_path: Path, where: str
) -> None:
    file, secret = tmp_path / "config", tmp_path / "secret"
    secret.write_text("the secret of the tests before it changed")
    own = where == "in a file of its own"
    old = f"@{secret}" if own else secret.read_text()
    server = start(jwt_secret=None, environ=config_file(file, jwt_secret=old))
    known = {"Authorization": f"Bearer {token(home.author, secret.read_text())}"}
    assert [server.get("/rpc/who", **known).status_code for _ in range(2)] == [200, 200]
    if own:
        secret.write_text(OTHER_SECRET)
    else:
        config_file(file, jwt_secret=OTHER_SECRET)
    reconfigure(server)
    assert server.get("/rpc/who", **known).json()["code"] == "PGRST301"
    other = {"Authorization": f"Bearer {token(home.author, OTHER_SECRET)}"}
    assert server.get("/rpc/who", **other).json() == home.author


@proves("SC-2")
def test_a_reload_of_the_schema_cache_reads_no_files(
    start: Start, home: Home, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret of the tests before it changed")
    known = {"Authorization": f"Bearer {token(home.author, secret.read_text())}"}
    server = start(db_config="false", jwt_secret=f"@{secret}")
    secret.write_text(OTHER_SECRET)
    server.reload(signal.SIGUSR1)
    assert server.get("/rpc/who", **known).json() == home.author


@proves("CF-6")
def test_settings_that_cannot_be_used_are_told_and_the_old_ones_stay(
    start: Start, home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "config"
    server = start(log_level="crit", environ=config_file(file, db_max_rows=1))
    config_file(file, db_max_rows=2, openapi_mode="all")
    home.notify("reload config")
    server.wait_for('Received a config reload message on the "pgrst" channel')
    server.wait_for("The configuration was not reloaded: Invalid openapi-mode.")
    assert len(server.get("/notes").json()) == 1


@proves("SC-2")
def test_a_column_of_another_type_is_read_as_such_after_a_reload(start: Start, home: Home) -> None:
    server = start()
    assert [server.get("/notes?id=eq.1").json()[0]["id"] for _ in range(2)] == [1, 1]
    home.run("alter table api.notes alter id type text")
    server.reload()
    assert server.get("/notes?id=eq.1").json()[0]["id"] == "1"


@proves("SC-3")
def test_the_last_of_two_changes_is_never_lost(start: Start, home: Home) -> None:
    server = start(db_pool=2)
    for number in range(5):
        home.run(f"create table api.first_{number} (id int)", "notify pgrst, ''")
        home.run(f"create table api.last_{number} (id int)", "notify pgrst, ''")
        until(
            lambda number=number: server.get(f"/last_{number}").json()["code"] == "42501",
            server.errors,
        )


@proves("SC-3")
def test_a_hundred_notifications_are_few_reloads(start: Start, home: Home) -> None:
    server = start()
    with home.slow_catalogue():
        home.notify("reload schema")
        server.wait_for("Received a schema cache reload message")
        home.run(*["notify pgrst, 'reload schema'"] * 100)
        server.wait_for("Received a schema cache reload message", 101)
    until(lambda: server.loads() == 3, server.errors)
    server.reload()  # what else had been waiting would have come first
    assert server.loads() == 4


@proves("SC-3", "SC-4")
def test_while_a_reload_is_under_way_the_old_schema_cache_serves(start: Start, home: Home) -> None:
    server = start()
    home.run("drop table api.notes")
    with home.slow_catalogue():
        server.send(signal.SIGUSR1)
        answer = server.get("/notes")
        assert (answer.status_code, answer.json()["code"]) == (404, "42P01")
        assert answer.json()["message"] == 'relation "api.notes" does not exist'
    until(lambda: server.get("/notes").json()["code"] == "PGRST205", server.errors)


@proves("SC-3", "AD-1")
def test_a_reload_that_fails_leaves_the_old_schema_cache_and_says_so(
    start: Start, home: Home
) -> None:
    server = start()
    home.run("revoke select on pg_catalog.pg_description from public")
    server.send(signal.SIGUSR1)
    until(lambda: server.failures() >= 1, server.errors)
    assert server.get("/notes").status_code == 200
    assert server.ready() == 503
    home.run("grant select on pg_catalog.pg_description to public")
    server.wait_until_ready()


@proves("TX-4")
def test_settings_of_a_role_are_reloaded(start: Start, home: Home) -> None:
    home.run(f"""alter role "{home.author}" set statement_timeout = '10s'""")
    server = start()
    asked = "/rpc/setting?name=statement_timeout"
    assert server.get(asked, home.author).json() == "10s"
    home.run(f"""alter role "{home.author}" set statement_timeout = '5s'""")
    home.notify("reload config")
    until(lambda: server.get(asked, home.author).json() == "5s", server.errors)


@proves("SC-2", "DB-6")
def test_a_reload_does_not_disturb_what_is_under_way(start: Start, home: Home) -> None:
    server = start(db_pool=1)
    answers: list[int] = []
    asking = Thread(target=lambda: answers.append(server.get("/rpc/sleep?seconds=0.5").status_code))
    asking.start()
    sleeping = "select 1 from pg_stat_activity where usename = $1 and wait_event = 'PgSleep'"
    until(lambda: home.fetch(sleeping, home.login))
    server.send(signal.SIGUSR1)
    asking.join()
    assert answers == [204]


@proves("SC-5")
def test_an_event_trigger_makes_the_database_reload_by_itself(start: Start, home: Home) -> None:
    server = start()
    home.run(
        "create function public.reload() returns event_trigger language plpgsql"
        " as $$ begin notify pgrst, 'reload schema'; end $$",
        "create event trigger reload on ddl_command_end execute function public.reload()",
        "create table api.later (id int)",
        "grant select on api.later to public",
    )
    until(lambda: server.get("/later").status_code == 200, server.errors)
