"""What a transaction must know before its first statement: role, claims, request, settings."""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from passeplat.claims import Claims
from passeplat.config import Config
from passeplat.names import literal, quote
from passeplat.plan.model import Plan
from passeplat.postgres.model import Query
from passeplat.query.params import encode

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ContextTemplate:
    """One `select set_config(…, true), …`: all of it ends with the transaction. The text and most
    of its values are those of every request of one shape and role."""

    sql: str
    before: tuple[bytes, ...]
    asked: tuple[bytes, bytes]
    after: tuple[bytes, ...]

    def filled(self, payload: bytes, headers: bytes, cookies: bytes) -> tuple[bytes, ...]:
        """The parameters. `payload`: the claims; all three are JSON."""
        return (*self.before, payload, *self.asked, headers, cookies, *self.after)


def context_query(plan: Plan, claims: Claims, config: Config, role_settings: Pairs) -> Query:
    made = context_template(plan, claims.role, config, role_settings)
    request = plan.request
    values = made.filled(claims.payload, as_object(request.headers), as_object(request.cookies))
    return Query(made.sql, values)


def context_template(
    plan: Plan, role: str, config: Config, role_settings: Pairs
) -> ContextTemplate:
    before, after = _before(plan, role, config, role_settings), _after(plan, config)
    names = (
        *(name for name, _ in before),
        "request.jwt.claims",
        "request.method",
        "request.path",
        "request.headers",
        "request.cookies",
        *(name for name, _ in after),
    )
    calls = (f"set_config({literal(name)}, ${n}, true)" for n, name in enumerate(names, 1))
    return ContextTemplate(
        "select " + ", ".join(calls),
        tuple(encode(value) for _, value in before),
        (encode(plan.request.method), encode(plan.request.path)),
        tuple(encode(value) for _, value in after),
    )


def as_object(fields: Pairs) -> bytes:
    return orjson.dumps(dict(fields))


def search_path(schema: str, config: Config) -> str:
    return ", ".join(quote(each) for each in (schema, *config.db_extra_search_path))


def _before(
    plan: Plan, role: str, config: Config, role_settings: Pairs
) -> tuple[tuple[str, str], ...]:
    return (
        *((("transaction_read_only", "on"),) if plan.read_only else ()),
        ("search_path", search_path(plan.request.schema, config)),
        *role_settings,
        ("role", role),
    )


def _after(plan: Plan, config: Config) -> tuple[tuple[str, str], ...]:
    timezone = plan.request.preferences.timezone
    return (
        *(() if timezone is None else (("timezone", timezone),)),
        *plan.settings,
        *config.app_settings,
    )
