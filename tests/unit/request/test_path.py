"""What a path asks for: PostgREST's paths, and ours with the schema in front."""

import pytest

from passeplat.config import Config
from passeplat.errors import InvalidPath, OpenApiDisabled
from passeplat.request.path import Address, Resource, parse_path

ONE = Config(db_schemas=("v1",))
TWO = Config(db_schemas=("v1", "v2"))


def relation(name: str, schema: str | None = None, path: str | None = None) -> Address:
    return Address(Resource.RELATION, name, schema, path or f"/{name}")


def routine(name: str, schema: str | None = None) -> Address:
    return Address(Resource.ROUTINE, name, schema, f"/rpc/{name}")


def root(schema: str | None = None) -> Address:
    return Address(Resource.ROOT, "", schema, "/")


@pytest.mark.parametrize(
    ("path", "address"),
    [
        (b"/", root()),
        (b"/todos", relation("todos")),
        (b"/rpc/search", routine("search")),
        (b"/rpc", relation("rpc")),
        (b"/rest", relation("rest")),
        (b"/other/", None),
        (b"/other/todos", None),
        (b"//todos", None),
        (b"/todos/", None),
        (b"/todos/1/labels", None),
        (b"/rpc/", None),
        (b"/rpc/search/more", None),
        (b"todos", None),
        (b"", None),
        (b"*", None),
        (b"http://host/todos", None),
    ],
)
def test_a_path_without_a_schema_is_postgrests(path: bytes, address: Address | None) -> None:
    if address is None:
        with pytest.raises(InvalidPath):
            parse_path(path, TWO)
    else:
        assert parse_path(path, TWO) == address


@pytest.mark.parametrize(
    ("path", "address"),
    [
        (b"/v2/todos", relation("todos", "v2")),
        (b"/v2/rpc/search", routine("search", "v2")),
        (b"/v2/v2", relation("v2", "v2")),
        (b"/v2/rpc", relation("rpc", "v2")),
        (b"/v2/", root("v2")),
        (b"/v2", root("v2")),
    ],
)
def test_an_exposed_schema_in_front_is_the_schema(path: bytes, address: Address) -> None:
    assert parse_path(path, TWO) == address


@pytest.mark.parametrize(
    ("path", "address"),
    [
        (b"/rest/v1/todos", relation("todos", "v1")),
        (b"/rest/v1/rpc/search", routine("search", "v1")),
        (b"/rest/v1/", root("v1")),
        (b"/rest/v1", root("v1")),
    ],
)
def test_the_prefix_of_supabase_is_dropped(path: bytes, address: Address) -> None:
    assert parse_path(path, ONE) == address


def test_the_prefix_of_supabase_before_something_else_is_no_path() -> None:
    with pytest.raises(InvalidPath):
        parse_path(b"/rest/v3/todos", TWO)


def test_a_relation_may_be_called_like_the_only_schema() -> None:
    assert parse_path(b"/v1", ONE) == relation("v1")


def test_the_only_schema_is_described_below_itself() -> None:
    assert parse_path(b"/v1/", ONE) == root("v1")


def test_functions_are_functions_even_if_a_schema_is_called_rpc() -> None:
    assert parse_path(b"/rpc/search", Config(db_schemas=("rpc", "v1"))) == routine("search")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (b"/my%20table", "my table"),
        (b"/t%C3%A2ches", "tâches"),
        ("/tâches".encode(), "tâches"),
        (b"/a%2Fb", "a/b"),
        (b"/a%22b", 'a"b'),
        (b"/a+b", "a+b"),
        (b"/%FF", "\ufffd"),
        (b"/100%", "100%"),
    ],
)
def test_a_name_is_decoded_after_the_path_was_split(path: bytes, name: str) -> None:
    assert parse_path(path, TWO) == relation(name)


def test_a_root_function_answers_for_the_root() -> None:
    config = Config(db_root_spec="api.welcome")
    assert parse_path(b"/", config) == Address(Resource.ROUTINE, "welcome", "api", "/")


def test_a_disabled_description_is_a_404() -> None:
    with pytest.raises(OpenApiDisabled):
        parse_path(b"/", Config(openapi_mode="disabled"))


def test_a_root_function_answers_although_the_description_is_disabled() -> None:
    config = Config(openapi_mode="disabled", db_root_spec="welcome")
    assert parse_path(b"/", config).name == "welcome"
