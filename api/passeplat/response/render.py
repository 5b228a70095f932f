"""Fifth stage: a Plan and its Result become a Response; the body's bytes are never looked at."""

from collections.abc import Iterable
from urllib.parse import quote as percent_encode

import orjson

from passeplat.config import Config
from passeplat.errors import InvalidRange
from passeplat.plan.model import CallPlan, InfoPlan, Plan
from passeplat.query.model import Result
from passeplat.request.model import Action
from passeplat.response.gucs import merge, one_line, parse_headers, parse_status
from passeplat.response.media_type import content_type
from passeplat.response.model import Headers, Response
from passeplat.response.preferences import preference_applied
from passeplat.response.verdict import judge

COMPATIBLE_WITH = "16.2"
"""The release of PostgREST whose behaviour this is."""

_VARY = ("Vary", "Accept, Prefer, Range")


def render(plan: Plan, result: Result, config: Config) -> Response:
    judge(plan, result)
    status, headers = _status_and_headers(plan, result, config)
    own = (*headers, *_common_headers(plan, config), *_type(plan, status))
    gucs = parse_headers(result.response_headers)
    override = parse_status(result.response_status)
    body = result.body if _has_body(plan, status) else b""
    return Response(override or status, merge(own, gucs), body)


def render_info(plan: InfoPlan) -> Response:
    return Response(200, (("Allow", ",".join(plan.allow)),))


def _has_body(plan: Plan, status: int) -> bool:
    wanted = plan.wants_body or plan.representation.explain is not None
    return wanted and status != 204  # noqa: PLR2004


def _type(plan: Plan, status: int) -> Headers:
    if not _has_body(plan, status):
        return ()
    return (("Content-Type", content_type(plan.representation.media_type)),)


def _common_headers(plan: Plan, config: Config) -> Headers:
    headers: list[tuple[str, str]] = []
    applied = preference_applied(plan, config)
    if applied:
        headers.append(("Preference-Applied", applied))
    if plan.request.profile is not None:
        headers.append(("Content-Profile", plan.request.profile))
    if plan.warning is not None:
        headers.append(("Warning", f'299 PostgRESTv{COMPATIBLE_WITH} "{one_line(plan.warning)}"'))
    return (*headers, _VARY)


def _status_and_headers(plan: Plan, result: Result, config: Config) -> tuple[int, Headers]:
    if plan.representation.explain is not None:
        return 200, ()
    match plan.request.action:
        case Action.INSERT:
            return _inserted(plan, result)
        case Action.UPDATE:
            return _changed(plan), (_affected(plan, result, first=0, last=result.page_total - 1),)
        case Action.DELETE:
            return _changed(plan), (_affected(plan, result, first=1, last=0),)
        case Action.UPSERT:
            return _put(plan, result), ()
        case _:
            return _read(plan, result, config)


def _read(plan: Plan, result: Result, config: Config) -> tuple[int, Headers]:
    offset, total = plan.read.range.offset, total_of(plan, result, config)
    last = offset + result.page_total - 1
    if total is not None and offset > total:
        error = InvalidRange(
            f"An offset of {offset} was requested, but there are only {total} rows."
        )
        error.headers = (("Content-Range", f"*/{total}"),)
        raise error
    rows = content_range(offset, last, total) if result.is_counted else f"{offset}-*/*"
    headers: list[tuple[str, str]] = [("Content-Range", rows)]
    if isinstance(plan.change, CallPlan):
        if plan.change.returns_void:
            return 204, tuple(headers)
    else:
        headers.append(("Content-Location", _content_location(plan)))
    partial = total is not None and result.page_total < total
    return 206 if partial else 200, tuple(headers)


def total_of(plan: Plan, result: Result, config: Config) -> int | None:
    """The number behind the slash of Content-Range, as exact as was asked."""
    match plan.request.preferences.count:
        case None:
            return None
        case "exact":
            return result.page_total if result.table_total is None else result.table_total
        case "planned":
            return result.planned_total
        case "estimated":
            exact = result.page_total if result.table_total is None else result.table_total
            if config.db_max_rows is not None and exact <= config.db_max_rows:
                return exact
            return max(exact, result.planned_total or 0)


def content_range(first: int, last: int, total: int | None) -> str:
    rows = f"{first}-{last}" if total != 0 and first <= last else "*"
    return f"{rows}/{'*' if total is None else total}"


def _content_location(plan: Plan) -> str:
    canonical = plan.request.query.canonical
    return f"/{percent_encode(plan.request.target)}{'?' + canonical if canonical else ''}"


def _affected(plan: Plan, result: Result, *, first: int, last: int) -> tuple[str, str]:
    counted = plan.request.preferences.count in ("exact", "estimated")
    return "Content-Range", content_range(first, last, result.page_total if counted else None)


def _changed(plan: Plan) -> int:
    return 200 if plan.wants_body else 204


def _put(plan: Plan, result: Result) -> int:
    if not plan.wants_body:
        return 204
    return 201 if result.inserted else 200


def _inserted(plan: Plan, result: Result) -> tuple[int, Headers]:
    merged = plan.request.preferences.resolution == "merge-duplicates"
    status = 200 if merged and not result.inserted else 201
    location = _location(plan, result.location) if result.page_total == 1 else ()
    return status, (*location, _affected(plan, result, first=1, last=0))


def _location(plan: Plan, location: bytes | None) -> Headers:
    if location is None:
        return ()
    key: dict[str, object] = orjson.loads(location)
    filters = "&".join(_key_filter(name, value) for name, value in key.items())
    return (("Location", f"/{percent_encode(plan.request.target)}?{filters}"),)


def _key_filter(name: str, value: object) -> str:
    if value is None:
        return f"{percent_encode(name)}=is.null"
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return f"{percent_encode(name)}=eq.{percent_encode(text)}"


def with_headers(response: Response, headers: Iterable[tuple[str, str]]) -> Response:
    return Response(response.status, (*response.headers, *headers), response.body)
