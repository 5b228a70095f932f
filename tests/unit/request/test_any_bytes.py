"""Whatever the bytes, there is an ApiRequest or an ApiError, and every text can be encoded."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from passeplat.config import Config
from passeplat.errors import ApiError
from passeplat.request.body import parse_body
from passeplat.request.headers import read_cookies, read_headers
from passeplat.request.media_type import parse_accept, parse_content_type
from passeplat.request.model import Action, ApiRequest, MediaType, QueryString
from passeplat.request.parse import parse
from passeplat.request.path import Address, parse_path
from passeplat.request.preferences import parse_preferences
from passeplat.request.query_string import parse_query_string
from passeplat.request.scan import scan_object

CONFIG = Config(db_schemas=("v1", "v2"), db_tx_end="commit-allow-override")

pieces = st.sampled_from(
    [
        *(b"select=", b"order=", b"limit=", b"offset=", b"and=", b"or=", b"not.or=", b"columns="),
        *(b"on_conflict=", b"a=", b"a.b=", b"&", b"=", b"eq.", b"in.(", b"is.null", b"not.", b"("),
        *(b")", b",", b".", b":", b"::", b"!", b"->", b"->>", b'"', b"\\", b"%22", b"%", b"%00"),
        *(b"%FF", b"+", b" ", b"a", b"1", b"-", b"*", b"...", b"{", b"}", b"count()", b"\xff"),
    ]
)
queries = st.binary() | st.lists(pieces, max_size=30).map(b"".join)
paths = st.binary() | st.lists(
    st.sampled_from([b"/", b"rest", b"v1", b"rpc", b"a", b"%2f", b"%", b"\xff", b"..", b"%00"])
).map(b"".join)
json_pieces = st.sampled_from(
    [*(b"{", b"}", b"[", b"]", b",", b":", b'"a"', b'"', b"1", b"null", b"\\", b" ", b"\xff", b"-")]
)
csv_pieces = st.sampled_from([b"a", b",", b"\n", b"\r", b'"', b'""', b"NULL", b"\xff"])
bodies = (
    st.binary()
    | st.lists(json_pieces, max_size=20).map(b"".join)
    | st.lists(csv_pieces, max_size=20).map(b"".join)
)
content_types = st.sampled_from(
    ["application/json", "text/csv", "application/x-www-form-urlencoded", "text/plain", "a/b"]
)
header_pieces = st.sampled_from(
    [
        *(
            "a/b",
            ";",
            ",",
            "q",
            "=",
            '"',
            "0.5",
            "0",
            " ",
            "*",
            "\\",
            "return=minimal",
            "é",
            "max-affected=1",
        )
    ]
)
texts = st.text() | st.lists(header_pieces, max_size=20).map("".join)
names = st.sampled_from(
    [b"Accept", b"Prefer", b"Range", b"Cookie", b"Content-Type", b"Accept-Profile", b"X-Other"]
)
headers = st.lists(st.tuples(names | st.binary(), st.binary() | texts.map(str.encode)), max_size=6)


def encodable(value: Any) -> bool:
    """Whether every text inside can go on a wire."""
    match value:
        case str():
            return bool(value.encode("utf-8", "surrogatepass") == value.encode("utf-8", "replace"))
        case ApiError(message=message, details=details):
            return encodable((message, details))
        case Mapping():
            return encodable(tuple(value.items()))
        case tuple():
            return all(map(encodable, value))
        case _ if is_dataclass(value):
            return all(encodable(getattr(value, field.name)) for field in fields(value))
        case _:
            return True


def outcome(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except ApiError as error:
        return error


@given(queries, st.booleans())
def test_query_strings(query: bytes, with_arguments: bool) -> None:
    result = outcome(lambda: parse_query_string(query, with_arguments=with_arguments))
    assert isinstance(result, QueryString) or result.status == 400
    assert encodable(result)


@given(paths)
@example(b"/%ff/")
def test_paths(path: bytes) -> None:
    result = outcome(lambda: parse_path(path, CONFIG))
    assert isinstance(result, Address) or result.status == 404
    assert encodable(result)


@given(st.sampled_from(list(Action)), content_types, st.none() | st.just(("a",)), bodies)
def test_bodies(
    action: Action, content_type: str, columns: tuple[str, ...] | None, raw: bytes
) -> None:
    result = outcome(lambda: parse_body(action, MediaType(content_type), columns, raw))
    assert not isinstance(result, ApiError) or result.status == 400
    assert encodable(result)


@given(st.binary() | st.lists(json_pieces, max_size=20).map(b"".join))
@example(b'{"a')
@example(b'{"\\')
def test_long_objects(raw: bytes) -> None:
    result = outcome(lambda: scan_object(b"{" + raw, 0))
    assert isinstance(result, ApiError) or result[1] <= len(raw) + 1


@given(texts)
def test_preferences(text: str) -> None:
    assert encodable(parse_preferences(text, transaction_may_be_chosen=True))


@given(texts)
def test_media_types(text: str) -> None:
    assert encodable(parse_accept(text))
    assert encodable(parse_content_type(text))


@given(headers)
def test_headers(sent: list[tuple[bytes, bytes]]) -> None:
    read = read_headers(sent)
    assert encodable((read, read_cookies(read)))


@given(
    st.sampled_from(["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"]) | st.text(),
    paths,
    queries,
    headers,
    bodies,
)
def test_requests(
    method: str, path: bytes, query: bytes, sent: list[tuple[bytes, bytes]], body: bytes
) -> None:
    result = outcome(lambda: parse(method, path, query, sent, body, CONFIG))
    assert isinstance(result, ApiRequest) or 400 <= result.status < 500
    assert hash(result)
