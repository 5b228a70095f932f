"""A request is one sentence: parse, resolve, build, run, render. Bytes in, a Response out.

What documents the API is imported when it is asked for: the first answer need not wait for it.
"""

from asyncio import to_thread
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import partial
from time import time

from passeplat.claims import Claims, verify
from passeplat.config import Config
from passeplat.errors import (
    ApiError,
    ConnectionFailed,
    ConnectionLost,
    DatabaseError,
    InternalError,
    SchemaCacheMissing,
)
from passeplat.plan.model import DocumentPlan, InfoPlan, Plan
from passeplat.plan.resolve import resolve
from passeplat.query.build import build
from passeplat.query.context import as_object
from passeplat.query.model import Result, Transaction
from passeplat.request.headers import read_cookies, read_headers, without_cookies
from passeplat.request.measure import check_url
from passeplat.request.media_type import content_type
from passeplat.request.model import ApiRequest
from passeplat.request.page import wants_page
from passeplat.request.parse import parse
from passeplat.request.rows import end_of_rows, header_of
from passeplat.request.shape import deciding
from passeplat.response.model import Response
from passeplat.response.problem import render_error
from passeplat.response.render import render, render_info
from passeplat.response.verdict import judge, needs_verdict
from passeplat.server.feed import is_fed, statements, sum_of
from passeplat.server.observe import Timings, log_failure
from passeplat.server.run import batch_of, queries, result_of, run, run_shape
from passeplat.server.shape import Shape
from passeplat.server.shapes import Match, Shapes
from passeplat.server.state import State
from passeplat.server.stream import (
    HELD_BACK,
    Reading,
    Respond,
    batch_of_lines,
    is_long,
    observe_cut,
    observe_length,
    stream,
)
from passeplat.server.upload import ClientGone, Upload

_LONG = 64 * 1024  # bytes of a body


@dataclass(slots=True)
class Call:
    """One HTTP request, as the server got it, and what became known of it on the way."""

    method: str
    raw_path: bytes
    query_string: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    may_stream: bool = True  # the client reads bodies in chunks
    upload: Upload | None = None  # there is more of the body
    timings: Timings = field(default_factory=Timings)
    role: str | None = None
    error: ApiError | DatabaseError | None = None
    warning: str | None = None  # of something that will be refused one day
    queries: list[str] = field(default_factory=list)  # the SQL, if it is to be logged


async def answer(call: Call, state: State) -> Response:
    """What goes wrong is an answer too. Raises ClientGone if the body does not end."""
    try:
        return await _answer(call, state)
    except ClientGone:
        raise
    except Exception as error:  # noqa: BLE001 - the last line of defence
        return refuse(call, error, state)


def refuse(call: Call, error: Exception, state: State) -> Response:
    """What is told of it; of a defect of ours without particulars."""
    if not isinstance(error, ApiError | DatabaseError):
        path = call.raw_path.decode("latin-1")
        log_failure(state.config, f"answering {call.method} {path}", error)
        return render_error(InternalError(), state.config, call.role)
    call.error = error
    if isinstance(error, ConnectionFailed | ConnectionLost):
        state.lost.set()
    return render_error(error, state.config, call.role)


async def _answer(call: Call, state: State) -> Response:
    config, shapes = state.config, state.shapes
    check_url(call.raw_path, call.query_string, config)
    if wants_page(call.method, call.raw_path, call.headers, config):
        from passeplat.response.documentation import render_page  # noqa: PLC0415

        return render_page(call.raw_path)
    with call.timings.of("jwt"):
        claims = verify(state.verifier, _authorization(call), time())
    call.role = claims.role
    if shapes is None:
        raise SchemaCacheMissing
    if call.upload is not None:
        return await _answer_rows(call, call.upload, claims, state)
    with call.timings.of("parse"):
        is_long = len(call.body) > _LONG
        match = None if is_long else _match(call, shapes, claims.role)
    if match is not None:
        return await _answer_match(call, match, claims, state)
    with call.timings.of("parse"):
        request = await _parse(call, config)
    with call.timings.of("plan"):
        plan = resolve(request, shapes.cache, config, claims.role)
    match plan:
        case InfoPlan():
            with call.timings.of("response"):
                return render_info(plan)
        case DocumentPlan():
            from passeplat.server.document import document  # noqa: PLC0415

            told = call.queries if config.log_query else None
            return await document(plan, claims, state, call.timings, told)
        case Plan():
            with call.timings.of("plan"):
                settings = shapes.cache.role_settings.get(claims.role, ())
                transaction = build(plan, claims, config, settings)
            lines = transaction.lines
            if lines is not None and not lines.few:
                respond = partial(render, plan, config=config)
                return await _stream(call, plan, transaction, state, respond)
            result = await _execute(call, plan, transaction, state)
            with call.timings.of("response"):
                return render(plan, result, config)


async def _answer_rows(call: Call, upload: Upload, claims: Claims, state: State) -> Response:
    """A body of many rows: they are inserted as they come if that is what they are for; else the
    body is read whole."""
    config, cache, begun = state.config, state.schema_cache, call.body
    if cache is None:
        raise SchemaCacheMissing
    name = content_type(call.headers)
    call.body = begun[: end_of_rows(name, begun)]
    if call.body:
        with call.timings.of("parse"):
            request = await _parse(call, config)
        with call.timings.of("plan"):
            plan = resolve(request, cache, config, claims.role)
        if isinstance(plan, Plan) and is_fed(plan):
            rest = upload.pieces(name, header_of(name, begun), begun[len(call.body) :])
            return await _feed(call, plan, claims, rest, state)
    call.body, call.upload = begun + await upload.read(), None
    return await _answer(call, state)


async def _feed(
    call: Call, plan: Plan, claims: Claims, rest: AsyncIterator[bytes], state: State
) -> Response:
    config, cache = state.config, state.schema_cache
    if cache is None:
        raise SchemaCacheMissing
    transaction = build(plan, claims, config, cache.role_settings.get(claims.role, ()))
    if config.log_query:
        call.queries += queries(transaction)
    batch = batch_of(transaction, config, None, cache.role_isolation.get(claims.role))
    with call.timings.of("transaction"):
        results = await state.pool.feed(batch, statements(plan, rest))
    with call.timings.of("response"):
        return render(plan, sum_of(transaction, results), config)


async def _parse(call: Call, config: Config) -> ApiRequest:
    """A long body takes a while: in a thread, so that others need not wait for it."""
    parts = (*_parts(call), call.body, config)
    return await to_thread(parse, *parts) if len(call.body) > _LONG else parse(*parts)


async def _answer_match(call: Call, match: Match, claims: Claims, state: State) -> Response:
    config, plan = state.config, match.shape.plan
    with call.timings.of("plan"):
        fields = read_headers(call.headers)
        transaction = match.shape.filled(
            match.values,
            claims.payload,
            as_object(without_cookies(fields)),
            as_object(read_cookies(fields)),
        )
    shape = match.shape
    if not is_long(shape):
        result = await _execute(call, plan, transaction, state, shape)
        if not observe_cut(shape, result):
            with call.timings.of("response"):
                return shape.response(result, match.texts, config)
    lines = None if shape.lines is None else shape.lines.filled(match.values)
    respond = partial(shape.response, texts=match.texts, config=config)
    response = await _stream(call, plan, replace(transaction, lines=lines), state, respond)
    observe_length(shape, response.body)
    return response


async def _stream(
    call: Call, plan: Plan, transaction: Transaction, state: State, respond: Respond
) -> Response:
    cache, lines = state.schema_cache, transaction.lines
    if cache is None or lines is None:
        raise SchemaCacheMissing
    call.warning = plan.warning
    isolation = cache.role_isolation.get(call.role or "")
    batch = batch_of_lines(transaction, lines, state.config, isolation)
    if state.config.log_query:
        call.queries += (query.sql for query in (transaction.context, *batch.statements))

    def timed(result: Result) -> Response:
        with call.timings.of("response"):
            return respond(result)

    with call.timings.of("transaction"):
        reads = Reading(batch, lines, plan.read.range, HELD_BACK if call.may_stream else None)
        return await stream(reads, state.pool, timed)


async def _execute(
    call: Call, plan: Plan, transaction: Transaction, state: State, shape: Shape | None = None
) -> Result:
    config, cache = state.config, state.schema_cache
    if cache is None:
        raise SchemaCacheMissing
    call.warning = plan.warning
    if config.log_query:
        call.queries += queries(transaction)
    with call.timings.of("transaction"):
        verdict = (lambda result: judge(plan, result)) if needs_verdict(plan) else None
        isolation = cache.role_isolation.get(call.role or "")
        if shape is None:
            return await run(transaction, state.pool, config, verdict, isolation)
        batch = batch_of(transaction, config, verdict, isolation)
        return result_of(transaction, await run_shape(shape, batch, state))


def _match(call: Call, shapes: Shapes, role: str) -> Match | None:
    method, path, query, headers = _parts(call)
    return shapes.match(method, path, query, deciding(headers), role, call.body)


def _parts(call: Call) -> tuple[str, bytes, bytes, list[tuple[bytes, bytes]]]:
    return call.method, call.raw_path, call.query_string, call.headers


def _authorization(call: Call) -> str | None:
    values = (value for name, value in call.headers if name == b"authorization")
    found = next(values, None)
    return None if found is None else found.decode("latin-1")
