"""`limit`, `offset` and the `Range` header: numbers in, Range out; PGRST103 if there is none."""

import re

from passeplat.errors import InvalidRange
from passeplat.request.model import EmbedPath, Range

LARGEST = 2**63 - 1  # PostgreSQL counts rows in a bigint
_DIGITS = len(str(LARGEST))

_INTEGER = re.compile(r"\s*+(-?)([0-9]++)\s*+")
_HEADER = re.compile(r"([0-9]++)-([0-9]*+)")

_LOWER_AFTER_UPPER = (
    "The lower boundary must be lower than or equal to the upper boundary in the Range header."
)
_NEGATIVE_LIMIT = "Limit should be greater than or equal to zero."


def read_integer(text: str) -> int | None:
    """The number written, at most the largest bigint; None if it is none."""
    if text.isascii() and text.isdigit() and len(text) < _DIGITS:
        return int(text)
    found = _INTEGER.fullmatch(text)
    return None if found is None else _number(found[2]) * (-1 if found[1] else 1)


def _number(digits: str) -> int:
    digits = digits.lstrip("0")
    return min(int(digits or "0"), LARGEST) if len(digits) <= _DIGITS else LARGEST


def requested_range(
    ranges: tuple[tuple[EmbedPath, Range], ...], method: str, header: str | None
) -> Range:
    """What the top level returns: limit and offset, cut with the Range header of a GET.

    Raises InvalidRange on a negative limit, of embeds too, and on a header that ends before it
    begins. A malformed header is ignored, as RFC 9110 wants.
    """
    if any(wanted.limit is not None and wanted.limit < 0 for _, wanted in ranges):
        raise InvalidRange(_NEGATIVE_LIMIT)
    wanted = dict(ranges).get((), Range())
    found = _HEADER.fullmatch(header) if header and method == "GET" else None
    if found is None or wanted.limit == 0:
        return wanted
    return _cut(wanted, _number(found[1]), _number(found[2]) if found[2] else None)


def _cut(wanted: Range, first: int, last: int | None) -> Range:
    if last is not None and last < first:
        raise InvalidRange(_LOWER_AFTER_UPPER)
    offset = max(wanted.offset, first)
    ends = [wanted.offset + wanted.limit] if wanted.limit is not None else []
    ends += [last + 1] if last is not None else []
    if not ends:
        return Range(offset)
    limit = min(ends) - offset
    if limit <= 0:
        raise InvalidRange(_NEGATIVE_LIMIT)
    return Range(offset, min(limit, LARGEST))
