"""Relations as components: a relation in, the shapes of a row, an insert and an update out."""

from collections.abc import Iterable, Iterator

from passeplat.response.openapi31.details import Computed
from passeplat.response.openapi31.model import Api, Resource
from passeplat.response.openapi31.naming import key, schema_ref
from passeplat.response.openapi31.types import constant, nullable, type_schema
from passeplat.response.openapi_schema import Json, described
from passeplat.schema_cache.model import Column


def relation_schemas(resource: Resource, api: Api) -> Iterator[tuple[str, Json]]:
    """By component. An update has one of its own only if it differs from the insert."""
    name = resource.name
    if resource.readable:
        yield key(name), _row(resource, api)
    if resource.insertable:
        yield key(name, "insert"), _insert(resource, api)
    if resource.updatable and not _updates_as_inserted(resource):
        yield key(name, "update"), _update(resource, api)


def row_ref(resource: Resource) -> Json:
    return schema_ref(resource.name)


def insert_ref(resource: Resource) -> Json:
    return schema_ref(resource.name, "insert")


def update_ref(resource: Resource) -> Json:
    return schema_ref(resource.name, "insert" if _updates_as_inserted(resource) else "update")


def column_schema(column: Column, resource: Resource, api: Api) -> Json:
    """Its type, with null if it may be."""
    if (column.nominal_type, "json") in api.cache.representations:
        return {}
    schema = type_schema(column.type, api.details)
    if column.max_length is not None:
        schema["maxLength"] = column.max_length
    details = resource.details.columns[column.name]
    return schema if details.not_null or not column.nullable else nullable(schema)


def column_description(column: Column, resource: Resource, api: Api) -> str | None:
    """The comment, then which key it belongs to."""
    notes = [column.description] if column.description else []
    if column.name in resource.table.primary_key:
        notes.append("Primary key.")
    target = api.foreign_keys.get((resource.name, column.name))
    if target is not None:
        notes.append(f"Refers to `{target.table}.{target.column}`.")
    return "\n\n".join(notes) or None


def _row(resource: Resource, api: Api) -> Json:
    columns = resource.columns("read")
    properties = {column.name: _shown(column, resource, api) for column in columns}
    for name in properties.keys() - _given_names(resource):
        properties[name] = {**properties[name], "readOnly": True}
    computed = {each.name: _computed(each, api) for each in resource.details.computed}
    schema = _object({**properties, **computed}, [column.name for column in columns])
    if resource.table.primary_key:
        schema["x-primary-key"] = list(resource.table.primary_key)
    return described(schema, resource.table.description)


def _given_names(resource: Resource) -> set[str]:
    return {column.name for right in ("insert", "update") for column in resource.columns(right)}


def _insert(resource: Resource, api: Api) -> Json:
    columns = resource.columns("insert")
    properties = {column.name: _property(column, resource, api) for column in columns}
    return _object(properties, _required(resource))


def _update(resource: Resource, api: Api) -> Json:
    columns = resource.columns("update")
    return _object({column.name: _property(column, resource, api) for column in columns}, [])


def _required(resource: Resource) -> list[str]:
    """What is neither null nor filled in must be given."""
    known = resource.details.columns
    return [
        column.name
        for column in resource.columns("insert")
        if (known[column.name].not_null or not column.nullable)
        and not known[column.name].filled
        and column.default is None
    ]


def _updates_as_inserted(resource: Resource) -> bool:
    same = resource.columns("insert") == resource.columns("update")
    return resource.insertable and same and not _required(resource)


def _shown(column: Column, resource: Resource, api: Api) -> Json:
    """With its default, which only a row tells: generators take what has one for always given."""
    expression = resource.details.columns[column.name].default or column.default
    default = {} if expression is None else constant(expression, column.type)
    return _property(column, resource, api) | default


def _property(column: Column, resource: Resource, api: Api) -> Json:
    schema = column_schema(column, resource, api)
    return described(schema, column_description(column, resource, api))


def _computed(computed: Computed, api: Api) -> Json:
    note = f"Computed: in the answer if `select` names it, as in `select=*,{computed.name}`."
    text = f"{computed.description}\n\n{note}" if computed.description else note
    schema = nullable(type_schema(computed.type, api.details))
    return {**schema, "description": text, "readOnly": True}


def _object(properties: dict[str, Json], required: Iterable[str]) -> Json:
    schema: Json = {"type": "object", "properties": properties}
    names = list(required)
    return {**schema, "required": names} if names else schema
