"""The text of a token becomes the JSON object it carries, once one of our keys vouches for it.

A token that no key has vouched for is never decoded further than its header, and a header can name
no key, address or algorithm that would be used: it is only compared with ours.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Any, NoReturn

from passeplat.claims.keys import ALGORITHMS, Key
from passeplat.errors import InvalidClaims, InvalidToken

_PARTS = 3
_LONGEST = 32 * 1024  # characters; a header this long has been refused by most proxies before

_NO_KEY = "No suitable key or wrong key type"
_CRYPTO = "JWT cryptographic operation failed"
_ALGORITHM = "Wrong or unsupported encoding algorithm"
_TYPE = "Unsupported token type"


def check_signature(keys: Iterable[Key], token: str) -> None:
    """Raises InvalidToken unless one of the keys signed the token."""
    header, signed, signature = _split(token)
    algorithm = _algorithm(header)
    candidates = [key for key in keys if _may_verify(key, header, algorithm)]
    if not candidates:
        raise InvalidToken(_NO_KEY, "No suitable key was found to decode the JWT")
    verify = ALGORITHMS[algorithm].verify
    if not any(verify(signed, key.public, signature) for key in candidates):
        raise InvalidToken(_NO_KEY, "None of the keys was able to decode the JWT")


def read_payload(token: str) -> dict[str, Any]:
    """The claims of a token whose signature was checked. Raises InvalidClaims."""
    try:
        return _object(_decode(token.split(".")[1]))
    except (ValueError, RecursionError):
        raise InvalidClaims("Parsing claims failed") from None


def _split(token: str) -> tuple[dict[str, Any], bytes, bytes]:
    """The header, what was signed, and the signature."""
    if not token:
        raise InvalidToken("Empty JWT is sent in Authorization header")
    parts = token.count(".") + 1
    if parts != _PARTS:
        raise InvalidToken(f"Expected 3 parts in JWT; got {parts}")
    if len(token) > _LONGEST:
        raise InvalidToken(_TYPE, f"A token has at most {_LONGEST} characters")
    signed, _, signature = token.rpartition(".")
    try:
        return (
            _object(_decode(signed.partition(".")[0])),
            signed.encode("ascii"),
            _decode(signature),
        )
    except (ValueError, RecursionError):
        raise InvalidToken(_CRYPTO) from None


def _algorithm(header: dict[str, Any]) -> str:
    if "enc" in header:
        raise InvalidToken(_TYPE)
    if "crit" in header or "b64" in header:  # extensions that must be understood; none is
        raise InvalidToken(_CRYPTO)
    algorithm = header.get("alg")
    if algorithm == "none":
        details = "JWT is unsecured but expected 'alg' was not 'none'"
        raise InvalidToken(_ALGORITHM, details)
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise InvalidToken(_ALGORITHM)
    return algorithm


def _may_verify(key: Key, header: dict[str, Any], algorithm: str) -> bool:
    return algorithm in key.algorithms and ("kid" not in header or key.id == header["kid"])


def _decode(segment: str) -> bytes:
    """Base64url in its one canonical form. Raises ValueError."""
    text = segment.encode("ascii")
    try:
        data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError from None
    if base64.urlsafe_b64encode(data).rstrip(b"=") != text:
        raise ValueError
    return data


def _object(data: bytes) -> dict[str, Any]:
    """One JSON object, in which no name is twice and no number is infinite. Raises ValueError."""
    value = _JSON.decode(data.decode())
    if not isinstance(value, dict):
        raise ValueError  # noqa: TRY004  as any other text that is not what is expected
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """What reads the last of two names and what reads the first would see different claims."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError
    return number


def _no_number(_text: str) -> NoReturn:
    raise ValueError


_JSON = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_number)
