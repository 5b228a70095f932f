"""A function call as SQL, its result called pgrst_call."""

from typing import assert_never

from passeplat.names import quote, quote_qualified
from passeplat.plan.model import (
    Argument,
    CallPlan,
    DirectArguments,
    JsonArguments,
    WholeBody,
)
from passeplat.query.params import Params, array_literal

SCALAR = "pgrst_scalar"


def call_sql(plan: CallPlan, params: Params) -> str:
    source, arguments = _arguments(plan, params)
    call = f"{quote_qualified(plan.function)}({arguments})"
    if plan.anonymous:
        return f"select {SCALAR} from {source}lateral (select {call} as {SCALAR}) as pgrst_call"
    if plan.scalar:
        alias = quote(plan.function.name)
        return f"select {alias}.{SCALAR} from {source}{call} as {alias}({SCALAR})"
    columns = ", ".join(
        "pgrst_call.*" if name == "*" else f"pgrst_call.{quote(name)}" for name in plan.returning
    )
    return f"select {columns or '1'} from {source}{call} as pgrst_call"


def _arguments(plan: CallPlan, params: Params) -> tuple[str, str]:
    """What must stand in FROM before the call, and the list between its parentheses."""
    match plan.arguments:
        case WholeBody(kind, body):
            return "", f"{params.bind(_whole(kind, body))}::{kind}"
        case DirectArguments(arguments):
            return "", ", ".join(_direct(each, value, params) for each, value in arguments)
        case JsonArguments(arguments, body):
            if not arguments:
                return "", ""
            shape = ", ".join(f"{quote(each.name)} {each.type}" for each in arguments)
            document = f"{params.bind(body)}::json"
            if body.lstrip()[:1] == b"[":  # of several objects the first counts
                document = f"({document})->0"
            record = f"pg_catalog.json_to_record({document}) as pgrst_body({shape}), "
            return record, ", ".join(_from_body(each) for each in arguments)
        case _:
            assert_never(plan.arguments)


def _whole(kind: str, body: bytes) -> bytes:
    return b"\\x" + body.hex().encode() if kind == "bytea" else body


def _direct(argument: Argument, value: str | tuple[str, ...], params: Params) -> str:
    text = value if isinstance(value, str) else array_literal(value)
    return f"{_name(argument)}{params.bind(text)}::{argument.type}"


def _from_body(argument: Argument) -> str:
    return f"{_name(argument)}pgrst_body.{quote(argument.name)}"


def _name(argument: Argument) -> str:
    return f"{'variadic ' if argument.variadic else ''}{quote(argument.name)} := "
