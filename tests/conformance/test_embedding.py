"""Embedding: relationships found in foreign keys, views and functions; how an embed is named."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves


def read(api: Api, path: str) -> Any:
    answer = api(f"GET {path}", accept="application/json")
    assert answer.status == 200, answer.text
    return answer.json


def one(api: Api, path: str) -> Any:
    """The only value of the only row."""
    [row] = read(api, path)
    [value] = row.values()
    return value


@proves("E-01", "E-09")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/books?select=authors(id)&id=eq.1", {"id": 1}, id="many-to-one"),
        pytest.param("/books?select=authors(id)&id=eq.4", None, id="many-to-one, none"),
        pytest.param(
            "/authors?select=books(id)&id=eq.2&books.order=id",
            [{"id": 2}, {"id": 3}],
            id="one-to-many",
        ),
        pytest.param("/authors?select=books(id)&id=eq.3", [], id="one-to-many, none"),
        pytest.param(
            "/books?select=genres(id)&id=eq.3&genres.order=id",
            [{"id": 1}, {"id": 2}],
            id="many-to-many",
        ),
        pytest.param("/books?select=genres(id)&id=eq.4", [], id="many-to-many, none"),
        pytest.param(
            "/authors?select=genres(id)&id=eq.1", [{"id": 1}], id="many-to-many, longer key"
        ),
        pytest.param("/covers?select=books(id)&book_id=eq.2", {"id": 2}, id="one-to-one"),
        pytest.param(
            "/loans?select=copies(condition)&id=eq.2", {"condition": "worn"}, id="composite key"
        ),
        pytest.param("/loans?select=copies(condition)&id=eq.3", None, id="composite key, null"),
        pytest.param(
            "/copies?select=loans(id)&book_id=eq.1&number=eq.2",
            [{"id": 2}],
            id="composite key, from the other side",
        ),
    ],
)
def test_a_foreign_key_leads_both_ways(api: Api, path: str, expected: Any) -> None:
    assert one(api, path) == expected


@proves("E-01")
def test_a_unique_foreign_key_is_to_one_from_its_target_too(api: Api) -> None:
    """Asked by the constraint, for a function has taken the name of the table."""
    assert one(api, "/profiles?select=authors(id)&id=eq.1") == {"id": 1}
    assert one(api, "/authors?select=profiles(id)&id=eq.1") == {"id": 1}
    assert one(api, "/authors?select=profiles(id)&id=eq.2") is None


@proves("E-02")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/book_titles?select=authors(id)&id=eq.1", {"id": 1}, id="view to table"),
        pytest.param("/authors?select=book_titles(id)&id=eq.1", [{"id": 1}], id="table to view"),
        pytest.param(
            "/short_titles?select=authors(id)&short_id=eq.1", {"id": 1}, id="view of a view"
        ),
        pytest.param(
            "/authors?select=short_titles(short_id)&id=eq.1",
            [{"short_id": 1}],
            id="table to view of a view",
        ),
        pytest.param(
            "/book_titles?select=genres(id)&id=eq.1", [{"id": 1}], id="view through a junction"
        ),
        pytest.param(
            "/author_names?select=books(id)&id=eq.1", [{"id": 1}], id="materialized view to table"
        ),
        pytest.param(
            "/books?select=author_names(id)&id=eq.1", {"id": 1}, id="table to materialized view"
        ),
        pytest.param(
            "/book_titles?select=author_names(name)&id=eq.1",
            {"name": "Ada Brandt"},
            id="view to view",
        ),
        pytest.param(
            "/publishers?select=countries(code)&id=eq.1",
            {"code": "at"},
            id="view of a private table",
        ),
        pytest.param(
            "/books_per_author?select=authors(id)&author_id=eq.1", {"id": 1}, id="view that groups"
        ),
    ],
)
def test_a_view_has_the_keys_of_its_columns(api: Api, path: str, expected: Any) -> None:
    assert one(api, path) == expected


@proves("E-02")
@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/union_books?select=authors(id)", id="union"),
        pytest.param("/copies_without_number?select=loans(id)", id="a part of a key"),
    ],
)
def test_some_views_have_no_keys(api: Api, path: str) -> None:
    assert api(f"GET {path}").code == "PGRST200"


@proves("E-02", "W-06")
def test_a_view_has_the_primary_key_of_its_table(api: Api) -> None:
    answer = api("POST /book_titles", {"id": 77, "title": "t"}, prefer="return=headers-only")
    assert answer.header("Location") == "/book_titles?id=eq.77"


@proves("E-02")
def test_views_chain_through_schemas_on_the_path(serve: Serve) -> None:
    path = "/vaulted_books?select=authors(id)&id=eq.1"
    assert one(serve(db_extra_search_path="extras,vault"), path) == {"id": 1}
    assert serve()(f"GET {path}").code == "PGRST200"


@proves("E-03", "X-07")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/rpc/books_by?author=1&select=authors(id)", {"id": 1}),
        ("/rpc/books_by?author=1&select=genres(id)", [{"id": 1}]),
        ("/rpc/books_by?author=1&select=writer(id)", {"id": 1}),
    ],
)
def test_what_a_function_returns_is_embedded_into(api: Api, path: str, expected: Any) -> None:
    assert one(api, path) == expected


@proves("E-03", "S-09")
@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("POST /book_genres", {"book_id": 4, "genre_id": 3}),
        ("PATCH /book_genres?book_id=eq.2", {"rank": 5}),
        ("DELETE /book_genres?book_id=eq.2", None),
    ],
)
def test_what_a_write_returns_is_embedded_into(api: Api, line: str, body: Any) -> None:
    sign = "&" if "?" in line else "?"
    answer = api(
        f"{line}{sign}select=books(id,authors(id)),genres(name)",
        body,
        prefer="return=representation",
        accept="application/json",
    )
    [row] = answer.json
    assert row["books"]["id"] in {2, 4}
    assert set(row) == {"books", "genres"}


@proves("E-03")
def test_what_a_write_returns_is_filtered_by_its_embeds(api: Api) -> None:
    answer = api(
        "PATCH /books?id=gt.0&select=id,authors!inner(id)&authors.id=eq.2&order=id",
        {"pages": 1},
        prefer="return=representation",
    )
    assert [row["id"] for row in answer.json] == [2, 3]


@proves("E-04")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/authors?select=best_book(id)&id=eq.2", {"id": 2}, id="rows 1"),
        pytest.param("/books?select=writer(id)&id=eq.2", {"id": 2}, id="not setof"),
        pytest.param("/authors?select=thick_books(id)&id=eq.1", [{"id": 1}], id="setof"),
        pytest.param(
            "/authors?select=related(code)&id=eq.1", {"code": "at"}, id="overload, to one"
        ),
        pytest.param("/books?select=related(id)&id=eq.1", [{"id": 1}], id="overload, to many"),
        pytest.param(
            "/books?select=covers(colour)&id=eq.1",
            {"colour": "computed"},
            id="in the place of a detected one",
        ),
        pytest.param(
            "/authors?select=best_book(authors(id))&id=eq.2",
            {"authors": {"id": 2}},
            id="with embeds of its own",
        ),
        pytest.param(
            "/books?select=b:writer(related(code))&id=eq.1",
            {"related": {"code": "at"}},
            id="of a computed one",
        ),
    ],
)
def test_a_function_of_a_row_is_a_relationship(api: Api, path: str, expected: Any) -> None:
    assert one(api, path) == expected


@proves("E-04", "E-10")
def test_a_computed_relationship_is_filtered_ordered_and_limited(api: Api) -> None:
    rows = read(
        api,
        "/authors?select=id,thick_books!inner(id)&thick_books.order=id.desc&thick_books.limit=1"
        "&thick_books.in_print=is.not_null",
    )
    assert rows == [
        {"id": 1, "thick_books": [{"id": 1}]},
        {"id": 2, "thick_books": [{"id": 2}]},
    ]


@proves("E-05")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/readers?select=readers_favourite(id)&id=eq.1", {"id": 1}, id="constraint"),
        pytest.param("/readers?select=favourite_id(id)&id=eq.1", {"id": 1}, id="column"),
        pytest.param(
            "/readers?select=books!readers_current(id)&id=eq.1", {"id": 2}, id="constraint as hint"
        ),
        pytest.param(
            "/readers?select=books!current_id(id)&id=eq.1", {"id": 2}, id="column as hint"
        ),
        pytest.param(
            "/books?select=readers!favourite_id(id)&id=eq.1",
            [{"id": 1}],
            id="column of the other side as hint",
        ),
        pytest.param(
            "/books?select=readers!readers_current(id)&id=eq.2",
            [{"id": 1}],
            id="constraint as hint, from the other side",
        ),
        pytest.param(
            "/books?select=genres!book_genres(id)&id=eq.1", [{"id": 1}], id="junction as hint"
        ),
        pytest.param(
            "/loans?select=loans_copy(condition)&id=eq.1",
            {"condition": "good"},
            id="constraint of two columns",
        ),
    ],
)
def test_an_embed_is_named_by_table_constraint_or_column(
    api: Api, path: str, expected: Any
) -> None:
    assert one(api, path) == expected


@proves("E-06")
@pytest.mark.parametrize(
    ("select", "expected"),
    [
        pytest.param("shelves(id)", [{"id": 4}], id="children by table"),
        pytest.param("parent_id(id)", {"id": 1}, id="parent by column"),
        pytest.param("c:shelves!parent_id(id)", [{"id": 4}], id="children by hint"),
        pytest.param("parent_id(parent_id(id))", {"parent_id": None}, id="grandparent"),
    ],
)
def test_a_tree_has_children_and_parents(api: Api, select: str, expected: Any) -> None:
    assert one(api, f"/shelves?id=eq.2&select={select}") == expected


@proves("E-07", "PGRST200")
def test_what_is_not_related_is_a_400_with_a_hint(api: Api) -> None:
    answer = api("GET /books?select=authrs(id)")
    assert answer.status == 400
    assert answer.json == {
        "code": "PGRST200",
        "message": "Could not find a relationship between 'books' and 'authrs' in the schema cache",
        "details": "Searched for a foreign key relationship between 'books' and 'authrs' in the"
        " schema 'library', but no matches were found.",
        "hint": "Perhaps you meant 'authors' instead of 'authrs'.",
    }


@proves("E-07", "PGRST200")
def test_a_hint_that_leads_nowhere_is_a_400(api: Api) -> None:
    answer = api("GET /books?select=authors!nope(id)")
    assert answer.code == "PGRST200"
    assert "using the hint 'nope'" in answer.json["details"]


@proves("E-07", "PGRST201")
def test_several_relationships_are_a_300_that_lists_them(api: Api) -> None:
    answer = api("GET /readers?select=books(id)")
    assert answer.status == 300
    assert answer.json == {
        "code": "PGRST201",
        "message": "Could not embed because more than one relationship was found for 'readers'"
        " and 'books'",
        "details": [
            {
                "cardinality": "many-to-one",
                "embedding": "readers with books",
                "relationship": f"{name} using readers({column}) and books(id)",
            }
            for name, column in [
                ("readers_current", "current_id"),
                ("readers_favourite", "favourite_id"),
            ]
        ],
        "hint": "Try changing 'books' to one of the following: 'books!readers_current',"
        " 'books!readers_favourite'. Find the desired relationship in the 'details' key.",
    }


@proves("E-07", "T-30")
def test_relationships_are_told_only_to_whom_may_use_them(api: Api) -> None:
    path = "GET /readers?select=verdicts(id)"
    told = api(path, role="contract_member").json
    assert [each["relationship"].split()[0] for each in told["details"]] == [
        "verdicts_judge",
        "verdicts_judged",
    ]
    hidden = api(path)
    assert (hidden.status, hidden.json["details"], hidden.json["hint"]) == (300, [], None)
    assert "judge" not in hidden.text


@proves("E-08")
@pytest.mark.parametrize("path", ["/authors?select=awards(id)", "/books?select=orders(id)"])
def test_other_schemas_are_out_of_reach(api: Api, path: str) -> None:
    assert api(f"GET {path}").code == "PGRST200"


@proves("E-08")
def test_a_request_stays_within_its_schema(serve: Serve) -> None:
    api = serve(db_schemas="library,shop")
    assert api("GET /orders?select=books(sku)", accept_profile="shop").json == [
        {"books": {"sku": "s1"}}
    ]
    assert api("GET /orders?select=authors(id)", accept_profile="shop").code == "PGRST200"


@proves("E-09")
def test_embeds_nest(api: Api) -> None:
    assert read(
        api,
        "/countries?select=code,authors(id,books(id,genres(id)))&code=in.(at,fr)&order=code",
    ) == [
        {"code": "at", "authors": [{"id": 1, "books": [{"id": 1, "genres": [{"id": 1}]}]}]},
        {"code": "fr", "authors": []},
    ]


@proves("E-10")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("books(id)", {1: [], 2: [3], 3: []}, id="parents stay"),
        pytest.param("books!inner(id)", {2: [3]}, id="unless joined"),
        pytest.param("books!left(id)", {1: [], 2: [3], 3: []}, id="left says so"),
    ],
)
def test_filters_of_an_embed_keep_its_parents(
    api: Api, query: str, expected: dict[int, list[int]]
) -> None:
    rows = read(api, f"/authors?select=id,{query}&books.published=eq.2010")
    assert {row["id"]: [book["id"] for book in row["books"]] for row in rows} == expected


@proves("E-10")
def test_inner_joins_reach_down(api: Api) -> None:
    path = "/countries?select=code,authors!inner(books!inner(id))&authors.books.id=eq.3"
    assert read(api, path) == [{"code": "jp", "authors": [{"books": [{"id": 3}]}]}]


@proves("E-11")
def test_a_relation_is_embedded_twice_under_two_names(api: Api) -> None:
    rows = read(
        api,
        "/authors?id=eq.2&select=old:books(id),new:books(id)"
        "&old.published=lt.2008&new.published=gte.2008",
    )
    assert rows == [{"old": [{"id": 2}], "new": [{"id": 3}]}]


@proves("E-12", "H-15", "url-use-legacy-target-names")
@pytest.mark.parametrize(
    "query", ["books.id=eq.2", "books.order=id", "books.limit=1", "books.or=(id.eq.2,id.eq.2)"]
)
def test_an_aliased_embed_may_be_meant_by_its_own_name_with_a_warning(api: Api, query: str) -> None:
    answer = api(f"GET /authors?id=eq.2&select=b:books(id)&{query}")
    assert answer.json[0]["b"][0] == {"id": 2}
    assert answer.header("Warning") == (
        '299 PostgRESTv16.2 "Embedded resource was referenced by relation name even though it has'
        " an alias. This is deprecated and will stop working in a future release."
        ' Update `books` to `b` in query string filters, orders or limits."'
    )


@proves("E-12", "H-15")
def test_an_alias_is_no_reason_for_a_warning(api: Api) -> None:
    answer = api("GET /authors?id=eq.2&select=b:books(id)&b.id=eq.2")
    assert answer.header("Warning") is None


@proves("E-12", "url-use-legacy-target-names", "PGRST108")
def test_without_legacy_names_the_alias_is_the_only_name(serve: Serve) -> None:
    api = serve(url_use_legacy_target_names="false")
    answer = api("GET /authors?select=b:books(id)&books.id=eq.2")
    assert answer.status == 400
    assert answer.json == {
        "code": "PGRST108",
        "message": "'books' is not an embedded resource in this request",
        "details": "'books' is aliased as 'b'",
        "hint": "Use 'b' instead of 'books'.",
    }
    assert api("GET /authors?id=eq.2&select=b:books(id)&b.id=eq.2").json == [{"b": [{"id": 2}]}]


@proves("E-13")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(
            "/books?id=eq.1&select=id,...authors(name,born)",
            {"id": 1, "name": "Ada Brandt", "born": "1950-05-01"},
            id="to one",
        ),
        pytest.param(
            "/books?id=eq.4&select=id,...authors(name)", {"id": 4, "name": None}, id="to none"
        ),
        pytest.param(
            "/books?id=eq.1&select=id,...authors(by:name,...countries(country:name))",
            {"id": 1, "by": "Ada Brandt", "country": "Austria"},
            id="nested",
        ),
        pytest.param(
            "/books?id=eq.1&select=...authors(countries(code))",
            {"countries": {"code": "at"}},
            id="with an embed",
        ),
        pytest.param(
            "/authors?id=eq.2&select=id,...books(titles:title,years:published)&books.order=id.desc",
            {"id": 2, "titles": ["Cold Harbour", "Blue Harbours"], "years": [2010, 2005]},
            id="to many, ordered",
        ),
        pytest.param(
            "/authors?id=eq.3&select=id,...books(titles:title)",
            {"id": 3, "titles": []},
            id="to many, none",
        ),
        pytest.param(
            "/books?id=eq.3&select=...genres(name)&genres.order=id",
            {"name": ["nature", "novel"]},
            id="many to many",
        ),
        pytest.param(
            "/books?id=eq.3&select=...book_genres(rank,...genres(name))&book_genres.order=rank",
            {"rank": [1, 2], "name": ["novel", "nature"]},
            id="junction and beyond",
        ),
        pytest.param(
            "/books?id=eq.1&select=...authors(*)",
            {"id": 1, "name": "Ada Brandt", "born": "1950-05-01", "country": "at"},
            id="everything",
        ),
        pytest.param(
            "/countries?code=eq.jp&select=code,...authors(names:name,...books(ids:id))"
            "&authors.books.order=id",
            {"code": "jp", "names": ["Bo Chen"], "ids": [[2, 3]]},
            id="many of many",
        ),
    ],
)
def test_a_spread_embed_becomes_columns(api: Api, path: str, expected: Any) -> None:
    assert read(api, path) == [expected]


@proves("E-13")
def test_two_spreads_may_have_columns_of_one_name(api: Api) -> None:
    text = api("GET /readers?id=eq.1&select=...readers_favourite(id),...readers_current(id)").text
    assert text == '[{"id":1,"id":2}]'


@proves("E-14", "E-01")
def test_a_partitioned_table_is_embedded_as_a_whole(api: Api) -> None:
    assert one(api, "/books?select=visits(id)&id=eq.1") == [{"id": 1}]
    assert api("GET /books?select=visits_2024(id)").code == "PGRST200"
