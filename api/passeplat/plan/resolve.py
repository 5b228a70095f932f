"""Second stage: what was asked meets what exists. ApiRequest and SchemaCache in, a Plan out."""

from dataclasses import replace

from passeplat.config import Config
from passeplat.errors import (
    InvalidPreferences,
    MaxAffectedNeedsSet,
    OpenApiDisabled,
    TableNotFound,
)
from passeplat.names import QualifiedName
from passeplat.plan.call import find_routine, plan_call
from passeplat.plan.document import plan_document
from passeplat.plan.model import DocumentPlan, InfoPlan, Plan
from passeplat.plan.mutate import conflict_of, plan_change, returned_names
from passeplat.plan.read import SOURCE, Place, Planner, plan_level
from passeplat.plan.representation import negotiate
from passeplat.plan.scope import legacy_names, request_scope, without_root_filters
from passeplat.request.model import Action, ApiRequest
from passeplat.schema_cache.model import Routine, SchemaCache, Table, Volatility
from passeplat.schema_cache.suggest import table_hint

_AFFECTING = frozenset({Action.UPDATE, Action.DELETE, Action.CALL, Action.CALL_READ})


def resolve(
    request: ApiRequest, cache: SchemaCache, config: Config, role: str
) -> Plan | InfoPlan | DocumentPlan:
    """`role` only decides which names a hint may mention."""
    preferences = request.preferences
    if preferences.handling == "strict" and preferences.invalid:
        raise InvalidPreferences(preferences.invalid)
    match request.action:
        case Action.READ:
            return _plan_read(request, cache, config, role)
        case Action.INSERT | Action.UPDATE | Action.UPSERT | Action.DELETE:
            return _plan_write(request, cache, config, role)
        case Action.CALL | Action.CALL_READ:
            return _plan_call(request, cache, config, role)
        case Action.ROOT:
            return _plan_root(request, config)
        case Action.DOCUMENT:
            return plan_document(request)
        case Action.INFO:
            return InfoPlan(_allowed(_table(request, cache, role)))
        case Action.CALL_INFO:
            return InfoPlan(_allowed_call(request, cache, role))
        case Action.ROOT_INFO:
            return InfoPlan(("OPTIONS", "GET", "HEAD"))


def _plan_read(request: ApiRequest, cache: SchemaCache, config: Config, role: str) -> Plan:
    table = _table(request, cache, role)
    planner = Planner(cache, config, request.schema, role, config.db_max_rows)
    place = Place(table.name, table.name, None, 0)
    return Plan(
        request=request,
        read=plan_level(planner, place, request.query.select, request_scope(request)),
        change=None,
        representation=negotiate(request, table.name, cache, config),
        wants_body=True,
        read_only=True,
        primary_key=table.primary_key,
        max_rows=config.db_max_rows,
        warning=_warning(request, config),
    )


def _plan_write(request: ApiRequest, cache: SchemaCache, config: Config, role: str) -> Plan:
    table = _table(request, cache, role)
    planner = Planner(cache, config, request.schema, role, None)
    scope = without_root_filters(request_scope(request))
    place = Place(table.name, SOURCE, table.name.name, 0)
    read = plan_level(planner, place, request.query.select, scope)
    returning = request.preferences.returning
    names = _returning(returning, read_names=returned_names(read), table=table)
    return Plan(
        request=_with_effective_preferences(request, table),
        read=read,
        change=plan_change(request, table, cache, names),
        representation=negotiate(request, table.name, cache, config),
        wants_body=returning == "representation",
        read_only=False,
        primary_key=table.primary_key,
        max_affected=_max_affected(request),
        warning=_warning(request, config),
    )


def _returning(
    returning: str | None, *, read_names: tuple[str, ...], table: Table
) -> tuple[str, ...]:
    match returning:
        case "representation":
            return read_names
        case "headers-only":
            return table.primary_key
        case _:
            return ()


def _with_effective_preferences(request: ApiRequest, table: Table) -> ApiRequest:
    """A resolution without a key to resolve by is not applied, and so not echoed."""
    if request.action is not Action.INSERT or conflict_of(request, table) is not None:
        return request
    return replace(request, preferences=replace(request.preferences, resolution=None))


def _plan_call(request: ApiRequest, cache: SchemaCache, config: Config, role: str) -> Plan:
    routine = find_routine(request, cache, role)
    if _max_affected(request) is not None and not routine.returns.is_set:
        raise MaxAffectedNeedsSet
    relation = _result_relation(routine)
    planner = Planner(cache, config, request.schema, role, config.db_max_rows)
    returned = frozenset(name for name, _ in routine.returns.columns)
    place = Place(relation, SOURCE, routine.name.name, 0, returned)
    read = plan_level(planner, place, request.query.select, request_scope(request))
    return Plan(
        request=request,
        read=read,
        change=plan_call(request, routine, returned_names(read)),
        representation=negotiate(request, relation, cache, config),
        wants_body=not routine.is_void,
        read_only=_reads_only(request, routine),
        primary_key=(),
        isolation=routine.isolation,
        settings=routine.settings,
        max_rows=config.db_max_rows,
        max_affected=_max_affected(request),
        warning=_warning(request, config),
    )


def _result_relation(routine: Routine) -> QualifiedName:
    """What can be embedded into the result: the relation whose rows it returns, if any."""
    returns = routine.returns
    return returns.name if returns.is_composite and not returns.is_record else routine.name


def _reads_only(request: ApiRequest, routine: Routine) -> bool:
    return request.action is Action.CALL_READ or routine.volatility is not Volatility.VOLATILE


def _plan_root(request: ApiRequest, config: Config) -> DocumentPlan:
    if config.openapi_mode == "disabled":
        raise OpenApiDisabled
    return plan_document(request)


def _table(request: ApiRequest, cache: SchemaCache, role: str) -> Table:
    name = QualifiedName(request.schema, request.target)
    table = cache.tables.get(name)
    if table is None:
        raise TableNotFound(name.schema, name.name, table_hint(cache, name.schema, name.name, role))
    return table


def _max_affected(request: ApiRequest) -> int | None:
    preferences = request.preferences
    counts = preferences.handling == "strict" and request.action in _AFFECTING
    return preferences.max_affected if counts else None


def _allowed(table: Table) -> tuple[str, ...]:
    put = table.insertable and table.updatable and bool(table.primary_key)
    writes = (
        ("POST", table.insertable),
        ("PUT", put),
        ("PATCH", table.updatable),
        ("DELETE", table.deletable),
    )
    return ("OPTIONS", "GET", "HEAD", *(method for method, can in writes if can))


def _allowed_call(request: ApiRequest, cache: SchemaCache, role: str) -> tuple[str, ...]:
    routine = find_routine(request, cache, role)
    if routine.volatility is Volatility.VOLATILE:
        return ("OPTIONS", "POST")
    return ("OPTIONS", "GET", "HEAD", "POST")


def _warning(request: ApiRequest, config: Config) -> str | None:
    renamed = legacy_names(request) if config.url_use_legacy_target_names else ()
    if not renamed:
        return None
    updates = ", ".join(f"`{old}` to `{new}`" for old, new in renamed)
    return (
        "Embedded resource was referenced by relation name even though it has an alias."
        " This is deprecated and will stop working in a future release."
        f" Update {updates} in query string filters, orders or limits."
    )
