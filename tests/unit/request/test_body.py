"""What a body holds."""

import tracemalloc

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passeplat.errors import InvalidBody
from passeplat.request.body import parse_body
from passeplat.request.limits import MAX_FIELDS, MAX_JSON_DEPTH, MAX_VALUES
from passeplat.request.model import (
    Action,
    Body,
    FormBody,
    JsonBody,
    MediaType,
    RawBody,
    RawJsonBody,
)
from passeplat.request.scan import WINDOW, scan_object

WRITES = [Action.INSERT, Action.UPDATE, Action.UPSERT]


def body(
    raw: bytes,
    content_type: str = "application/json",
    action: Action = Action.INSERT,
    columns: tuple[str, ...] | None = None,
) -> Body | None:
    return parse_body(action, MediaType(content_type), columns, raw)


def refusal(raw: bytes, content_type: str = "application/json") -> str:
    with pytest.raises(InvalidBody) as caught:
        body(raw, content_type)
    return caught.value.message


@pytest.mark.parametrize(
    ("raw", "keys", "is_array"),
    [
        (b"{}", (), False),
        (b'{"a":1,"b":[{"c":2}]}', ("a", "b"), False),
        (b' {"a":"}{"}\n', ("a",), False),
        (b'{"a":1,"a":2}', ("a",), False),
        ('{"é":"\\"","b":"\\\\"}'.encode(), ("é", "b"), False),
        (b"[]", (), True),
        (b" [ ] ", (), True),
        (b"[{}]", (), True),
        (b'[{"a":1,"b":2},{"b":3,"a":4}]', ("a", "b"), True),
        (b' [ {"a":[1,{"x":"]"}]} , {"a":null} ] ', ("a",), True),
    ],
)
def test_json_keeps_its_bytes_and_tells_its_keys(
    raw: bytes, keys: tuple[str, ...], is_array: bool
) -> None:
    assert body(raw) == JsonBody(raw, keys, is_array)


@pytest.mark.parametrize("raw", [b"1", b'"text"', b"null", b"true", b" -1.5e3 "])
def test_a_scalar_is_no_rows(raw: bytes) -> None:
    assert body(raw) == JsonBody(b"[]", (), is_array=True)


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b" ", b"}{", b"{", b"[", b"]", b"{]", b"[}", b'{"a"}', b"{a:1}", b"{'a':1}", b"nul"),
        *(b'{"a":1}x', b'[{"a":1}]x', b'[{"a":1},]', b'[{"a":1}', b'{"a":1}{"a":1}', b'"', b"[,]"),
        *(b'{"a":NaN}', b"Infinity", b'{"a":"\xff"}', b'{"a":"\\ud800"}', b"\xef\xbb\xbf{}"),
        *(b'{"a":"\n"}', b'[{"a":1}{"a":2}]', b'{"a":1e}', b"\x00"),
    ],
)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    assert refusal(raw) == "Empty or invalid json"


@pytest.mark.parametrize(
    "raw",
    [
        b'[{"a":1},{"b":1}]',
        b'[{"a":1},{"a":1,"b":2}]',
        b'[{"a":1,"b":2},{"a":1}]',
        b'[{"a":1},{}]',
        b'[{"a":1},1]',
        b'[{"a":1},[]]',
        b"[1]",
        b"[[]]",
        b"[null]",
    ],
)
def test_all_objects_of_an_array_have_the_same_keys(raw: bytes) -> None:
    assert refusal(raw) == "All object keys must match"


@pytest.mark.parametrize("action", [Action.INSERT, Action.UPDATE, Action.CALL])
def test_with_columns_nobody_looks_into_json(action: Action) -> None:
    raw = b'[{"a":1},{"b":'
    assert body(raw, action=action, columns=("a",)) == RawJsonBody(raw)


def test_a_put_does_not_take_columns() -> None:
    assert body(b'{"b":1}', action=Action.UPSERT, columns=("a",)) == JsonBody(
        b'{"b":1}', ("b",), is_array=False
    )


def test_an_empty_body_with_columns_is_refused() -> None:
    with pytest.raises(InvalidBody):
        body(b"", columns=("a",))


@pytest.mark.parametrize("raw", [b"", b" \n"])
def test_a_call_without_a_body_has_no_arguments(raw: bytes) -> None:
    assert body(raw, action=Action.CALL) == JsonBody(b"{}", (), is_array=False)


@pytest.mark.parametrize(
    ("raw", "keys", "rows"),
    [
        (b"a,b\n1,2\n3,4", ("a", "b"), [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]),
        (b"a,b\r\n1,2\r\n", ("a", "b"), [{"a": "1", "b": "2"}]),
        (b"a,b\r1,2", ("a", "b"), [{"a": "1", "b": "2"}]),
        (b"a,b\nNULL,", ("a", "b"), [{"a": None, "b": ""}]),
        (b'a,b\n"NULL",null', ("a", "b"), [{"a": None, "b": "null"}]),
        (b'a\n"x,y"', ("a",), [{"a": "x,y"}]),
        (b'a\n"x\ny"\n', ("a",), [{"a": "x\ny"}]),
        (b'a\n"say ""hi"""', ("a",), [{"a": 'say "hi"'}]),
        (b'a,b\n"",1', ("a", "b"), [{"a": "", "b": "1"}]),
        (b'\n"a"\n\n"1"\n\n"2"', ("a",), [{"a": "1"}, {"a": "2"}]),
        (b"\na\n\n1\n\n2\n", ("a",), [{"a": "1"}, {"a": "2"}]),
        (b"a", ("a",), []),
        ("é\nü".encode(), ("é",), [{"é": "ü"}]),
        (b"a\nx\xc2\x85y\x0cz", ("a",), [{"a": "x\u0085y\x0cz"}]),
        (b'"a",b\n1,"2"', ("a", "b"), [{"a": "1", "b": "2"}]),
    ],
)
def test_csv_becomes_an_array_of_objects(
    raw: bytes, keys: tuple[str, ...], rows: list[dict[str, str | None]]
) -> None:
    read = body(raw, "text/csv")
    assert isinstance(read, JsonBody)
    assert (read.keys, read.is_array, orjson.loads(read.raw)) == (keys, True, rows)


@pytest.mark.parametrize("raw", [b"a,b\n1", b"a\n1,2", b'a,b\n"1"', b'a\n"1",'])
def test_all_lines_of_a_csv_have_as_many_fields(raw: bytes) -> None:
    assert refusal(raw, "text/csv") == "All lines must have same number of fields"


@pytest.mark.parametrize("raw", [b"", b"\n\n", b'a\n"x', b'a\n"x"y', b'a\nx"y"', b"a\n\xff"])
def test_what_is_no_csv_is_refused(raw: bytes) -> None:
    assert "CSV" in refusal(raw, "text/csv")


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("action", WRITES)
def test_a_form_is_an_object_of_texts(action: Action) -> None:
    read = body(b"a=1&b=x+y%21&c", FORM, action)
    assert read == JsonBody(b'{"a":"1","b":"x y!","c":""}', ("a", "b", "c"), is_array=False)


def test_a_call_keeps_the_repeated_fields_of_a_form() -> None:
    assert body(b"v=1&v=2&w=", FORM, Action.CALL) == FormBody((("v", "1"), ("v", "2"), ("w", "")))


@pytest.mark.parametrize("name", ["text/plain", "text/xml", "application/octet-stream"])
def test_a_call_takes_a_body_as_it_is(name: str) -> None:
    assert body(b"\xff\x00", name, Action.CALL) == RawBody(b"\xff\x00")


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize("name", ["text/plain", "text/xml", "application/octet-stream"])
def test_a_table_takes_no_body_as_it_is(name: str, action: Action) -> None:
    with pytest.raises(InvalidBody, match="Content-Type not acceptable: " + name):
        body(b"", name, action)


@pytest.mark.parametrize("action", [*WRITES, Action.CALL])
@pytest.mark.parametrize("name", ["application/xml", "multipart/form-data", "", "json"])
def test_other_types_are_not_acceptable(name: str, action: Action) -> None:
    with pytest.raises(InvalidBody, match=f"Content-Type not acceptable: {name}"):
        body(b"{}", name, action)


@pytest.mark.parametrize("action", sorted(set(Action) - {*WRITES, Action.CALL}, key=str))
def test_other_actions_ignore_their_body(action: Action) -> None:
    assert body(b"}{", "image/png", action) is None


def test_json_nests_as_deep_as_the_limit() -> None:
    deep = b'{"a":' * MAX_JSON_DEPTH + b"1" + b"}" * MAX_JSON_DEPTH
    assert isinstance(body(deep), JsonBody)
    assert isinstance(body(b"[" + deep + b"]"), JsonBody)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'[{"a":' * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"a":"' + b"\\" * 100_000,
    ],
)
def test_json_without_a_bottom_is_refused(raw: bytes) -> None:
    assert refusal(raw) == "Empty or invalid json"


@pytest.mark.parametrize("raw", [b'{"a":[%s1]}', b'[{"a":[%s1]}]', b"[%s1]"])
def test_too_many_values_are_refused_before_they_are_decoded(raw: bytes) -> None:
    assert "too many values" in refusal(raw % (b"[]," * MAX_VALUES))


LONG = b"x" * (WINDOW + 1)


@pytest.mark.parametrize(
    ("raw", "keys", "is_array"),
    [
        (b'{"a":"%s"}', ("a",), False),
        (b' { "a" : "%s" , "b" : [1, {"c": "}"}] , "d\\"e" : {} } ', ("a", "b", 'd"e'), False),
        (b'{"a":"%s","a":1}', ("a",), False),
        (b'{"\\u00e9":"\\\\%s\\\\"}', ("é",), False),
        (b'[{"a":"%s","b":1},{"b":"","a":"%s"}]', ("a", "b"), True),
        (b' [ {"a":1} , {"a":"%s"} ] ', ("a",), True),
    ],
)
def test_what_is_long_is_passed_over_for_its_keys(
    raw: bytes, keys: tuple[str, ...], is_array: bool
) -> None:
    for filling in (
        LONG,
        b'\\"' * (WINDOW // 2),
        b"\\\\" * (WINDOW // 2) + b"x",
        b",{[" * (WINDOW // 3) + b",",
    ):
        long = raw.replace(b"%s", filling)
        assert body(long) == JsonBody(long, keys, is_array)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"a":"%s"', "Empty or invalid json"),
        (b'{"a":"%s', "Empty or invalid json"),
        (b'{"a":"%s\\', "Empty or invalid json"),
        (b'{"a":"%s"} x', "Empty or invalid json"),
        (b'[{"a":"%s"}', "Empty or invalid json"),
        (b'[{"a":"%s"} {"a":1}]', "Empty or invalid json"),
        (b'{"\\x":"%s"}', "Empty or invalid json"),
        (b'[{"a":"%s"},{"b":1}]', "All object keys must match"),
        (b'{"a":' + b"[" * (MAX_JSON_DEPTH + 1) + b'"%s"', "Empty or invalid json"),
    ],
)
def test_what_is_long_and_cannot_be_read_is_refused(raw: bytes, message: str) -> None:
    assert refusal(raw.replace(b"%s", LONG)) == message


@given(st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=5), st.text())
def test_a_long_object_has_the_keys_it_has_when_decoded(value: object, key: str) -> None:
    raw = orjson.dumps({"first": value, key: [value, {key: value}], "last": key})
    assert scan_object(raw, 0) == (tuple(orjson.loads(raw)), len(raw))


def test_separators_inside_of_texts_are_no_values() -> None:
    assert isinstance(body(b'{"a":"' + b"," * (2 * MAX_VALUES) + b'"}'), JsonBody)


def test_a_form_of_too_many_fields_is_refused() -> None:
    assert "too many fields" in refusal(b"a=1&" * MAX_FIELDS, FORM)


def held_for(raw: bytes, media_type: str = "application/json") -> int:
    """The most bytes that reading it takes beside it."""
    tracemalloc.start()
    body(raw, media_type)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_the_rows_of_an_array_are_not_all_in_memory() -> None:
    raw = b"[" + b",".join([b'{"id":12345,"name":"a name","tags":["a","b"]}'] * 20_000) + b"]"
    assert held_for(raw) < len(raw) / 10


def test_the_rows_of_a_csv_are_in_memory_twice_at_most() -> None:
    """As they grow, and as they stay; and the text they are read from."""
    raw = b"id,name\n" + b'12345,"a name"\n' * 20_000
    read = body(raw, "text/csv")
    assert isinstance(read, JsonBody)
    assert held_for(raw, "text/csv") < len(raw) + 2.2 * len(read.raw)
