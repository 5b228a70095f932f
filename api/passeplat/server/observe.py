"""What the server tells about itself: timings, access log, failures. The only place that logs.

The access log goes to stdout, everything else to stderr; a record is one line. Neither has what a
client must be able to send in confidence: no body, no value of a statement, no cookie, and of a
URL no token, key or password.
"""

import logging
import sys
import traceback
from asyncio import TimerHandle, get_running_loop
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from time import localtime, perf_counter, strftime, time
from typing import TextIO

import orjson

from passeplat.config import Config
from passeplat.errors import (
    ApiError,
    ConnectionFailed,
    ConnectionLost,
    DatabaseError,
    PoolTimeout,
)
from passeplat.server.mask import masked, one_line, quotable

_PARTS = ("jwt", "parse", "plan", "transaction", "response")
_LEVELS = ("crit", "error", "warn", "info", "debug")
_FROM_STATUS = {"crit": 1000, "error": 500, "warn": 400, "info": 0, "debug": 0}
_TOLD = "ASGI callable returned without completing response."
"""How uvicorn complains of a body that was left unfinished; what went wrong is told already."""
_OF_ROWS = "23"  # the class of SQLSTATEs whose details are values of a row
_CLIENT_ERROR = 400
_SERVER_ERROR = 500
_TO_COMPLAIN_OF = (DatabaseError, ConnectionFailed, ConnectionLost)
_LONGEST = 8_000  # characters of what a client says of itself in one record
_PAUSE = 1.0  # seconds between lines about timeouts of the pool


class Timings:
    """Milliseconds of each part of a request, for `Server-Timing`."""

    __slots__ = ("milliseconds",)

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        start = perf_counter()
        try:
            yield
        finally:
            spent = (perf_counter() - start) * 1000
            self.milliseconds[part] = self.milliseconds.get(part, 0.0) + spent

    def header(self) -> str:
        parts = ((part, self.milliseconds.get(part)) for part in _PARTS)
        return ", ".join(f"{part};dur={spent:.1f}" for part, spent in parts if spent is not None)


def logs(config: Config, level: str) -> bool:
    return _LEVELS.index(level) <= _LEVELS.index(config.log_level)


def logs_status(config: Config, status: int) -> bool:
    """Whether the level asks for requests that end like this."""
    return status >= _FROM_STATUS[config.log_level]


def log(config: Config, level: str, message: str) -> None:
    """A diagnostic line. At `crit` it is always written: start, stop, reload and recovery."""
    if logs(config, level):
        _write(sys.stderr, f"{_now()}: {one_line(message)}\n")


def log_access(  # noqa: PLR0913 - a line has these parts
    *,
    client: str,
    role: str | None,
    method: str,
    target: str,
    version: str,
    status: int,
    size: int,
    headers: Mapping[str, str],
) -> None:
    """One line in the combined format of Apache."""
    request = quotable(f"{method} {masked(target[:_LONGEST])} HTTP/{version}")
    referer = quotable(masked(headers.get("referer", "")[:_LONGEST]))
    agent = quotable(masked(headers.get("user-agent", "")[:_LONGEST]))
    _write(
        sys.stdout,
        f'{client} - {quotable(role or "-")} [{_now()}] "{request}" {status} {size}'
        f' "{referer}" "{agent}"\n',
    )


def log_queries(queries: Iterable[str]) -> None:
    """The SQL of a request, with placeholders for its values."""
    for sql in queries:
        _write(sys.stderr, f"{_now()}: {one_line(sql)}\n")


class Complaints:
    """The lines about what PostgreSQL, or the way to it, refused."""

    def __init__(self) -> None:
        self._silenced = 0  # timeouts of the pool since the last line about them
        self._timer: TimerHandle | None = None

    def add(self, config: Config, error: ApiError | DatabaseError, status: int) -> None:
        if isinstance(error, PoolTimeout):
            self._add_timeout(config, error)
        elif isinstance(error, _TO_COMPLAIN_OF):
            told = _CLIENT_ERROR <= status < _SERVER_ERROR  # not so after the head of a success
            log(config, "warn" if told else "error", described(error))

    def _add_timeout(self, config: Config, error: PoolTimeout) -> None:
        """A full pool times out for everybody at once: one line now, one for all that follow."""
        if self._timer is not None:
            self._silenced += 1
            return
        log(config, "error", described(error))
        self._timer = get_running_loop().call_later(_PAUSE, self._resume, config)

    def _resume(self, config: Config) -> None:
        self._timer = None
        if self._silenced:
            error = PoolTimeout()
            error.details = f"{self._silenced} more requests"
            self._silenced = 0
            self._add_timeout(config, error)


def described(error: ApiError | DatabaseError) -> str:
    """As JSON, like the body of the answer; without the values of a row that broke a constraint."""
    code = error.sqlstate if isinstance(error, DatabaseError) else error.code
    details = None if code.startswith(_OF_ROWS) else error.details
    content = {"code": code, "details": details, "hint": error.hint, "message": error.message}
    return masked(orjson.dumps(content, default=str).decode())


def log_failure(config: Config, doing: str, error: BaseException) -> None:
    """A defect of ours: where it happened, without the values it happened with."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " ".join(f"{frame.filename}:{frame.lineno}:{frame.name}" for frame in frames[-8:])
    log(config, "error", f"{type(error).__name__} while {quotable(masked(doing))}: {where}")


class LibraryLog(logging.Handler):
    """What uvicorn and asyncio have to say, in our form: one line, no values of a traceback."""

    def __init__(self, config: Callable[[], Config]) -> None:
        super().__init__(logging.WARNING)
        self._config = config

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            log_failure(self._config(), record.getMessage().split("\n", 1)[0], error)
        elif record.getMessage() != _TOLD:
            level = "error" if record.levelno >= logging.ERROR else "warn"
            log(self._config(), level, masked(record.getMessage()))


def adopt_library_logs(config: Callable[[], Config]) -> None:
    """`config`: that of the moment, for its level can be changed."""
    handler = LibraryLog(config)
    for name in ("uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False


def _write(stream: TextIO, line: str) -> None:
    with suppress(OSError, ValueError):  # nobody reads it any more
        stream.write(line)
        stream.flush()


def _now() -> str:
    return _stamp(int(time()))


@lru_cache(maxsize=1)
def _stamp(second: int) -> str:
    return strftime("%d/%b/%Y:%H:%M:%S %z", localtime(second))
