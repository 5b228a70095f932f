"""What a transaction must know before its first statement: role, claims, request, settings."""

from collections.abc import Iterable

import orjson

from passeplat.claims import Claims
from passeplat.config import Config
from passeplat.names import literal, quote
from passeplat.plan.model import Plan
from passeplat.postgres.model import Query
from passeplat.query.params import Params


def context_query(
    plan: Plan, claims: Claims, config: Config, role_settings: Iterable[tuple[str, str]]
) -> Query:
    """One `select set_config(…, true), …`: all of it ends with the transaction."""
    params = Params()
    pairs = _settings(plan, claims, config, role_settings)
    calls = (f"set_config({literal(name)}, {params.bind(value)}, true)" for name, value in pairs)
    return Query("select " + ", ".join(calls), tuple(params.values))


def search_path(schema: str, config: Config) -> str:
    return ", ".join(quote(each) for each in (schema, *config.db_extra_search_path))


def _settings(
    plan: Plan, claims: Claims, config: Config, role_settings: Iterable[tuple[str, str]]
) -> list[tuple[str, str | bytes]]:
    request = plan.request
    settings: list[tuple[str, str | bytes]] = []
    if plan.read_only:
        settings.append(("transaction_read_only", "on"))
    settings.append(("search_path", search_path(request.schema, config)))
    settings += role_settings
    settings += [
        ("role", claims.role),
        ("request.jwt.claims", claims.payload),
        ("request.method", request.method),
        ("request.path", request.path),
        ("request.headers", orjson.dumps(dict(request.headers))),
        ("request.cookies", orjson.dumps(dict(request.cookies))),
    ]
    if request.preferences.timezone is not None:
        settings.append(("timezone", request.preferences.timezone))
    settings += plan.settings
    settings += config.app_settings
    return settings
