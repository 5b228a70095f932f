"""The Authorization header and the time become Claims, or the refusal PostgREST would give.

In this order: no bearer is the anonymous role; then the secret, the token's form, its algorithm and
signature, its times (`exp`, `nbf`, `iat`, each with 30 seconds of grace), its audience, its role.
Nothing here logs, and no message repeats what a token says.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from passeplat.claims.keys import Key, read_keys
from passeplat.claims.role import find_role
from passeplat.claims.sieve import Counts, Sieve
from passeplat.claims.token import check_signature, read_payload
from passeplat.config import Config, is_reserved
from passeplat.config.json_path import Path, parse_path
from passeplat.errors import AnonymousDisabled, ApiError, InvalidClaims, NoJwtSecret

_SKEW = 30  # seconds by which clocks may differ


@dataclass(frozen=True, slots=True)
class Claims:
    role: str
    payload: bytes = field(repr=False)  # JSON text with the resolved role, for request.jwt.claims


@dataclass(frozen=True, slots=True)
class _Verified:
    """What is remembered of a token with a good signature."""

    claims: Claims | None  # None: refused for its claims when it was last looked at
    earliest: float = inf
    latest: float = -inf

    def at(self, now: float) -> Claims | None:
        return self.claims if self.earliest <= now <= self.latest else None


@dataclass(frozen=True, slots=True)
class Verifier:
    """What a configuration says about tokens, made ready once; replaced when it is reloaded."""

    keys: tuple[Key, ...]
    audience: str | None
    role_path: Path
    anonymous: Claims | None
    refused_roles: frozenset[str]  # roles no token may ask for, such as the login's own
    cache: Sieve[_Verified]

    @property
    def counts(self) -> Counts:
        return self.cache.counts


def new_verifier(
    config: Config, refused_roles: frozenset[str] = frozenset(), counts: Counts | None = None
) -> Verifier:
    """Raises SettingError. `counts` are those of the verifier this one replaces."""
    role = config.db_anon_role
    return Verifier(
        read_keys(config),
        config.jwt_aud,
        parse_path(config.jwt_role_claim_key),
        None if role is None else _claims(role, {}),
        refused_roles,
        Sieve(config.jwt_cache_max_entries, counts or Counts()),
    )


def verify(verifier: Verifier, authorization: str | None, now: float) -> Claims:
    """Who asks, by the value of the Authorization header; `now` in seconds since 1970.

    Raises NoJwtSecret, InvalidToken, InvalidClaims, AnonymousDisabled.
    """
    token = bearer(authorization)
    if token is None:
        return _anonymous(verifier)
    if not verifier.keys:
        raise NoJwtSecret
    known = verifier.cache.get(token)
    if known is None:
        check_signature(verifier.keys, token)
    elif (claims := known.at(now)) is not None:
        return claims
    return _judge(verifier, token, now)


def recall(verifier: Verifier, token: str | None, now: float) -> Claims | None:
    """What `verify` would return at once; None where it has something to check or to refuse.
    It is not counted: who goes by it tells the cache, with `get`."""
    if token is None:
        return verifier.anonymous
    known = verifier.cache.peek(token)
    return None if known is None else known.at(now)


def bearer(authorization: str | None) -> str | None:
    words = (authorization or "").split(None, 1)
    if not words or words[0].lower() != "bearer":
        return None
    return words[1] if len(words) > 1 else ""


def _anonymous(verifier: Verifier) -> Claims:
    if verifier.anonymous is None:
        raise AnonymousDisabled
    return verifier.anonymous


def _judge(verifier: Verifier, token: str, now: float) -> Claims:
    payload = read_payload(token)
    try:
        _check_times(payload, now)
        _check_audience(payload, verifier.audience)
        claims = _resolve(verifier, payload)
    except ApiError:
        verifier.cache.put(token, _Verified(None))
        raise
    except (ValueError, RecursionError):
        raise InvalidClaims("Parsing claims failed") from None
    verifier.cache.put(token, _Verified(claims, *_validity(payload)))
    return claims


def _check_times(payload: Mapping[str, Any], now: float) -> None:
    if _time(payload, "exp", inf) < now - _SKEW:
        raise InvalidClaims("JWT expired")
    if _time(payload, "nbf", -inf) > now + _SKEW:
        raise InvalidClaims("JWT not yet valid")
    if _time(payload, "iat", -inf) > now + _SKEW:
        raise InvalidClaims("JWT issued at future")


def _validity(payload: Mapping[str, Any]) -> tuple[float, float]:
    """When the checks of times pass."""
    earliest = max(_time(payload, "nbf", -inf), _time(payload, "iat", -inf))
    return earliest - _SKEW, _time(payload, "exp", inf) + _SKEW


def _time(payload: Mapping[str, Any], claim: str, default: float) -> float:
    if claim not in payload:
        return default
    value = payload[claim]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidClaims(f"The JWT '{claim}' claim must be a number")
    return value


def _check_audience(payload: Mapping[str, Any], expected: str | None) -> None:
    """No audience, null and an empty list are everyone's."""
    audience = payload.get("aud")
    named = [audience] if isinstance(audience, str) else [] if audience is None else audience
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise InvalidClaims("The JWT 'aud' claim must be a string or an array of strings")
    if expected is not None and named and expected not in named:
        raise InvalidClaims("JWT not in audience")


def _resolve(verifier: Verifier, payload: Mapping[str, Any]) -> Claims:
    role = find_role(verifier.role_path, payload)
    if role is None:
        return _claims(_anonymous(verifier).role, payload)
    if is_reserved(role) or role in verifier.refused_roles or "\0" in role:
        raise InvalidClaims("The role of the JWT is not allowed")
    return _claims(role, payload)


def _claims(role: str, payload: Mapping[str, Any]) -> Claims:
    """The text is written anew, so that PostgreSQL reads what was checked."""
    text = json.dumps({**payload, "role": role}, separators=(",", ":"), ensure_ascii=False)
    return Claims(role, text.encode())
