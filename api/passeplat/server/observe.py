"""What the server tells about itself: timings, access log, failures. The only place that logs."""

import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter

from passeplat.config import Config

_PARTS = ("jwt", "parse", "plan", "transaction", "response")
_LEVELS = ("crit", "error", "warn", "info", "debug")
_UNPRINTABLE = re.compile(r'[^\x20-\x7e]|["\\]')
_UNPRINTABLE_LINE = re.compile(r"[\x00-\x1f\x7f]+")
_SECRET = re.compile(r"(?i)(\b(?:api_?key|access_token|token|jwt|password|secret)=)[^&]*")
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")


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


def log_access(  # noqa: PLR0913 - a line has these parts
    config: Config,
    *,
    client: str,
    role: str | None,
    method: str,
    target: str,
    status: int,
    size: int | None,
    headers: Mapping[str, str],
) -> None:
    """One line in the combined format of Apache, if the level asks for this status."""
    level = "error" if status >= 500 else "warn" if status >= 400 else "info"  # noqa: PLR2004
    if not logs(config, level):
        return
    request = f"{method} {masked(target)} HTTP/1.1"
    referer, agent = headers.get("referer", ""), headers.get("user-agent", "")
    sys.stdout.write(
        f'{client} - {_clean(role or "-")} [{_now()}] "{_clean(request)}" {status}'
        f' {"-" if size is None else size} "{_clean(masked(referer))}" "{_clean(agent)}"\n'
    )
    sys.stdout.flush()


def log(config: Config, level: str, message: str) -> None:
    """A diagnostic line."""
    if logs(config, level):
        sys.stderr.write(f"{_now()}: {_UNPRINTABLE_LINE.sub(' ', message)}\n")
        sys.stderr.flush()


def log_failure(config: Config, method: str, raw_path: bytes) -> None:
    """A defect of ours: where it happened, without the values it happened with."""
    if not logs(config, "error"):
        return
    where = " ".join(
        f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(sys.exc_info()[2])
    )
    kind = (sys.exc_info()[0] or Exception).__name__
    path = _clean(raw_path.decode("latin-1"))
    log(config, "error", f"{kind} while answering {method} {path}: {where}")


def masked(text: str) -> str:
    """Without tokens and secrets that clients put where they do not belong."""
    return _JWT.sub("***", _SECRET.sub(r"\1***", text))


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _now() -> str:
    return datetime.now().astimezone().strftime("%d/%b/%Y:%H:%M:%S %z")
