"""What can be done with a relation: a relation in, the operations of its path out."""

from passeplat.response.openapi31.embeds import embeds
from passeplat.response.openapi31.model import Api, Resource
from passeplat.response.openapi31.naming import header_refs, operation_id, response_ref
from passeplat.response.openapi31.parameters import filters, shared
from passeplat.response.openapi31.relations import insert_ref, row_ref, update_ref
from passeplat.response.openapi_schema import Json, described

JSON, OBJECT, CSV = "application/json", "application/vnd.pgrst.object+json", "text/csv"
_FORM = "application/x-www-form-urlencoded"
_PAGE = ("And", "Or", "Select", "Order", "Limit", "Offset", "Range", "PreferRead")
_READ_HEADERS = header_refs("Content-Range", "Content-Location", "Preference-Applied")
_WRITE_HEADERS = header_refs("Content-Range", "Preference-Applied")
_INSERT_HEADERS = header_refs("Location", "Content-Range", "Preference-Applied")
_PUT_HEADERS = header_refs("Preference-Applied")


def operations(resource: Resource, api: Api, profiles: tuple[str, ...]) -> Json:
    """What the role may do; `profiles` as in `parameters`."""
    possible = {
        "get": (resource.readable, _read),
        "head": (resource.readable, _count),
        "post": (resource.insertable, _insert),
        "put": (resource.replaceable, _replace),
        "patch": (resource.updatable, _update),
        "delete": (resource.deletable, _delete),
    }
    return {
        method: _with_profile(write(resource, api), method, profiles)
        for method, (can, write) in possible.items()
        if can
    }


def rows_content(row: Json) -> Json:
    """Rows in every form they come in."""
    return {
        JSON: {"schema": {"type": "array", "items": row}},
        OBJECT: {"schema": row},
        CSV: {"schema": {"type": "string"}},
    }


def errors() -> Json:
    return {"default": response_ref("Error")}


def profile(method: str, profiles: tuple[str, ...]) -> list[Json]:
    if not profiles:
        return []
    return shared("AcceptProfile" if method in {"get", "head"} else "ContentProfile")


def _with_profile(operation: Json, method: str, profiles: tuple[str, ...]) -> Json:
    parameters = operation["parameters"]
    assert isinstance(parameters, list)  # noqa: S101 - every operation below has some
    return {**operation, "parameters": [*parameters, *profile(method, profiles)]}


def _read(resource: Resource, api: Api) -> Json:
    content = rows_content(row_ref(resource))
    return {
        **_headline("read", "Read", resource, embeds(resource, api)),
        "parameters": [*filters(resource), *shared(*_PAGE)],
        "responses": {
            "200": _response("The rows.", _READ_HEADERS, content),
            "206": _response("Some of the rows counted.", _READ_HEADERS, content),
            **errors(),
        },
    }


def _count(resource: Resource, _: Api) -> Json:
    return {
        **_headline("count", "Count", resource, "With `Prefer: count=exact`, in Content-Range."),
        "parameters": [*filters(resource), *shared("And", "Or", "Limit", "Offset", "PreferRead")],
        "responses": {
            "200": _response("What GET would say of them.", _READ_HEADERS),
            "206": _response("The same, of some of the rows counted.", _READ_HEADERS),
            **errors(),
        },
    }


def _insert(resource: Resource, _: Api) -> Json:
    new = insert_ref(resource)
    content = _returned(resource)
    return {
        **_headline("insert", "Insert into", resource, "One row or several, all or none."),
        "parameters": shared("Select", "Columns", "OnConflict", "PreferInsert"),
        "requestBody": {
            "required": True,
            "content": {
                JSON: {"schema": {"anyOf": [new, {"type": "array", "items": new}]}},
                CSV: {"schema": {"type": "string"}},
                _FORM: {"schema": new},
            },
        },
        "responses": {
            "200": _response("The rows were there and are updated.", _INSERT_HEADERS, content),
            "201": _response("The rows are inserted.", _INSERT_HEADERS, content),
            **errors(),
        },
    }


def _replace(resource: Resource, _: Api) -> Json:
    key = set(resource.table.primary_key)
    note = f"The row of the key, {_names(resource)}: inserted, or updated if it is there."
    exact = [_exactly(name) for name in resource.table.primary_key]
    content = _returned(resource)
    return {
        **_headline("upsert", "Insert or update one of", resource, note),
        "parameters": [*exact, *shared("Select", "Columns", "PreferReplace")],
        "requestBody": _json_body(
            {"allOf": [insert_ref(resource), {"type": "object", "required": sorted(key)}]}
        ),
        "responses": {
            "200": _response("The row is updated.", _PUT_HEADERS, content),
            "201": _response("The row is inserted.", _PUT_HEADERS, content),
            "204": _response("It is done.", _PUT_HEADERS),
            **errors(),
        },
    }


def _update(resource: Resource, _: Api) -> Json:
    note = "Every row the filters keep: all of them without a filter."
    return {
        **_headline("update", "Update", resource, note),
        "parameters": [
            *filters(resource),
            *shared("And", "Or", "Select", "Order", "Columns", "PreferUpdate"),
        ],
        "requestBody": _json_body(update_ref(resource)),
        "responses": _changed(resource, "updated"),
    }


def _delete(resource: Resource, _: Api) -> Json:
    note = "Every row the filters keep: all of them without a filter."
    return {
        **_headline("delete", "Delete from", resource, note),
        "parameters": [
            *filters(resource),
            *shared("And", "Or", "Select", "Order", "PreferDelete"),
        ],
        "responses": _changed(resource, "deleted"),
    }


def _headline(verb: str, words: str, resource: Resource, description: str) -> Json:
    headline: Json = {
        "operationId": operation_id(verb, resource.name),
        "tags": [resource.name],
        "summary": f"{words} {resource.name}",
    }
    return described(headline, description or None)


def _changed(resource: Resource, done: str) -> Json:
    return {
        "200": _response(f"The rows {done}.", _WRITE_HEADERS, _returned(resource)),
        "204": _response("It is done.", _WRITE_HEADERS),
        **errors(),
    }


def _returned(resource: Resource) -> Json:
    """What `return=representation` brings: nothing to who may not read."""
    return rows_content(row_ref(resource)) if resource.readable else {}


def _response(description: str, headers: Json, content: Json | None = None) -> Json:
    response: Json = {"description": description, "headers": headers}
    return {**response, "content": content} if content else response


def _json_body(schema: Json) -> Json:
    return {"required": True, "content": {JSON: {"schema": schema}}}


def _exactly(name: str) -> Json:
    return {
        "name": name,
        "in": "query",
        "required": True,
        "description": f"The `{name}` of the row, as in the body: `eq.` and the value.",
        "schema": {"type": "string", "pattern": "^eq\\."},
    }


def _names(resource: Resource) -> str:
    return ", ".join(f"`{name}`" for name in resource.table.primary_key)
