"""What the server tells about itself: timings, the access log, failures. The only place that logs."""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from passeplat.config import Config
from passeplat.response.model import Response

logger = logging.getLogger("passeplat")

_PARTS = ("jwt", "parse", "plan", "transaction", "response")


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
        return ", ".join(
            f"{part};dur={self.milliseconds[part]:.1f}"
            for part in _PARTS
            if part in self.milliseconds
        )
