"""The OpenAPI 3.1 document of the reference application: where it is, and what it says to whom."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

MODERN = "application/vnd.oai.openapi+json"


@pytest.fixture(scope="session")
def document(served: Any) -> Any:
    return served.document()


def schema(document: Any, name: str) -> Any:
    return document["components"]["schemas"][name]


def names(operation: Any) -> list[str]:
    return [each.get("name") or each["$ref"].rpartition("/")[2] for each in operation["parameters"]]


@pytest.mark.parametrize(
    ("path", "tenant"),
    [("/openapi.json", "a"), ("/rest/v2/openapi.json", "a"), ("/v2/openapi.json", None)],
)
def test_a_document_is_valid(served: Any, path: str, tenant: str | None) -> None:
    errors = OpenAPIV31SpecValidator(served.document(tenant, path)).iter_errors()
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("accept", [MODERN, f"{MODERN};version=3.1", f"{MODERN}, */*;q=0.1"])
def test_the_root_answers_with_3_1_if_that_is_asked(served: Any, accept: str) -> None:
    response = served.get("/", accept=accept)
    assert (response.json()["openapi"], response.headers["content-type"]) == (
        "3.1.1",
        f"{MODERN};version=3.1; charset=utf-8",
    )


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", f"application/openapi+json, {MODERN}"]
)
def test_the_root_answers_with_2_0_otherwise(served: Any, accept: str) -> None:
    response = served.get("/", accept=accept)
    assert (response.json()["swagger"], response.headers["content-type"]) == (
        "2.0",
        "application/openapi+json; charset=utf-8",
    )


def test_a_version_there_is_not_is_not_acceptable(served: Any) -> None:
    assert served.get("/", accept=f"{MODERN};version=4.0").status_code == 406


def test_the_file_is_json(served: Any) -> None:
    response = served.get("/openapi.json")
    assert response.headers["content-type"] == "application/json; charset=utf-8"


def test_a_header_chooses_the_schema_where_the_path_does_not(served: Any) -> None:
    document = served.get("/openapi.json", "a", accept_profile="v2").json()
    assert (document["info"]["x-schema"], document["servers"]) == ("v2", [{"url": "/v2"}])


def test_the_first_schema_is_served_at_the_root(document: Any) -> None:
    assert document["servers"] == [{"url": "/"}]


def test_profiles_are_told_where_there_is_a_choice(served: Any, document: Any) -> None:
    others = served.document(path="/v2/openapi.json")
    assert (
        document["components"]["parameters"]["AcceptProfile"]["schema"]["enum"],
        "AcceptProfile" in names(document["paths"]["/todos"]["get"]),
        "ContentProfile" in names(document["paths"]["/todos"]["post"]),
        "AcceptProfile" in others["components"]["parameters"],
    ) == (["v1", "v2"], True, True, False)


def test_a_role_sees_what_it_may_use(served: Any) -> None:
    assert list(served.document(None)["paths"]) == ["/rpc/about"]


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/todos", ["get", "head", "post", "put", "patch", "delete"]),
        ("/users", ["get", "head"]),
        ("/me", ["get", "head", "patch"]),
        ("/memberships", ["get", "head", "patch", "delete"]),
        ("/rpc/search", ["get", "post"]),
        ("/rpc/invite", ["post"]),
    ],
)
def test_operations_are_those_the_role_may_do(document: Any, path: str, methods: list[str]) -> None:
    assert list(document["paths"][path]) == methods


def test_operations_have_ids_of_their_own(document: Any) -> None:
    ids = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert (len(ids), ids[:3]) == (
        len(set(ids)),
        ["read_comments", "count_comments", "insert_comments"],
    )


def test_a_column_of_a_view_is_as_null_as_the_column_it_shows(document: Any) -> None:
    columns = schema(document, "todos")["properties"]
    assert (columns["title"]["type"], columns["parent_id"]["type"]) == (
        "string",
        ["string", "null"],
    )


def test_a_row_has_all_columns_but_computed_ones(document: Any) -> None:
    row = schema(document, "todos")
    assert set(row["properties"]) - set(row["required"]) == {"overdue"}


def test_what_has_no_default_must_be_inserted(document: Any) -> None:
    assert schema(document, "todos.insert")["required"] == ["project_id", "title"]


def test_only_columns_the_role_may_update_are_in_an_update(document: Any) -> None:
    assert list(schema(document, "me.update")["properties"]) == ["name"]


def test_constants_are_told_as_defaults_and_calls_are_not(document: Any) -> None:
    columns = schema(document, "todos")["properties"]
    assert (columns["done"]["default"], columns["priority"]["default"]) == (False, "normal")
    assert "default" not in columns["organization_id"]


def test_an_enumeration_is_a_component(document: Any) -> None:
    name = "app.todo_priority.enum"
    assert schema(document, "todos")["properties"]["priority"]["$ref"].endswith(name)
    assert schema(document, name)["enum"] == ["low", "normal", "high", "urgent"]


def test_a_function_of_rows_returns_rows(document: Any) -> None:
    assert schema(document, "search.result") == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/todos"},
    }


def test_optional_arguments_are_not_required(document: Any) -> None:
    assert schema(document, "invite.arguments")["required"] == ["email"]


def test_comments_become_descriptions(document: Any) -> None:
    tags = {each["name"]: each.get("description") for each in document["tags"]}
    assert (document["info"]["title"], tags["labels"]) == (
        "Todos for teams",
        "Labels\nWords your organization sorts its todos by.",
    )


def test_every_embed_that_is_told_can_be_asked_for(served: Any, document: Any) -> None:
    failed = [
        (path, line)
        for path, operations in document["paths"].items()
        for line in operations.get("get", {}).get("description", "").splitlines()
        if line.startswith("- `")
        and served.get(f"{path}?select={line.split('`')[1]}&limit=1", "a").status_code != 200
    ]
    assert failed == []


def test_a_token_is_optional_where_there_is_an_anonymous_role(document: Any) -> None:
    assert document["security"] == [{}, {"bearer": []}]


def test_a_browser_gets_the_page_at_the_root_without_a_token(served: Any) -> None:
    response = served.get("/", accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert response.headers["content-type"] == "text/html; charset=utf-8"


def test_a_schema_in_the_path_has_a_page_behind_a_slash(served: Any) -> None:
    response = served.get("/v2", accept="text/html")
    assert (response.status_code, response.headers["location"]) == (307, "./v2/")


def test_rows_are_never_answered_with_the_page(served: Any) -> None:
    response = served.get("/todos?limit=0", "a", accept="text/html,*/*;q=0.8")
    assert response.headers["content-type"] == "application/json; charset=utf-8"
