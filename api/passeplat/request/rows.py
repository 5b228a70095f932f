"""Bodies that are rows one after the other: where they can be cut so that each part is a body."""

import re

BY_ROWS = frozenset({"text/csv", "application/x-ndjson"})
"""Media types."""

_CSV = "text/csv"
_HEADER = re.compile(rb'[\r\n]*+((?:[^"\r\n]++|"[^"]*+")*+)[\r\n]')


def header_of(name: str, raw: bytes) -> bytes:
    """What every part of a body of this media type begins with: the names of CSV's columns."""
    found = _HEADER.match(raw) if name == _CSV else None
    return b"" if found is None else found[1] + b"\n"


def end_of_rows(name: str, raw: bytes) -> int:
    """Where the last row ends that is complete; 0 if none is."""
    end = raw.rfind(b"\n") + 1
    if name == _CSV:
        while end and raw.count(b'"', 0, end) % 2:  # a line break within quotes
            end = raw.rfind(b"\n", 0, raw.rfind(b'"', 0, end)) + 1
    return end
