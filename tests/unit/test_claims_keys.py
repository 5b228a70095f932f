"""Which keys jwt-secret holds, and which algorithm each of them may verify."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, OKPAlgorithm, RSAAlgorithm

from passeplat.claims import mint, new_verifier, verify
from passeplat.config import Config
from passeplat.errors import InvalidToken, SettingError

NOW = 1_700_000_000
RSA = rsa.generate_private_key(65537, 2048)
P256, P384, P521 = (
    ec.generate_private_key(curve) for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())
)
ED = ed25519.Ed25519PrivateKey.generate()
OCT = b"s" * 64

_PAIRS = [
    *((name, RSA) for name in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")),
    ("ES256", P256),
    ("ES384", P384),
    ("ES512", P521),
    ("EdDSA", ED),
    *((name, OCT) for name in ("HS256", "HS384", "HS512")),
]


def jwk(key: Any, *, private: bool = False, **members: Any) -> dict[str, Any]:
    if isinstance(key, bytes):
        return {**HMACAlgorithm.to_jwk(key, as_dict=True), **members}
    shown = key if private else key.public_key()
    for algorithm in (RSAAlgorithm, ECAlgorithm, OKPAlgorithm):
        try:
            made = algorithm.to_jwk(shown, as_dict=True)
        except (jwt.InvalidKeyError, AttributeError):
            continue
        return {**made, **members}
    raise AssertionError


def outcome(secret: Any, algorithm: str, key: Any, kid: str | None = None) -> str:
    text = secret if isinstance(secret, str) else json.dumps(secret)
    token = jwt.encode({"role": "member"}, key, algorithm, {"kid": kid} if kid else None)
    try:
        return verify(new_verifier(Config(jwt_secret=text)), f"Bearer {token}", NOW).role
    except InvalidToken as error:
        return error.message


def accepts(secret: Any, algorithm: str, key: Any, kid: str | None = None) -> bool:
    found = outcome(secret, algorithm, key, kid)
    assert found in {"member", "No suitable key or wrong key type"}
    return found == "member"


def refusal(secret: Any, **settings: Any) -> str:
    text = secret if isinstance(secret, str) else json.dumps(secret)
    with pytest.raises(SettingError) as caught:
        new_verifier(Config(jwt_secret=text, **settings))
    return str(caught.value)


@pytest.mark.proves("J-02", "J-04")
@pytest.mark.parametrize(("algorithm", "key"), _PAIRS, ids=[pair[0] for pair in _PAIRS])
def test_a_key_verifies_the_algorithms_of_its_type(algorithm: str, key: Any) -> None:
    assert accepts(jwk(key), algorithm, key)


@pytest.mark.proves("J-02")
@pytest.mark.parametrize(("algorithm", "key"), _PAIRS, ids=[pair[0] for pair in _PAIRS])
def test_a_key_in_a_set_verifies_as_well(algorithm: str, key: Any) -> None:
    keys = [jwk(other) for other in (ED, P256, RSA, P521, P384, OCT)]
    assert accepts({"keys": keys}, algorithm, key)


@pytest.mark.parametrize("key", [RSA, P256, ED], ids=["RSA", "EC", "OKP"])
def test_a_private_key_verifies_by_its_public_part(key: Any) -> None:
    algorithm = {RSA: "RS256", P256: "ES256", ED: "EdDSA"}[key]
    assert accepts(jwk(key, private=True), algorithm, key)


@pytest.mark.proves("J-04")
def test_a_key_of_one_algorithm_verifies_no_other() -> None:
    secret = jwk(RSA, alg="RS256")
    assert accepts(secret, "RS256", RSA)
    assert not accepts(secret, "PS256", RSA)


@pytest.mark.parametrize(("length", "algorithms"), [(32, 1), (47, 1), (48, 2), (63, 2), (64, 3)])
def test_a_secret_verifies_the_algorithms_it_is_long_enough_for(
    length: int, algorithms: int
) -> None:
    secret = "s" * length
    names = ["HS256", "HS384", "HS512"][:algorithms]
    assert new_verifier(Config(jwt_secret=secret)).keys[0].algorithms == tuple(names)


@pytest.mark.proves("J-02", "jwt-secret-is-base64")
def test_a_secret_may_be_binary_in_base64() -> None:
    secret = b"\xff\0{" * 20
    config = Config(jwt_secret=base64.b64encode(secret).decode(), jwt_secret_is_base64=True)
    token = jwt.encode({"role": "member"}, secret)
    assert verify(new_verifier(config), f"Bearer {token}", NOW).role == "member"


def test_a_key_may_be_json_in_base64() -> None:
    text = base64.b64encode(json.dumps(jwk(ED)).encode()).decode()
    config = Config(jwt_secret=text, jwt_secret_is_base64=True)
    token = jwt.encode({"role": "member"}, ED, "EdDSA")
    assert verify(new_verifier(config), f"Bearer {token}", NOW).role == "member"


@pytest.mark.proves("J-03")
def test_a_kid_chooses_the_key() -> None:
    other = ed25519.Ed25519PrivateKey.generate()
    secret = {"keys": [jwk(ED, kid="a"), jwk(other, kid="b")]}
    assert accepts(secret, "EdDSA", other, "b")
    assert not accepts(secret, "EdDSA", other, "a")


@pytest.mark.proves("J-03")
@pytest.mark.parametrize("kid", ["c", "", "../a", "a' or 'a'='a"])
def test_a_kid_that_no_key_has_is_refused(kid: str) -> None:
    secret = {"keys": [jwk(OCT, kid="a")]}
    token = jwt.encode({}, OCT, headers={"kid": kid})
    with pytest.raises(InvalidToken) as caught:
        verify(new_verifier(Config(jwt_secret=json.dumps(secret))), f"Bearer {token}", NOW)
    assert caught.value.details == "No suitable key was found to decode the JWT"


def test_a_kid_is_refused_where_the_key_has_none() -> None:
    assert not accepts(jwk(OCT), "HS256", OCT, "a")


@pytest.mark.proves("J-03")
def test_without_a_kid_every_key_is_tried() -> None:
    other = ed25519.Ed25519PrivateKey.generate()
    assert accepts({"keys": [jwk(ED, kid="a"), jwk(other, kid="b")]}, "EdDSA", other)


def test_keys_that_are_for_something_else_are_passed_over() -> None:
    secret = {"keys": [jwk(OCT, use="enc"), jwk(ED)]}
    assert not accepts(secret, "HS256", OCT)
    assert accepts(secret, "EdDSA", ED)


@pytest.mark.parametrize(
    "other", [None, 1, {}, {"kty": "new"}, {"kty": "RSA"}, {"kty": "oct", "k": 1}, {"kty": []}]
)
def test_keys_of_a_set_that_cannot_be_read_are_passed_over(other: Any) -> None:
    assert accepts({"keys": [other, jwk(ED)]}, "EdDSA", ED)


@pytest.mark.parametrize("keys", [[], {}, None, "x", [{}], [1]])
def test_a_set_without_a_key_is_refused(keys: Any) -> None:
    message = "jwt-secret is a JWKS without a key that can verify a token."
    assert refusal({"keys": keys}) == message


@pytest.mark.parametrize(
    "members", [{"use": "enc"}, {"key_ops": ["wrapKey"]}, {"key_ops": "verify"}, {"alg": "RS256"}]
)
def test_a_key_that_may_not_verify_is_refused(members: dict[str, Any]) -> None:
    message = "jwt-secret is a JWK of a type, use or algorithm that verifies nothing."
    assert refusal(jwk(P256, **members)) == message


@pytest.mark.parametrize("members", [{"x": "AAAA"}, {"x": 1}, {"y": None}])
def test_a_key_with_wrong_members_is_refused(members: dict[str, Any]) -> None:
    assert refusal(jwk(P256, **members)) == "jwt-secret is a JWK with wrong or missing members."


@pytest.mark.parametrize("key", [b"s" * 31, rsa.generate_private_key(65537, 1024)])  # noqa: S505  it is refused
def test_a_short_key_is_refused(key: Any) -> None:
    assert refusal(jwk(key)) == "jwt-secret is a key too short for its algorithm."


@pytest.mark.parametrize("text", ['{"kty":"oct","k":"' + "A" * 43, '{"keys": [ooops' + " " * 32])
def test_a_key_that_is_no_json_is_never_taken_as_a_secret(text: str) -> None:
    assert refusal(text) == "jwt-secret looks like a JWK but is not JSON."


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.OpenSSH])
def test_a_public_key_is_never_taken_as_a_secret(encoding: Encoding) -> None:
    form = (
        PublicFormat.OpenSSH if encoding is Encoding.OpenSSH else PublicFormat.SubjectPublicKeyInfo
    )
    text = RSA.public_key().public_bytes(encoding, form).decode()
    assert refusal(text) == "jwt-secret holds a public key or certificate; write a JWK."


@pytest.mark.parametrize(
    "text",
    [
        "https://login.example.com/.well-known/jwks.json",
        "HTTP://login.example.com/realms/shop/protocol/openid-connect/certs",
        " file:///etc/passeplat/a-rather-long-path/jwks.json",
    ],
)
def test_an_address_is_no_secret(text: str) -> None:
    """T-09: nothing is fetched, and what everybody knows signs nothing."""
    expected = "jwt-secret is an address; write the JWKS that is there, or @file."
    assert refusal(text) == expected


def test_no_message_and_no_representation_shows_a_key() -> None:
    secret = "s" * 40
    assert secret not in repr(new_verifier(Config(jwt_secret=secret)))
    assert "AAAA" not in refusal({"keys": [{"kty": "oct", "k": "AAAA"}]})


@pytest.mark.parametrize("key", [RSA, P256, ED, OCT], ids=["RSA", "EC", "OKP", "oct"])
def test_a_private_key_signs(key: Any) -> None:
    config = Config(jwt_secret=json.dumps(jwk(key, private=True, kid="a")))
    token = mint({"role": "member"}, config, NOW)
    assert verify(new_verifier(config), f"Bearer {token}", NOW).role == "member"


def test_a_public_key_does_not_sign() -> None:
    with pytest.raises(SettingError, match="public keys only"):
        mint({}, Config(jwt_secret=json.dumps(jwk(RSA))), NOW)


def test_nothing_is_signed_without_a_secret() -> None:
    with pytest.raises(SettingError, match="without the setting jwt-secret"):
        mint({}, Config(), NOW)
