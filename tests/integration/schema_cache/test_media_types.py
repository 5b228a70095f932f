"""Domains named like media types, and casts of domains."""

from collections.abc import Callable

import pytest

from passeplat.names import QualifiedName
from passeplat.schema_cache.model import MediaHandler, Representation, SchemaCache

Load = Callable[..., SchemaCache]


def api(name: str) -> QualifiedName:
    return QualifiedName("api", name)


def returning(domain: str) -> str:
    return f"""create domain "{domain}" as text;
        create function api.f() returns "{domain}" return 'x';"""


def test_a_function_that_returns_such_a_domain_handles_its_media_type(load: Load) -> None:
    cache = load(returning("Application/vnd.geo+json"))
    name = "application/vnd.geo+json"
    assert cache.media_handlers == {(api("f"), name): MediaHandler(name, api("f"), api("f"))}


@pytest.mark.proves("M-09")
def test_a_function_that_returns_many_of_them_handles_nothing(load: Load) -> None:
    cache = load("""create domain "text/html" as text;
        create function api.f() returns setof "text/html" begin atomic values ('x'), ('y'); end;""")
    assert not cache.media_handlers


def test_a_domain_of_another_name_does_not(load: Load) -> None:
    assert not load(returning("text/ht ml")).media_handlers


def test_the_media_types_of_postgrest_cannot_be_taken(load: Load) -> None:
    assert not load(returning("application/vnd.pgrst.object")).media_handlers


def test_a_type_of_such_a_name_that_is_no_domain_does_not_count(load: Load) -> None:
    cache = load("""
        create type "text/html" as enum ('x');
        create function api.f() returns "text/html" return 'x'::"text/html";
    """)
    assert not cache.media_handlers


def test_the_media_type_is_known_of_each_overload(load: Load) -> None:
    cache = load(f"""{returning("text/html")}
        create function api.f(a int) returns int return a;
    """)
    found = [routine.returns.media_type for routine in cache.routines[api("f")]]
    assert found == ["text/html", None]


AGGREGATE = """
    create domain public."text/csv" as text;
    create table api.things (id int);
    create function public.add(text, {0}) returns text language sql as 'select ''x''';
    create function public.done(text) returns "text/csv" return 'x';
    create aggregate {1}.lines({0}) (sfunc = public.add, stype = text, finalfunc = public.done);
"""


def test_an_aggregate_over_the_rows_of_a_relation_handles_it(load: Load) -> None:
    cache = load(AGGREGATE.format("api.things", "api"))
    expected = MediaHandler("text/csv", api("lines"), api("things"))
    assert cache.media_handlers == {(api("things"), "text/csv"): expected}


def test_an_aggregate_over_any_rows_handles_every_relation(load: Load) -> None:
    cache = load(AGGREGATE.format("anyelement", "api"))
    assert cache.media_handlers == {
        (None, "text/csv"): MediaHandler("text/csv", api("lines"), None)
    }


def test_an_aggregate_over_a_value_handles_nothing(load: Load) -> None:
    assert not load(AGGREGATE.format("int", "api")).media_handlers


def test_an_aggregate_of_a_schema_that_is_not_exposed_handles_nothing(load: Load) -> None:
    assert not load(AGGREGATE.format("api.things", "public")).media_handlers


DOMAIN = """
    create domain api.color as int;
    create function api.{0}({1}) returns {2} language plpgsql as 'begin end';
    create cast ({1} as {2}) with function api.{0}({1}) as {3};
"""


@pytest.mark.parametrize(
    ("source", "target"),
    [("api.color", "json"), ("json", "api.color"), ("text", "api.color")],
)
@pytest.mark.filterwarnings("ignore")
def test_an_implicit_cast_of_a_domain_is_a_representation(
    load: Load, source: str, target: str
) -> None:
    cache = load(DOMAIN.format("f", source, target, "implicit"))
    assert cache.representations == {(source, target): Representation(source, target, api("f"))}


@pytest.mark.parametrize(
    ("source", "target", "how"),
    [
        ("api.color", "json", "assignment"),
        ("api.color", "text", "implicit"),
        ("api.color", "jsonb", "implicit"),
        ("int", "json", "implicit"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_other_casts_are_not(load: Load, source: str, target: str, how: str) -> None:
    assert not load(DOMAIN.format("f", source, target, how)).representations


@pytest.mark.filterwarnings("ignore")
def test_a_cast_whose_function_may_not_be_called_is_not(
    load: Load, role: Callable[[str], str]
) -> None:
    cache = load(
        DOMAIN.format("f", "api.color", "json", "implicit")
        + "revoke execute on function api.f from public",
        user=role("login"),
    )
    assert not cache.representations
