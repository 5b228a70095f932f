"""Function calls: the overload that the given arguments mean, and how they are passed."""

from passeplat.errors import AmbiguousRoutine, RoutineNotFound
from passeplat.names import QualifiedName
from passeplat.plan.model import (
    Argument,
    CallPlan,
    DirectArguments,
    JsonArguments,
    WholeBody,
)
from passeplat.request.model import (
    Action,
    ApiRequest,
    FormBody,
    JsonBody,
    RawBody,
    RawJsonBody,
)
from passeplat.schema_cache.model import Parameter, Routine, SchemaCache
from passeplat.schema_cache.suggest import routine_hint

_RECORD = QualifiedName("pg_catalog", "record")
_WHOLE_BODY_TYPES = {
    "application/json": ("json", "jsonb"),
    "text/plain": ("text",),
    "text/xml": ("xml",),
    "application/octet-stream": ("bytea",),
}


def find_routine(request: ApiRequest, cache: SchemaCache, role: str) -> Routine:
    name = QualifiedName(request.schema, request.target)
    overloads = cache.routines.get(name, ())
    given = argument_names(request)
    matching = [each for each in overloads if _takes(each, given, request)]
    found = matching or [each for each in overloads if takes_whole_body(each, request)]
    if len(found) == 1:
        return found[0]
    if found:
        raise _ambiguous(found)
    by_names = not isinstance(request.body, RawBody)
    hint = routine_hint(cache, name.schema, name.name, given, role) if by_names else None
    raise _not_found(name, given, request, hint)


def argument_names(request: ApiRequest) -> tuple[str, ...]:
    if request.action in (Action.CALL_READ, Action.CALL_INFO):
        return tuple(dict.fromkeys(name for name, _ in request.query.parameters))
    if request.query.columns is not None:
        return request.query.columns
    match request.body:
        case JsonBody(keys=keys):
            return keys
        case FormBody(pairs):
            return tuple(dict(pairs))
        case _:
            return ()


def _takes(routine: Routine, given: tuple[str, ...], request: ApiRequest) -> bool:
    """By names: what is required is given, and nothing is given that it does not know."""
    names = {parameter.name for parameter in routine.parameters}
    required = {each.name for each in routine.parameters if each.required}
    if not routine.parameters and isinstance(request.body, RawBody):
        return False
    return "" not in names and required <= set(given) <= names


def takes_whole_body(routine: Routine, request: ApiRequest) -> bool:
    return (
        request.action is Action.CALL
        and len(routine.parameters) == 1
        and not routine.parameters[0].name
        and routine.parameters[0].type in _WHOLE_BODY_TYPES.get(request.content_type.name, ())
    )


def plan_call(request: ApiRequest, routine: Routine, returning: tuple[str, ...]) -> CallPlan:
    return CallPlan(
        routine.name,
        _arguments(request, routine),
        scalar=not routine.returns.is_composite,
        anonymous=routine.returns.name == _RECORD and not routine.returns.is_composite,
        returns_set=routine.returns.is_set,
        returns_void=routine.is_void,
        returning=returning,
    )


def _arguments(
    request: ApiRequest, routine: Routine
) -> JsonArguments | DirectArguments | WholeBody:
    if takes_whole_body(routine, request) and not _takes(routine, argument_names(request), request):
        return WholeBody(routine.parameters[0].type, _raw(request))
    if request.action is Action.CALL_READ:
        return _direct(routine, request.query.parameters)
    match request.body:
        case FormBody(pairs):
            return _direct(routine, pairs)
        case _:
            given = set(argument_names(request))
            chosen = tuple(_argument(each) for each in routine.parameters if each.name in given)
            return JsonArguments(chosen, _raw(request))


def _raw(request: ApiRequest) -> bytes:
    match request.body:
        case JsonBody(raw=raw) | RawJsonBody(raw) | RawBody(raw):
            return raw
        case _:
            return b"{}"


def _direct(routine: Routine, pairs: tuple[tuple[str, str], ...]) -> DirectArguments:
    """Repeated names are the elements of a variadic parameter; elsewhere the last one counts."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return DirectArguments(
        tuple(
            (_argument(each), tuple(values[each.name]) if each.variadic else values[each.name][-1])
            for each in routine.parameters
            if each.name in values
        )
    )


def _argument(parameter: Parameter) -> Argument:
    return Argument(parameter.name, parameter.type_without_length, parameter.variadic)


def _ambiguous(found: list[Routine]) -> AmbiguousRoutine:
    signatures = ", ".join(_signature(each) for each in found)
    return AmbiguousRoutine(
        f"Could not choose the best candidate function between: {signatures}",
        None,
        "Try renaming the parameters or the function itself in the database so function"
        " overloading can be resolved",
    )


def _signature(routine: Routine) -> str:
    parameters = ", ".join(f"{each.name} => {each.type}" for each in routine.parameters)
    return f"{routine.name}({parameters})"


def _not_found(
    name: QualifiedName, given: tuple[str, ...], request: ApiRequest, hint: str | None
) -> RoutineNotFound:
    whole_body = _whole_body_phrase(request)
    raw = isinstance(request.body, RawBody)
    listed = ", ".join(given)
    searched = "" if raw else (f" with parameters {listed}" if given else " without parameters")
    if not raw and len(given) == 1:
        searched = f" with parameter {listed}"
    joined = " or".join(filter(None, (searched, whole_body)))
    called = f"{name}({listed})" if given else f"{name}{'' if raw else ' without parameters'}"
    return RoutineNotFound(
        f"Could not find the function {called} in the schema cache",
        f"Searched for the function {name}{joined}, but no matches were found in the schema cache.",
        hint,
    )


def _whole_body_phrase(request: ApiRequest) -> str:
    if request.action is not Action.CALL:
        return ""
    types = "/".join(_WHOLE_BODY_TYPES.get(request.content_type.name, ()))
    return f" with a single unnamed {types} parameter" if types else ""
