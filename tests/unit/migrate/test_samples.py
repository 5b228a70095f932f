"""What a seed proposes to try."""

import pytest

from passeplat.errors import SettingError
from passeplat.migrate.samples import Call, Samples, read_samples


def test_tokens_have_names_and_claims() -> None:
    samples = read_samples('-- @token ada {"role": "member"}\nselect 1;\n')
    assert samples.claims("ada") == {"role": "member"}


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("-- @try GET /v1/todos?a=eq.1", Call(None, "GET", "/v1/todos?a=eq.1", None)),
        ("-- @try POST /v1/rpc/f {}", Call(None, "POST", "/v1/rpc/f", "{}")),
        ('-- @try PATCH /v1/t {"a": "b c"}', Call(None, "PATCH", "/v1/t", '{"a": "b c"}')),
    ],
)
def test_a_request_is_read(line: str, call: Call) -> None:
    assert read_samples(line).calls == (call,)


def test_a_request_may_name_a_token() -> None:
    samples = read_samples("-- @token ada {}\n-- @try ada GET /v1/todos")
    assert samples.calls == (Call("ada", "GET", "/v1/todos", None),)


@pytest.mark.parametrize(
    "line",
    [
        "-- @token ada",
        "-- @token ada nonsense",
        "-- @token ada []",
        "-- @try GET v1/todos",
        "-- @try get /v1/todos",
        "-- @try POST /v1/todos {",
        "-- @try nobody GET /v1/todos",
    ],
)
def test_a_line_that_cannot_be_meant_so_is_refused(line: str) -> None:
    with pytest.raises(SettingError):
        read_samples(line)


def test_other_lines_are_none() -> None:
    assert read_samples("-- a @token in words\nselect '-- @try';\n") == Samples()


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(SettingError, match="it has ada"):
        read_samples("-- @token ada {}").claims("bob")
