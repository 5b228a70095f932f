"""Content negotiation: the first acceptable media type, and who makes a body of it."""

from passeplat.config import Config
from passeplat.errors import UnacceptableMediaType
from passeplat.names import QualifiedName
from passeplat.plan.model import Explain, Form, Handler, Representation
from passeplat.request.model import ApiRequest, Field, MediaType, SelectField
from passeplat.schema_cache.model import MediaHandler, SchemaCache

JSON = MediaType("application/json")
_ANY = "*/*"
_OCTET_STREAM = MediaType("application/octet-stream")
_DOCUMENT = MediaType("application/openapi+json")
_BUILT_IN: dict[str, Form] = {
    "application/json": "array",
    "text/csv": "csv",
    "application/x-ndjson": "ndjson",
    "application/geo+json": "geojson",
}
_OBJECT = ("application/vnd.pgrst.object", "application/vnd.pgrst.object+json")
_ARRAY = ("application/vnd.pgrst.array", "application/vnd.pgrst.array+json")
_PLAN = {
    "application/vnd.pgrst.plan": "text",
    "application/vnd.pgrst.plan+text": "text",
    "application/vnd.pgrst.plan+json": "json",
}
_EXPLAIN_OPTIONS = ("analyze", "verbose", "settings", "buffers", "wal")


def negotiate(
    request: ApiRequest, relation: QualifiedName, cache: SchemaCache, config: Config
) -> Representation:
    """`relation` is the table, or the function where it does not return rows of one.

    What a function answers for the root is a description of the API as well.
    """
    default = request.query.select == (SelectField(Field("*")),)
    for media_type in request.accept:
        found = _represent(media_type, relation, cache, config, default=default)
        if found is not None:
            return found
        if request.path == "/" and media_type == _DOCUMENT:
            return Representation(_DOCUMENT, "array")
    raise UnacceptableMediaType(tuple(_text(media_type) for media_type in request.accept))


def _represent(
    media_type: MediaType,
    relation: QualifiedName,
    cache: SchemaCache,
    config: Config,
    *,
    default: bool,
) -> Representation | None:
    name = media_type.name
    stripped = media_type.parameter("nulls") == "stripped"
    if name in _OBJECT:
        return _vendored("application/vnd.pgrst.object+json", "object", stripped=stripped)
    if name in _ARRAY:
        if stripped:
            return _vendored("application/vnd.pgrst.array+json", "array", stripped=True)
        return Representation(JSON, "array")
    if name in _PLAN:
        return _explain(media_type, relation, cache, config, default=default)
    return _overridable(name, relation, cache, default=default)


def _vendored(name: str, form: Form, *, stripped: bool) -> Representation:
    if not stripped:
        return Representation(MediaType(name), form)
    forms: dict[Form, Form] = {"object": "object-stripped", "array": "array-stripped"}
    return Representation(MediaType(name, (("nulls", "stripped"),)), forms[form])


def _overridable(
    name: str, relation: QualifiedName, cache: SchemaCache, *, default: bool
) -> Representation | None:
    """A handler for the relation, then one for any relation, then what is built in."""
    handlers = cache.media_handlers
    wanted = JSON.name if name == _ANY else name
    if default and (found := handlers.get((relation, _ANY))) is not None:
        return Representation(_OCTET_STREAM, "array", _handler(found))
    own = handlers.get((relation, wanted)) if default else None
    found = own or handlers.get((None, wanted))
    if found is not None:
        return Representation(MediaType(wanted), "array", _handler(found))
    if wanted in _BUILT_IN:
        return Representation(MediaType(wanted), _BUILT_IN[wanted])
    return None


def _handler(found: MediaHandler) -> Handler:
    if found.relation == found.function:
        return Handler(None, None)
    return Handler(found.function, found.relation)


def _explain(
    media_type: MediaType,
    relation: QualifiedName,
    cache: SchemaCache,
    config: Config,
    *,
    default: bool,
) -> Representation | None:
    if not config.db_plan_enabled:
        return None
    wanted = MediaType(*_split_for(media_type.parameter("for") or JSON.name))
    inner = _represent(wanted, relation, cache, config, default=default)
    if inner is None or inner.explain is not None:
        return None
    asked = (media_type.parameter("options") or "").split("|")
    options = tuple(each for each in _EXPLAIN_OPTIONS if each in asked)
    form = "json" if _PLAN[media_type.name] == "json" else "text"
    parameters = [("for", f'"{_text(inner.media_type)}"')]
    if options:
        parameters.append(("options", "|".join(options)))
    answer = MediaType(f"application/vnd.pgrst.plan+{form}", tuple(parameters))
    explain = Explain(options, "json" if form == "json" else "text")
    return Representation(answer, inner.form, inner.handler, explain)


def _split_for(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    name, _, parameters = text.partition(";")
    pairs = (each.strip().partition("=") for each in parameters.split(";") if each.strip())
    return name.strip().lower(), tuple((key, value) for key, _, value in pairs)


def _text(media_type: MediaType) -> str:
    return media_type.name + "".join(f";{key}={value}" for key, value in media_type.parameters)
