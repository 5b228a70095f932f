"""Writes: bodies, columns, defaults, upserts, and what comes back."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves
FULL = "return=representation"


def refused(answer: Any, code: str, message: str) -> None:
    assert (answer.status, answer.code, answer.json["message"]) == (400, code, message)


@proves("W-01")
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (None, '{"key": "a", "value": "1"}'),
        ("application/json", '{"key": "a", "value": "1"}'),
        ("application/json; charset=utf-8", '{"key": "a", "value": "1"}'),
        ("Application/JSON", '{"key": "a", "value": "1"}'),
        ("text/csv", "key,value\na,1"),
        ("application/x-www-form-urlencoded", "key=a&value=1"),
    ],
)
def test_a_row_comes_as_json_csv_or_a_form(api: Api, content_type: str | None, body: str) -> None:
    headers = {} if content_type is None else {"content_type": content_type}
    answer = api("POST /options", body, prefer=FULL, **headers)
    assert (answer.status, answer.json) == (201, [{"key": "a", "value": "1"}])


@proves("W-01")
def test_a_form_is_decoded(api: Api) -> None:
    answer = api(
        "POST /options",
        "key=a+b&value=%C3%BC%3D1",
        content_type="application/x-www-form-urlencoded",
        prefer=FULL,
    )
    assert answer.json == [{"key": "a b", "value": "ü=1"}]


@proves("W-01", "PGRST102")
@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "image/png"])
def test_no_other_type_of_body_is_taken(api: Api, content_type: str) -> None:
    answer = api("POST /options", "x", content_type=content_type)
    refused(answer, "PGRST102", f"Content-Type not acceptable: {content_type}")


@proves("W-02")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"key": "a"}, 1, id="object"),
        pytest.param([{"key": "a"}, {"key": "b"}], 2, id="array"),
        pytest.param([], 0, id="empty array"),
        pytest.param("3", 0, id="number"),
        pytest.param('"x"', 0, id="text"),
        pytest.param("null", 0, id="null"),
    ],
)
def test_a_body_holds_as_many_rows_as_objects(api: Api, body: Any, expected: int) -> None:
    answer = api("POST /options", body, prefer=FULL)
    assert (answer.status, len(answer.json)) == (201, expected)


@proves("W-02", "PGRST102")
@pytest.mark.parametrize("body", ["", "   ", "{", "[{}", "nope", '{"a":}', '{"key": "a"} x'])
def test_what_is_no_json_is_refused(api: Api, body: str) -> None:
    refused(api("POST /options", body), "PGRST102", "Empty or invalid json")


@proves("W-02", "PGRST102")
@pytest.mark.parametrize(
    "body", [[{"key": "a"}, {"value": "b"}], [{"key": "a"}, {"key": "b", "value": "c"}], [{}, 3]]
)
def test_rows_have_the_same_keys(api: Api, body: Any) -> None:
    refused(api("POST /options", body), "PGRST102", "All object keys must match")


@proves("W-03")
def test_csv_knows_null_and_the_empty_text(api: Api) -> None:
    body = 'key,value\r\na,NULL\r\nb,\r\nc,"x, ""y""\nz"\r\n'
    answer = api("POST /options", body, content_type="text/csv", prefer=FULL)
    assert answer.json == [
        {"key": "a", "value": None},
        {"key": "b", "value": ""},
        {"key": "c", "value": 'x, "y"\nz'},
    ]


@proves("W-03", "PGRST102")
@pytest.mark.parametrize("body", ["key,value\na", "key,value\na,b,c", "key,value\na,b\nc"])
def test_csv_has_as_many_cells_in_every_line(api: Api, body: str) -> None:
    answer = api("POST /options", body, content_type="text/csv")
    refused(answer, "PGRST102", "All lines must have same number of fields")


@proves("W-04")
def test_columns_choose_what_of_the_body_is_written(api: Api) -> None:
    body = [{"title": "a", "words": 1, "junk": 2}, {"words": 3}]
    answer = api("POST /drafts?columns=title&select=title,words", body, prefer=FULL)
    assert answer.json == [{"title": "a", "words": 7}, {"title": None, "words": 7}]


@proves("W-04")
def test_columns_choose_what_is_updated(api: Api) -> None:
    answer = api("PATCH /codes?id=eq.1&columns=uses", {"code": "z", "uses": 5}, prefer=FULL)
    assert answer.json == [{"id": 1, "code": "x", "uses": 5}]


@proves("W-04", "PGRST204")
@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("POST /drafts", {"nope": 1}),
        ("POST /drafts?columns=nope", {"title": "a"}),
        ("PATCH /drafts?id=eq.1", {"nope": 1}),
        ("PATCH /drafts?columns=title,nope", {"title": "a"}),
        ("PUT /options?key=eq.a", {"key": "a", "nope": 1}),
        ("POST /drafts?on_conflict=nope", {"title": "a"}),
    ],
)
def test_an_unknown_column_is_a_400(api: Api, line: str, body: Any) -> None:
    answer = api(line, body, prefer="resolution=merge-duplicates")
    table = "options" if "options" in line else "drafts"
    message = f"Could not find the 'nope' column of '{table}' in the schema cache"
    refused(answer, "PGRST204", message)


@proves("W-04")
def test_an_empty_object_is_a_row_of_defaults(api: Api) -> None:
    answer = api("POST /drafts?select=title,words,label,done", {}, prefer=FULL)
    assert answer.json == [{"title": "untitled", "words": 7, "label": "unlabelled", "done": None}]


@proves("W-05", "PR-05")
@pytest.mark.parametrize(
    ("prefer", "expected"),
    [
        pytest.param("", [None, None, None], id="null by default"),
        pytest.param("missing=null", [None, None, None], id="null"),
        pytest.param("missing=default", ["untitled", 7, "unlabelled"], id="default"),
    ],
)
def test_a_missing_key_is_null_or_the_default(api: Api, prefer: str, expected: list[Any]) -> None:
    answer = api(
        "POST /drafts?columns=title,words,label,done&select=title,words,label",
        [{"done": True}],
        prefer=[FULL, prefer],
    )
    assert [list(row.values()) for row in answer.json] == [expected]


@proves("W-05", "PR-05")
def test_an_identity_has_its_next_value_by_default(api: Api) -> None:
    answer = api(
        "POST /drafts?columns=id,title&select=id,title",
        [{"title": "a"}, {"id": 9000}],
        prefer=f"{FULL}, missing=default",
    )
    first, second = answer.json
    assert first["id"] is not None
    assert second == {"id": 9000, "title": "untitled"}


@proves("W-05", "PR-05")
def test_an_update_may_set_defaults_too(api: Api) -> None:
    answer = api(
        "PATCH /codes?id=eq.1&columns=code,uses", {"code": "q"}, prefer=f"{FULL}, missing=default"
    )
    assert answer.json == [{"id": 1, "code": "q", "uses": 0}]


@proves("W-06", "H-08", "PR-02")
@pytest.mark.parametrize(
    ("path", "body", "location"),
    [
        ("/options", {"key": "a b&c"}, "/options?key=eq.a%20b%26c"),
        ("/seats", {"row": "B", "number": 3}, "/seats?row=eq.B&number=eq.3"),
        ("/book_titles", {"id": 50, "title": "t"}, "/book_titles?id=eq.50"),
        ("/ledger", {"id": 5, "entry": "e"}, "/ledger?id=is.null"),
        ("/shouts", {"word": "no key"}, None),
        ("/options", [{"key": "a"}, {"key": "b"}], None),
    ],
)
def test_headers_only_say_where_the_one_row_is(
    api: Api, path: str, body: Any, location: str | None
) -> None:
    answer = api(f"POST {path}", body, prefer="return=headers-only")
    assert (answer.status, answer.body) == (201, b"")
    assert answer.header("Location") == location


@proves("W-06", "W-14")
@pytest.mark.parametrize("prefer", ["", "return=minimal"])
def test_an_insert_returns_nothing_unless_asked(api: Api, prefer: str) -> None:
    answer = api("POST /options", {"key": "a"}, prefer=prefer)
    assert (answer.status, answer.body) == (201, b"")
    assert answer.header("Content-Length") == "0"
    assert answer.header("Location") is None
    assert answer.header("Content-Type") is None


@proves("W-07", "PR-04")
@pytest.mark.parametrize(
    ("path", "prefer", "body", "status", "expected"),
    [
        pytest.param(
            "/options",
            "merge-duplicates",
            {"key": "colour", "value": "x"},
            200,
            [{"key": "colour", "value": "x"}],
            id="merged, nothing new",
        ),
        pytest.param(
            "/options",
            "merge-duplicates",
            [{"key": "colour", "value": "x"}, {"key": "n", "value": "y"}],
            201,
            [{"key": "colour", "value": "x"}, {"key": "n", "value": "y"}],
            id="merged, one new",
        ),
        pytest.param(
            "/options", "ignore-duplicates", {"key": "colour", "value": "x"}, 201, [], id="ignored"
        ),
        pytest.param(
            "/codes?on_conflict=code&select=id,uses",
            "merge-duplicates",
            {"id": 1, "code": "x", "uses": 4},
            200,
            [{"id": 1, "uses": 4}],
            id="on another key",
        ),
        pytest.param(
            "/seats?on_conflict=row,number",
            "merge-duplicates",
            {"row": "A", "number": 2, "taken": True},
            200,
            [{"row": "A", "number": 2, "taken": True}],
            id="on two columns",
        ),
    ],
)
def test_an_upsert_merges_or_ignores(  # noqa: PLR0913, PLR0917  the columns of the table above
    api: Api, path: str, prefer: str, body: Any, status: int, expected: Any
) -> None:
    answer = api(f"POST {path}", body, prefer=f"{FULL}, resolution={prefer}")
    assert (answer.status, answer.json) == (status, expected)
    assert f"resolution={prefer}" in answer.header("Preference-Applied")


@proves("W-07", "PR-04")
def test_without_a_key_there_is_nothing_to_resolve(api: Api) -> None:
    answer = api("POST /shouts", {"word": "a"}, prefer=f"{FULL}, resolution=merge-duplicates")
    assert answer.status == 201
    assert answer.header("Preference-Applied") == FULL


@proves("W-07", "23505")
def test_without_a_resolution_a_duplicate_is_a_conflict(api: Api) -> None:
    answer = api("POST /options", {"key": "colour"})
    assert (answer.status, answer.code) == (409, "23505")


@proves("W-08")
@pytest.mark.parametrize(
    ("prefer", "status", "body"),
    [
        ("", 204, b""),
        ("return=minimal", 204, b""),
        ("return=headers-only", 204, b""),
        (FULL, 200, b'[{"id":1,"code":"x","uses":5}]'),
    ],
)
def test_an_update_returns_what_it_is_asked_for(
    api: Api, prefer: str, status: int, body: bytes
) -> None:
    answer = api("PATCH /codes?id=eq.1", {"uses": 5}, prefer=prefer)
    assert (answer.status, answer.body) == (status, body)


@proves("W-08")
@pytest.mark.parametrize(
    ("line", "body"),
    [
        pytest.param("PATCH /codes?id=eq.99", {"uses": 5}, id="no such row"),
        pytest.param("PATCH /codes", {}, id="nothing to set"),
        pytest.param("PATCH /codes", [], id="no object"),
        pytest.param("PATCH /codes", [{}], id="an empty one in an array"),
    ],
)
def test_an_update_of_nothing_is_fine(api: Api, line: str, body: Any) -> None:
    assert api(line, body).status == 204
    answer = api(line, body, prefer=FULL)
    assert (answer.status, answer.json) == (200, [])


@proves("W-08")
def test_an_update_takes_filters_of_every_kind(api: Api) -> None:
    answer = api(
        "PATCH /books?or=(details->>weight.eq.80,title.fts(english).wind)&order=id"
        "&select=id&state=not.eq.lost",
        {"pages": 1},
        prefer=FULL,
    )
    assert [row["id"] for row in answer.json] == [1, 2]


@proves("W-09")
@pytest.mark.parametrize(
    ("line", "body", "prefer", "status", "expected"),
    [
        (
            "PUT /options?key=eq.new",
            {"key": "new", "value": "v"},
            FULL,
            201,
            [{"key": "new", "value": "v"}],
        ),
        (
            "PUT /options?key=eq.colour",
            {"key": "colour", "value": "v"},
            FULL,
            200,
            [{"key": "colour", "value": "v"}],
        ),
        (
            "PUT /seats?row=eq.A&number=eq.2",
            {"row": "A", "number": 2, "taken": True},
            FULL,
            200,
            [{"row": "A", "number": 2, "taken": True}],
        ),
        ("PUT /options?key=eq.new", {"key": "new"}, "", 204, None),
        ("PUT /options?key=eq.colour", {"key": "colour"}, "", 204, None),
        (
            "PUT /options?key=eq.new",
            [{"key": "new", "value": "v"}],
            FULL,
            201,
            [{"key": "new", "value": "v"}],
        ),
    ],
)
def test_put_is_an_upsert_of_one_row(  # noqa: PLR0913, PLR0917  the columns of the table above
    api: Api, line: str, body: Any, prefer: str, status: int, expected: Any
) -> None:
    answer = api(line, body, prefer=prefer)
    assert answer.status == status
    assert (answer.json if expected is not None else None) == expected


@proves("W-09", "PGRST105")
@pytest.mark.parametrize(
    "query",
    [
        "",
        "?value=eq.a",
        "?key=gt.a",
        "?key=not.eq.a",
        "?key=eq(any).{a}",
        "?key=eq.a&value=eq.b",
        "?or=(key.eq.a,key.eq.a)",
        "?key=in.(a)",
    ],
)
def test_put_is_filtered_by_its_key_alone(api: Api, query: str) -> None:
    answer = api(f"PUT /options{query}", {"key": "a", "value": "b"})
    assert (answer.status, answer.code) == (405, "PGRST105")
    assert answer.json["message"] == (
        "Filters must include all and only primary key columns with 'eq' operators"
    )


@proves("W-09", "PGRST105")
@pytest.mark.parametrize("line", ["PUT /seats?row=eq.A", "PUT /shouts?word=eq.a"])
def test_put_needs_the_whole_of_a_key(api: Api, line: str) -> None:
    assert api(line, {"row": "A", "number": 1}).code == "PGRST105"


@proves("W-09", "PGRST114")
@pytest.mark.parametrize("query", ["limit=1", "offset=1"])
def test_put_has_no_limit(api: Api, query: str) -> None:
    answer = api(f"PUT /options?key=eq.a&{query}", {"key": "a"})
    message = "limit/offset querystring parameters are not allowed for PUT"
    refused(answer, "PGRST114", message)


@proves("W-09", "PGRST115")
@pytest.mark.parametrize(
    "body", [{"key": "b", "value": "v"}, {"value": "v"}, [], [{"key": "a"}, {"key": "b"}]]
)
def test_put_puts_what_the_url_names(api: Api, body: Any) -> None:
    answer = api("PUT /options?key=eq.a", body)
    if body and isinstance(body, list):
        assert answer.status == 204  # rows of other keys are left out
    else:
        message = "Payload values do not match URL in primary key column(s)"
        refused(answer, "PGRST115", message)


@proves("W-10")
@pytest.mark.parametrize(
    ("query", "prefer", "status", "deleted"),
    [
        ("?n=lt.3", FULL, 200, 2),
        ("?n=lt.3", "", 204, None),
        ("?n=gt.99", FULL, 200, 0),
        ("?n=gt.99", "", 204, None),
        ("", FULL, 200, 15),
    ],
)
def test_a_delete_returns_what_it_is_asked_for(
    api: Api, query: str, prefer: str, status: int, deleted: int | None
) -> None:
    answer = api(f"DELETE /numbers{query}", prefer=prefer)
    assert answer.status == status
    assert (len(answer.json) if answer.body else None) == deleted


@proves("W-10")
def test_the_body_of_a_delete_is_ignored(api: Api) -> None:
    assert api("DELETE /numbers?n=eq.1", "not json").status == 204


@proves("W-11")
@pytest.mark.parametrize(
    ("line", "body"),
    [("DELETE /numbers?limit=2&order=n", None), ("PATCH /codes?limit=1", {"uses": 3})],
)
def test_a_limit_does_not_limit_writes(api: Api, line: str, body: Any) -> None:
    answer = api(line, body, prefer="count=exact")
    assert answer.header("Content-Range") in {"*/15", "0-1/2"}


@proves("W-12")
@pytest.mark.parametrize(
    ("line", "body"),
    [
        pytest.param("POST /book_titles", {"title": "t"}, id="insert into a view"),
        pytest.param("PATCH /book_titles?id=eq.1", {"title": "t"}, id="update a view"),
        pytest.param("DELETE /short_titles?short_id=eq.4", None, id="delete from a view of a view"),
        pytest.param("POST /inbox", {"body": "t"}, id="a trigger instead of the insert"),
    ],
)
def test_views_are_written_to(api: Api, line: str, body: Any) -> None:
    answer = api(line, body, prefer=FULL)
    assert answer.status in {200, 201}
    assert len(answer.json) == 1


@proves("W-12")
@pytest.mark.parametrize("view", ["books_per_author", "union_books"])
def test_views_that_cannot_be_written_to_say_so(api: Api, view: str) -> None:
    answer = api(f"POST /{view}", {"author_id": 1})
    assert (answer.status, answer.code) == (500, "55000")


@proves("W-13", "D3", "21000")
def test_a_guard_against_whole_tables_is_a_400(api: Api) -> None:
    """What the library pg-safeupdate says."""
    answer = api("POST /rpc/fail", {"state": "21000", "message": "DELETE requires a WHERE clause"})
    assert (answer.status, answer.code) == (400, "21000")


@proves("W-14", "H-05")
@pytest.mark.parametrize(
    ("line", "body", "expected"),
    [
        ("GET /numbers?n=eq.1", None, "9"),
        ("POST /options", {"key": "a"}, "0"),
        ("PATCH /codes?id=eq.1", {"uses": 1}, None),
        ("DELETE /numbers", None, None),
        ("HEAD /numbers", None, None),
        ("GET /nope", None, "118"),
    ],
)
def test_a_length_is_given_where_a_body_may_be(
    api: Api, line: str, body: Any, expected: str | None
) -> None:
    assert api(line, body).header("Content-Length") == expected


@proves("W-14")
def test_what_was_written_is_there_afterwards(alone: Serve) -> None:
    api = alone(db_tx_end="commit")
    assert api("POST /options", {"key": "a", "value": "1"}).status == 201
    assert api("PATCH /options?key=eq.a", {"value": "2"}).status == 204
    assert api("GET /options?key=eq.a").json == [{"key": "a", "value": "2"}]
    assert api("DELETE /options?key=eq.a").status == 204
    assert api("GET /options?key=eq.a").json == []
