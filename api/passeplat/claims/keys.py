"""The jwt-secret becomes keys, each with the algorithms it may verify: ours, never a token's.

The cryptography is PyJWT's; which key and which algorithm is decided here.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from jwt.algorithms import Algorithm, get_default_algorithms
from jwt.exceptions import PyJWTError

from passeplat.config import Config, secret_bytes
from passeplat.errors import SettingError

_JWK = re.compile(rb'"(?:kty|keys)"\s*:')  # never a secret, whether it can be read or not
_ADDRESS = re.compile(rb"\s*(?:https?|file)://", re.IGNORECASE)  # everybody may know it
_HMAC = ("HS256", "HS384", "HS512")
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_BY_TYPE: Mapping[tuple[object, object], tuple[str, ...]] = {
    ("oct", None): _HMAC,
    ("RSA", None): _RSA,
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
ALGORITHMS: Mapping[str, Algorithm] = {
    name: algorithm
    for name, algorithm in get_default_algorithms().items()
    if any(name in names for names in _BY_TYPE.values())
}


@dataclass(frozen=True, slots=True)
class Key:
    id: str | None  # the `kid` of a JWK
    algorithms: tuple[str, ...]
    public: Any = field(repr=False)  # what PyJWT verifies with; of a symmetric key the secret
    private: Any = field(repr=False)  # what it signs with; None where only the public part is known


def read_keys(config: Config) -> tuple[Key, ...]:
    """The keys of jwt-secret, none if it is not set. Raises SettingError."""
    if config.jwt_secret is None:
        return ()
    secret = secret_bytes(config)
    if _JWK.search(secret):
        return _read_jwks(secret)
    if _ADDRESS.match(secret):
        raise SettingError("jwt-secret is an address; write the JWKS that is there, or @file.")
    try:
        ALGORITHMS["HS256"].prepare_key(secret)
    except PyJWTError:
        raise SettingError("jwt-secret holds a public key or certificate; write a JWK.") from None
    return (_symmetric(None, secret, _HMAC),)


def _read_jwks(text: bytes) -> tuple[Key, ...]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise SettingError("jwt-secret looks like a JWK but is not JSON.") from None
    if not isinstance(document, dict) or "keys" not in document:
        return (_read_jwk(document),)
    keys = tuple(_usable(document["keys"]))
    if not keys:
        raise SettingError("jwt-secret is a JWKS without a key that can verify a token.")
    return keys


def _usable(jwks: object) -> Iterator[Key]:
    """A key of a set that we cannot use is passed over: RFC 7517 §5."""
    for jwk in jwks if isinstance(jwks, list) else ():
        try:
            yield _read_jwk(jwk)
        except SettingError:
            continue


def _read_jwk(jwk: Any) -> Key:
    names = _allowed(jwk) if isinstance(jwk, dict) else ()
    if not names:
        raise SettingError("jwt-secret is a JWK of a type, use or algorithm that verifies nothing.")
    try:
        material = ALGORITHMS[names[0]].from_jwk(jwk)
    except (PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
        raise SettingError("jwt-secret is a JWK with wrong or missing members.") from None
    kid = jwk["kid"] if isinstance(jwk.get("kid"), str) else None
    if isinstance(material, bytes):
        return _symmetric(kid, material, names)
    return _asymmetric(kid, material, names)


def _allowed(jwk: Mapping[str, Any]) -> tuple[str, ...]:
    names = _BY_TYPE.get((str(jwk.get("kty")), _curve(jwk)), ())
    if jwk.get("use", "sig") != "sig" or not _verifies(jwk.get("key_ops", ["verify"])):
        return ()
    return tuple(name for name in names if jwk.get("alg", name) == name)


def _curve(jwk: Mapping[str, Any]) -> str | None:
    return str(jwk["crv"]) if "crv" in jwk else None


def _verifies(operations: object) -> bool:
    return isinstance(operations, list) and ("verify" in operations or "sign" in operations)


def _symmetric(kid: str | None, secret: bytes, names: tuple[str, ...]) -> Key:
    return Key(kid, _long_enough(names, secret), secret, secret)


def _asymmetric(kid: str | None, material: Any, names: tuple[str, ...]) -> Key:
    names = _long_enough(names, material)
    if hasattr(material, "public_key"):
        return Key(kid, names, material.public_key(), material)
    return Key(kid, names, material, None)


def _long_enough(names: tuple[str, ...], material: Any) -> tuple[str, ...]:
    """The algorithms for which a key is as long as RFC 7518 §3.2 and §3.3 ask."""
    enough = tuple(name for name in names if ALGORITHMS[name].check_key_length(material) is None)
    if not enough:
        raise SettingError("jwt-secret is a key too short for its algorithm.")
    return enough
