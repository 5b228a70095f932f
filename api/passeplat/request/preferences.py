"""The `Prefer` header: text in, Preferences out; what is not understood is collected."""

import re
from collections.abc import Mapping
from typing import Literal

from passeplat.request.model import Preferences

NONE = Preferences()

_RESOLUTION: Mapping[str, Literal["merge-duplicates", "ignore-duplicates"]] = {
    "merge-duplicates": "merge-duplicates",
    "ignore-duplicates": "ignore-duplicates",
}
_MISSING: Mapping[str, Literal["default", "null"]] = {"default": "default", "null": "null"}
_RETURN: Mapping[str, Literal["minimal", "headers-only", "representation"]] = {
    "minimal": "minimal",
    "headers-only": "headers-only",
    "representation": "representation",
}
_COUNT: Mapping[str, Literal["exact", "planned", "estimated"]] = {
    "exact": "exact",
    "planned": "planned",
    "estimated": "estimated",
}
_TRANSACTION: Mapping[str, Literal["commit", "rollback"]] = {
    "commit": "commit",
    "rollback": "rollback",
}
_HANDLING: Mapping[str, Literal["strict", "lenient"]] = {"strict": "strict", "lenient": "lenient"}
_ANY_VALUE = re.compile(r".++", re.DOTALL)
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)

_VALUES: Mapping[str, Mapping[str, str] | re.Pattern[str]] = {
    "resolution": _RESOLUTION,
    "missing": _MISSING,
    "return": _RETURN,
    "count": _COUNT,
    "tx": _TRANSACTION,
    "handling": _HANDLING,
    "timezone": _ANY_VALUE,
    "max-affected": _NUMBER,
}


def parse_preferences(header: str | None, *, transaction_may_be_chosen: bool) -> Preferences:
    """Of one preference given twice the first counts. `max-affected` counts only with strict."""
    if header is None:
        return NONE
    given, invalid = _sorted(header)
    strict = given.get("handling") == "strict"
    transaction = given.get("tx", "") if transaction_may_be_chosen else ""
    affected = given.get("max-affected") if strict else None
    return Preferences(
        resolution=_RESOLUTION.get(given.get("resolution", "")),
        missing=_MISSING.get(given.get("missing", "")),
        returning=_RETURN.get(given.get("return", "")),
        count=_COUNT.get(given.get("count", "")),
        transaction=_TRANSACTION.get(transaction),
        handling=_HANDLING.get(given.get("handling", "")),
        timezone=given.get("timezone"),
        max_affected=None if affected is None else int(affected),
        invalid=tuple(invalid),
    )


def _sorted(header: str) -> tuple[dict[str, str], list[str]]:
    """The preferences by name, and what is none."""
    given: dict[str, str] = {}
    invalid: list[str] = []
    for entry in filter(None, map(str.strip, header.split(","))):
        name, _, value = entry.partition("=")
        if _is_understood(name, value):
            given.setdefault(name, value)
        else:
            invalid.append(entry)
    return given, invalid


def _is_understood(name: str, value: str) -> bool:
    values = _VALUES.get(name)
    if isinstance(values, re.Pattern):
        return values.fullmatch(value) is not None
    return values is not None and value in values
