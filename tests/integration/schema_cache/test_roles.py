"""Roles, their settings, and who is granted what."""

from collections.abc import Callable

import pytest

from passeplat.names import QualifiedName
from passeplat.schema_cache.model import SchemaCache

Load = Callable[..., SchemaCache]
MakeRole = Callable[[str], str]


def test_the_settings_of_a_role_that_can_be_assumed_are_kept(load: Load, role: MakeRole) -> None:
    login, member = role("login"), role("")
    cache = load(
        f"grant {member} to {login}; alter role {member} set statement_timeout = '3s'", user=login
    )
    assert cache.role_settings == {member: (("statement_timeout", "3s"),)}


def test_membership_through_another_role_counts(load: Load, role: MakeRole) -> None:
    login, middle, member = role("login"), role(""), role("")
    cache = load(
        f"""grant {member} to {middle}; grant {middle} to {login};
            alter role {member} set statement_timeout = '3s'""",
        user=login,
    )
    assert set(cache.role_settings) == {member}


def test_those_of_other_roles_are_not(load: Load, role: MakeRole) -> None:
    cache = load(f"alter role {role('')} set statement_timeout = '3s'", user=role("login"))
    assert not cache.role_settings


@pytest.mark.parametrize(
    "setting",
    [
        "log_duration = on",
        "search_path = evil",
        "role = postgres",
        "session_authorization = postgres",
        "app.custom = 1",
    ],
)
def test_what_the_logged_in_role_may_not_set_and_what_the_request_sets_is_dropped(
    load: Load, role: MakeRole, setting: str
) -> None:
    login, member = role("login"), role("")
    cache = load(f"grant {member} to {login}; alter role {member} set {setting}", user=login)
    assert not cache.role_settings


def test_a_privileged_setting_that_was_granted_is_kept(load: Load, role: MakeRole) -> None:
    login, member = role("login"), role("")
    cache = load(
        f"""grant {member} to {login}; grant set on parameter log_duration to {login};
            alter role {member} set log_duration = on""",
        user=login,
    )
    assert cache.role_settings == {member: (("log_duration", "on"),)}


def test_isolation_is_kept_apart(load: Load, role: MakeRole) -> None:
    login, member = role("login"), role("")
    cache = load(
        f"""grant {member} to {login};
            alter role {member} set default_transaction_isolation = 'Serializable'""",
        user=login,
    )
    assert (cache.role_isolation, cache.role_settings) == ({member: "serializable"}, {})


def test_a_role_knows_whose_privileges_it_has_and_whether_it_can_be_assumed(
    load: Load, role: MakeRole
) -> None:
    login, member, group = role("login"), role(""), role("")
    cache = load(f"grant {member} to {login}; grant {group} to {member}", user=login)
    assert (cache.roles[member].inherits, cache.roles[member].is_assumable) == ({group}, True)


def test_a_role_that_does_not_inherit_has_no_others_privileges(load: Load, role: MakeRole) -> None:
    group, member = role(""), role("noinherit")
    cache = load(f"grant {group} to {member}")
    assert cache.roles[member].inherits == frozenset()


def test_a_role_that_is_not_the_logged_in_roles_cannot_be_assumed(
    load: Load, role: MakeRole
) -> None:
    other = role("")
    assert not load("", user=role("login")).roles[other].is_assumable


def test_grantees_of_relations_are_those_of_their_columns_too(load: Load, role: MakeRole) -> None:
    reader, writer = role(""), role("")
    cache = load(f"""
        create table api.things (id int);
        grant select (id) on api.things to {reader};
        grant insert on api.things to {writer};
    """)
    found = cache.tables[QualifiedName("api", "things")].grantees
    assert found == {"postgres", reader, writer}


def test_everyone_is_a_grantee_without_a_name(load: Load) -> None:
    cache = load("""
        create table api.things (id int);
        grant select on api.things to public;
        grant usage on schema api to public;
        create function api.f() returns int return 1;
    """)
    (routine,) = cache.routines[QualifiedName("api", "f")]
    found = (
        cache.tables[QualifiedName("api", "things")].grantees,
        cache.schema_grantees["api"],
        routine.grantees,
    )
    assert found == ({"", "postgres"}, {"", "postgres"}, {"", "postgres"})


def test_a_function_nobody_may_call_has_its_owner_alone(load: Load) -> None:
    cache = load("""
        create function api.f() returns int return 1;
        revoke all on function api.f from public;
    """)
    (routine,) = cache.routines[QualifiedName("api", "f")]
    assert routine.grantees == {"postgres"}
