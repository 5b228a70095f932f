"""The text of a seed goes in, the tokens and requests its comments propose come out.

    -- @token ada {"role": "member", "sub": "…"}
    -- @try ada GET /v1/todos?select=title
    -- @try POST /v1/rpc/about {}

A token has a name and the claims it carries; a request may name a token, and may have a body. They
stand beside the rows they are about, so that the two change together.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from passeplat.errors import SettingError

_TOKEN = re.compile(r"^-- @token (?P<name>\S+) (?P<claims>.+)$", re.MULTILINE)
_TRY = re.compile(
    r"^-- @try (?:(?P<token>[^\s/]+) )?(?P<method>[A-Z]+) (?P<path>/\S*)(?: (?P<body>.+))?$",
    re.MULTILINE,
)
_ANY = re.compile(r"^-- @(?:token|try)\b.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Call:
    token: str | None  # the name of one
    method: str
    path: str
    body: str | None  # JSON text


@dataclass(frozen=True, slots=True)
class Samples:
    tokens: tuple[tuple[str, str], ...] = ()  # (name, claims as JSON text)
    calls: tuple[Call, ...] = ()

    def claims(self, name: str) -> dict[str, Any]:
        """Raises SettingError for a name the seed does not have."""
        known = dict(self.tokens)
        if name not in known:
            have = f"it has {', '.join(known)}" if known else "it has none"
            raise SettingError(f"db/seed.sql has no line `-- @token {name} …`: {have}")
        claims: dict[str, Any] = json.loads(known[name])
        return claims


def read_samples(seed: str) -> Samples:
    """Raises SettingError for a line that cannot be meant so."""
    for found in _ANY.finditer(seed):
        if not _TOKEN.match(found[0].rstrip()) and not _TRY.match(found[0].rstrip()):
            raise SettingError(
                f"db/seed.sql has the line `{found[0].strip()}`: write `-- @token NAME {{claims}}`"
                " or `-- @try [NAME] METHOD /PATH [JSON]`"
            )
    samples = Samples(tuple(_tokens(seed)), tuple(_calls(seed)))
    for call in samples.calls:
        if call.token is not None:
            samples.claims(call.token)
    return samples


def _tokens(seed: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(seed):
        name, claims = found["name"], found["claims"].strip()
        if not isinstance(_json(claims, name), dict):
            raise SettingError(f"db/seed.sql: the claims of @token {name} are no JSON object")
        yield name, claims


def _calls(seed: str) -> Iterator[Call]:
    for found in _TRY.finditer(seed):
        body = found["body"] and found["body"].strip()
        if body:
            _json(body, found["path"])
        yield Call(found["token"], found["method"], found["path"], body or None)


def _json(text: str, of: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SettingError(f"db/seed.sql: what is written for {of} is no JSON: {error}") from None
