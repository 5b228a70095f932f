"""What a whole request asks for, and in which order it is checked."""

import pytest

from passeplat.config import Config
from passeplat.errors import (
    InvalidBody,
    InvalidPath,
    InvalidRange,
    QueryStringError,
    UnacceptableSchema,
    UnsupportedMethod,
    UnsupportedRoutineMethod,
)
from passeplat.request.model import (
    Action,
    ApiRequest,
    Compare,
    Field,
    Filter,
    JsonBody,
    MediaType,
    Preferences,
    QueryString,
    Range,
    SelectField,
)
from passeplat.request.parse import parse

ONE = Config(db_schemas=("v1",))
TWO = Config(db_schemas=("v1", "v2"), db_tx_end="commit-allow-override")


def ask(
    method: str = "GET",
    target: str = "/todos",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    config: Config = TWO,
) -> ApiRequest:
    path, _, query = target.partition("?")
    fields = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    return parse(method, path.encode(), query.encode(), fields, body, config)


def test_a_request_says_everything_it_asks_for() -> None:
    headers = {
        "Accept": "text/csv",
        "Accept-Profile": "v2",
        "Cookie": "theme=dark",
        "Prefer": "count=exact, tx=rollback",
        "Range": "0-4",
    }
    assert ask("GET", "/todos?select=id&done=eq.true&limit=10", headers) == ApiRequest(
        action=Action.READ,
        method="GET",
        path="/todos",
        target="todos",
        schema="v2",
        profile="v2",
        query=QueryString(
            select=(SelectField(Field("id")),),
            conditions=(((), Filter(Field("done"), Compare("eq", "true"))),),
            ranges=(((), Range(0, 10)),),
            canonical="done=eq.true&limit=10&select=id",
        ),
        range=Range(0, 5),
        preferences=Preferences(count="exact", transaction="rollback"),
        accept=(MediaType("text/csv"),),
        content_type=MediaType("application/json"),
        body=None,
        headers=(
            ("accept", "text/csv"),
            ("accept-profile", "v2"),
            ("prefer", "count=exact, tx=rollback"),
            ("range", "0-4"),
        ),
        cookies=(("theme", "dark"),),
    )


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/todos", Action.READ),
        ("HEAD", "/todos", Action.READ),
        ("POST", "/todos", Action.INSERT),
        ("PATCH", "/todos", Action.UPDATE),
        ("PUT", "/todos", Action.UPSERT),
        ("DELETE", "/todos", Action.DELETE),
        ("OPTIONS", "/todos", Action.INFO),
        ("GET", "/rpc/search", Action.CALL_READ),
        ("HEAD", "/rpc/search", Action.CALL_READ),
        ("POST", "/rpc/search", Action.CALL),
        ("OPTIONS", "/rpc/search", Action.CALL_INFO),
        ("GET", "/", Action.ROOT),
        ("HEAD", "/", Action.ROOT),
        ("OPTIONS", "/", Action.ROOT_INFO),
    ],
)
def test_the_method_says_what_is_done(method: str, path: str, action: Action) -> None:
    assert ask(method, path, body=b"{}").action is action


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "get", "", "QUERY"])
@pytest.mark.parametrize("path", ["/", "/todos"])
def test_an_unknown_method_is_a_405(method: str, path: str) -> None:
    with pytest.raises(UnsupportedMethod):
        ask(method, path)


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_the_root_is_only_read(method: str) -> None:
    with pytest.raises(UnsupportedMethod):
        ask(method, "/")


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE", "TRACE"])
def test_a_function_is_only_called(method: str) -> None:
    with pytest.raises(UnsupportedRoutineMethod):
        ask(method, "/rpc/search")


def profiles(request: ApiRequest) -> tuple[str, str | None]:
    return request.schema, request.profile


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_reading_client_accepts_a_profile(method: str) -> None:
    headers = {"Accept-Profile": "v2", "Content-Profile": "v1"}
    assert profiles(ask(method, headers=headers)) == ("v2", "v2")


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_a_writing_client_sends_a_profile(method: str) -> None:
    headers = {"Accept-Profile": "v1", "Content-Profile": "v2"}
    assert profiles(ask(method, headers=headers, body=b"{}")) == ("v2", "v2")


def test_the_first_schema_is_the_default() -> None:
    assert profiles(ask()) == ("v1", "v1")


def test_the_only_schema_is_not_negotiated() -> None:
    assert profiles(ask(config=ONE)) == ("v1", None)


def test_the_only_schema_is_negotiated_if_it_was_asked_for() -> None:
    assert profiles(ask(headers={"Accept-Profile": "v1"}, config=ONE)) == ("v1", "v1")


@pytest.mark.parametrize("profile", ["v3", "", "V1", "v1, v2", "v1 "])
def test_a_schema_that_is_not_exposed_is_a_406(profile: str) -> None:
    with pytest.raises(UnacceptableSchema):
        ask(headers={"Accept-Profile": profile})


def test_a_schema_with_strange_characters_can_be_asked_for() -> None:
    name = 'SPECIAL "@/\\#~_-'
    config = Config(db_schemas=("v1", name))
    assert ask(headers={"Accept-Profile": name}, config=config).schema == name


def test_the_schema_of_the_path_wins() -> None:
    request = ask("GET", "/v2/todos", {"Accept-Profile": "v3"})
    assert (profiles(request), request.path) == (("v2", "v2"), "/todos")


def test_the_only_schema_in_the_path_is_not_negotiated() -> None:
    assert profiles(ask("GET", "/rest/v1/todos", config=ONE)) == ("v1", None)


def test_a_function_called_by_get_takes_arguments_from_the_query_string() -> None:
    assert ask("GET", "/rpc/search?q=milk").query.parameters == (("q", "milk"),)


def test_a_function_called_by_post_takes_none_from_the_query_string() -> None:
    with pytest.raises(QueryStringError):
        ask("POST", "/rpc/search?q=milk")


def test_a_root_function_is_called() -> None:
    request = ask("GET", "/?q=milk", config=Config(db_root_spec="welcome"))
    assert (request.action, request.target, request.path) == (Action.CALL_READ, "welcome", "/")


def test_the_transaction_is_not_chosen_where_it_may_not_be() -> None:
    assert ask(headers={"Prefer": "tx=rollback"}, config=ONE).preferences == Preferences()


def test_a_head_ignores_ranges() -> None:
    assert ask("HEAD", headers={"Range": "5-1"}).range == Range()


def test_a_body_is_read_by_its_type() -> None:
    request = ask("POST", headers={"Content-Type": "Application/JSON; charset=utf-8"}, body=b"{}")
    assert request.body == JsonBody(b"{}", (), is_array=False)


def test_of_several_faults_the_path_comes_first() -> None:
    with pytest.raises(InvalidPath):
        ask("TRACE", "/a/b/c?select=,", {"Accept-Profile": "v3"})


def test_then_the_schema() -> None:
    with pytest.raises(UnacceptableSchema):
        ask("TRACE", "/todos?select=,", {"Accept-Profile": "v3"})


def test_then_the_method() -> None:
    with pytest.raises(UnsupportedMethod):
        ask("TRACE", "/todos?select=,&limit=-1")


def test_then_the_query_string() -> None:
    with pytest.raises(QueryStringError):
        ask("POST", "/todos?select=,&limit=-1", body=b"}{")


def test_then_the_range() -> None:
    with pytest.raises(InvalidRange):
        ask("POST", "/todos?limit=-1", body=b"}{")


def test_then_the_body() -> None:
    with pytest.raises(InvalidBody):
        ask("POST", "/todos", body=b"}{")
