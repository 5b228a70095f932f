"""Errors as responses: PostgREST's body, status and headers; SQLSTATE to HTTP status by a table."""

import orjson

from passeplat.config import Config
from passeplat.errors import ApiError, DatabaseError, InvalidRaise
from passeplat.response.gucs import STATUSES, is_header, one_line, without_framing
from passeplat.response.model import Headers, Response

_JSON = ("Content-Type", "application/json; charset=utf-8")
_RETRY = 503

# By the longest prefix of the SQLSTATE.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_STATUS = {
    "08": 503,
    "09": 500,
    "0L": 403,
    "0P": 403,
    "21000": 500,
    "22023": 400,
    "23503": 409,
    "23505": 409,
    "25": 500,
    "25006": 405,
    "28": 403,
    "2D": 500,
    "38": 500,
    "39": 500,
    "3B": 500,
    "40": 500,
    "53": 503,
    "53400": 500,
    "54": 500,
    "55": 500,
    "57": 500,
    "57P01": 503,
    "58": 500,
    "F0": 500,
    "HV": 500,
    "P0001": 400,
    "P0": 500,
    "XX": 500,
    "42883": 404,
    "42P01": 404,
    "42P17": 500,
    "42501": 403,
}


def render_error(error: ApiError | DatabaseError, config: Config, role: str | None) -> Response:
    """`role`: who the transaction ran as, None if it never came to that."""
    if isinstance(error, DatabaseError):
        return _render_database(error, config, role)
    return _respond(
        error.status, (error.code, error.message, error.details, error.hint), error.headers, config
    )


def _respond(
    status: int,
    body: tuple[str, str, object, object],
    headers: Headers,
    config: Config,
) -> Response:
    code, message, details, hint = body
    content: dict[str, object] = {
        "code": code,
        "details": details,
        "hint": hint,
        "message": message,
    }
    if config.client_error_verbosity == "minimal":
        content = {"code": code, "message": message}
    retry: Headers = (("Retry-After", "1"),) if status == _RETRY else ()
    own = (_JSON, ("Proxy-Status", f"PostgREST; error={one_line(code)}"), *retry, *headers)
    return Response(status, own, orjson.dumps(content))


def _render_database(error: DatabaseError, config: Config, role: str | None) -> Response:
    if error.sqlstate == "PGRST":
        return _raised(error, config)
    status = database_status(error, anonymous=role is None or role == config.db_anon_role)
    challenge: Headers = (("WWW-Authenticate", "Bearer"),) if status == 401 else ()  # noqa: PLR2004
    body = (error.sqlstate, error.message, error.details, error.hint)
    return _respond(status, body, challenge, config)


def database_status(error: DatabaseError, *, anonymous: bool) -> int:
    code, message = error.sqlstate, error.message
    match code:
        case "21000" if message.endswith("requires a WHERE clause"):
            return 400
        case "22023" if message.startswith("role ") and message.endswith(" does not exist"):
            return 401
        case "42501" if anonymous:
            return 401
        case "42883" if message.startswith("function xmlagg("):
            return 406
    if code.startswith("PT"):
        return int(code[2:]) if code[2:].isdigit() and int(code[2:]) in STATUSES else 500
    return next((_STATUS[code[:n]] for n in (5, 2) if code[:n] in _STATUS), 400)


_MESSAGE_HINT = (
    "MESSAGE must be a JSON object with obligatory keys: 'code', 'message'"
    " and optional keys: 'details', 'hint'."
)
_DETAIL_HINT = (
    "DETAIL must be a JSON object with obligatory keys: 'status', 'headers'"
    " and optional key: 'status_text'."
)


def _raised(error: DatabaseError, config: Config) -> Response:
    """`raise sqlstate 'PGRST'`: message and detail are JSON that say the whole response."""
    try:
        message = _object(error.message, ("code", "message"), "MESSAGE", _MESSAGE_HINT)
        detail = _object(error.details, ("status", "headers"), "DETAIL", _DETAIL_HINT)
        status = _raised_status(detail["status"], error.details)
        headers = _raised_headers(detail["headers"], error.details)
    except InvalidRaise as invalid:
        return render_error(invalid, config, None)
    body = (
        str(message["code"]),
        str(message["message"]),
        message.get("details"),
        message.get("hint"),
    )
    return _respond(status, body, headers, config)


def _object(
    text: str | None, obligatory: tuple[str, ...], part: str, hint: str
) -> dict[str, object]:
    if text is None:
        raise InvalidRaise(f"{part} is missing in the RAISE statement", hint)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict) or any(key not in value for key in obligatory):
        raise InvalidRaise(f"Invalid JSON value for {part}: '{text}'", hint)
    return value


def _raised_status(status: object, text: str | None) -> int:
    if not isinstance(status, int) or status not in STATUSES:
        raise InvalidRaise(f"Invalid JSON value for DETAIL: '{text}'", _DETAIL_HINT)
    return status


def _raised_headers(headers: object, text: str | None) -> Headers:
    pairs = list(headers.items()) if isinstance(headers, dict) else [("", "")]
    if not all(isinstance(value, str) and is_header(name, value) for name, value in pairs):
        raise InvalidRaise(f"Invalid JSON value for DETAIL: '{text}'", _DETAIL_HINT)
    return without_framing(tuple(pairs))
