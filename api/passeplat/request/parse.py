"""An HTTP request becomes an ApiRequest: what the client wants, whatever the database has."""

from collections.abc import Mapping, Sequence

from passeplat.config import Config
from passeplat.errors import UnacceptableSchema, UnsupportedMethod, UnsupportedRoutineMethod
from passeplat.request.body import parse_body
from passeplat.request.headers import read_cookies, read_headers, without_cookies
from passeplat.request.measure import check_query
from passeplat.request.media_type import parse_accept, parse_content_type
from passeplat.request.model import Action, ApiRequest
from passeplat.request.path import Address, Resource, parse_path
from passeplat.request.preferences import parse_preferences
from passeplat.request.query_string import parse_query_string
from passeplat.request.ranges import requested_range

_ACTIONS: Mapping[Resource, Mapping[str, Action]] = {
    Resource.ROOT: {"GET": Action.ROOT, "HEAD": Action.ROOT, "OPTIONS": Action.ROOT_INFO},
    Resource.DOCUMENT: {
        "GET": Action.DOCUMENT,
        "HEAD": Action.DOCUMENT,
        "OPTIONS": Action.ROOT_INFO,
    },
    Resource.RELATION: {
        "GET": Action.READ,
        "HEAD": Action.READ,
        "POST": Action.INSERT,
        "PATCH": Action.UPDATE,
        "PUT": Action.UPSERT,
        "DELETE": Action.DELETE,
        "OPTIONS": Action.INFO,
    },
    Resource.ROUTINE: {
        "GET": Action.CALL_READ,
        "HEAD": Action.CALL_READ,
        "POST": Action.CALL,
        "OPTIONS": Action.CALL_INFO,
    },
}
_WITH_ARGUMENTS = frozenset({Action.CALL_READ, Action.CALL_INFO})
_WRITING = frozenset({"POST", "PATCH", "PUT", "DELETE"})


def parse(  # noqa: PLR0913, PLR0917  the parts of a request, in the order they come
    method: str,
    raw_path: bytes,
    query_string: bytes,
    headers: Sequence[tuple[bytes, bytes]],
    body: bytes,
    config: Config,
) -> ApiRequest:
    """What the request asks for. Raises ApiError, and nothing else, on whatever cannot be meant.

    `raw_path` and `query_string` are as they came on the wire, percent-encoded, without the `?`.
    The checks come in PostgREST's order: of several faults a client hears of the same one.
    """
    address = parse_path(raw_path, config)
    fields = read_headers(headers)
    schema, profile = _schema(address, method, fields, config.db_schemas)
    action = _action(address.resource, method)
    query = parse_query_string(query_string, with_arguments=action in _WITH_ARGUMENTS)
    check_query(query, config)
    wanted = requested_range(query.ranges, method, fields.get("range"))
    content_type = parse_content_type(fields.get("content-type"))
    return ApiRequest(
        action=action,
        method=method,
        path=address.path,
        target=address.name,
        schema=schema,
        profile=profile,
        query=query,
        range=wanted,
        preferences=parse_preferences(
            fields.get("prefer"),
            transaction_may_be_chosen=config.db_tx_end.endswith("-allow-override"),
        ),
        accept=parse_accept(fields.get("accept")),
        content_type=content_type,
        body=parse_body(action, content_type, query.columns, body),
        headers=without_cookies(fields),
        cookies=read_cookies(fields),
    )


def _schema(
    address: Address, method: str, fields: Mapping[str, str], exposed: tuple[str, ...]
) -> tuple[str, str | None]:
    """The schema, and what Content-Profile answers: the schema if there was a choice."""
    asked = fields.get("content-profile" if method in _WRITING else "accept-profile")
    if address.schema is not None or asked is None:
        schema = address.schema or exposed[0]
        return schema, schema if len(exposed) > 1 else None
    if asked not in exposed:
        raise UnacceptableSchema(asked, exposed)
    return asked, asked


def _action(resource: Resource, method: str) -> Action:
    action = _ACTIONS[resource].get(method)
    if action is None and resource is Resource.ROUTINE:
        raise UnsupportedRoutineMethod(method)
    if action is None:
        raise UnsupportedMethod(method)
    return action
