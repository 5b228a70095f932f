"""Who asks: from the Authorization header and the time to claims, or to PostgREST's refusal."""

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passeplat.claims import Claims, Counts, Verifier, mint, new_verifier, verify
from passeplat.config import Config
from passeplat.errors import (
    AnonymousDisabled,
    ApiError,
    InvalidClaims,
    InvalidToken,
    NoJwtSecret,
)

SECRET = "reallyreallyreallyreallyverysafe"
NOW = 1_700_000_000


def verifier(**settings: Any) -> Verifier:
    return new_verifier(Config(**{"jwt_secret": SECRET, "db_anon_role": "web", **settings}))


def bearer(claims: Any, secret: str = SECRET, algorithm: str = "HS256") -> str:
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return f"Bearer {jwt.api_jws.encode(payload, secret, algorithm)}"


def accept(claims: Any, now: float = NOW, **settings: Any) -> Claims:
    return verify(verifier(**settings), bearer(claims), now)


def refuse(authorization: str, now: float = NOW, **settings: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        verify(verifier(**settings), authorization, now)
    return caught.value


@pytest.mark.proves("J-01")
def test_the_role_of_the_token_is_the_role_of_the_request() -> None:
    assert accept({"role": "member"}).role == "member"


def test_the_claims_are_compact_json_in_their_order() -> None:
    claims = accept(b'{ "z": 1, "role": "m",\n "a": [1.5, {"b": null}], "\xc3\xa9": true }')
    assert claims.payload == '{"z":1,"role":"m","a":[1.5,{"b":null}],"é":true}'.encode()


def test_integers_keep_all_their_digits() -> None:
    assert (
        b'"id":123456789012345678901234567890'
        in accept({"id": 123456789012345678901234567890}).payload
    )


@pytest.mark.parametrize(
    "authorization", [None, "", "Basic dTpw", "Token x.y.z", "x.y.z", "Bearerx"]
)
def test_without_a_bearer_a_request_is_anonymous(authorization: str | None) -> None:
    assert verify(verifier(), authorization, NOW) == Claims("web", b'{"role":"web"}')


def test_without_an_anonymous_role_a_request_needs_a_token() -> None:
    with pytest.raises(AnonymousDisabled) as caught:
        verify(verifier(db_anon_role=None), None, NOW)
    assert caught.value.headers == (("WWW-Authenticate", "Bearer"),)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  ", "Bearer\t"])
def test_the_scheme_is_read_in_any_case(scheme: str) -> None:
    token = bearer({"role": "member"}).removeprefix("Bearer ")
    assert verify(verifier(), f"{scheme} {token}", NOW).role == "member"


@pytest.mark.proves("J-07", "db-anon-role")
def test_a_token_without_a_role_has_the_anonymous_one() -> None:
    assert accept({"id": 1}) == Claims("web", b'{"id":1,"role":"web"}')


@pytest.mark.proves("J-07", "PGRST302")
def test_a_token_without_a_role_is_refused_where_nobody_is_anonymous() -> None:
    assert refuse(bearer({"id": 1}), db_anon_role=None).code == "PGRST302"


@pytest.mark.proves("J-08")
def test_the_resolved_role_is_in_the_claims() -> None:
    claims = accept({"role": "x", "app": {"role": "member"}}, jwt_role_claim_key="$.app.role")
    assert json.loads(claims.payload) == {"role": "member", "app": {"role": "member"}}


@pytest.mark.proves("PGRST300")
def test_a_token_cannot_be_verified_without_a_secret() -> None:
    error = refuse(bearer({}), jwt_secret=None)
    assert (type(error), error.message) == (NoJwtSecret, "Server lacks JWT secret")


def test_without_a_secret_a_request_may_be_anonymous() -> None:
    assert verify(verifier(jwt_secret=None), None, NOW).role == "web"


@pytest.mark.proves("J-01", "PGRST301")
@pytest.mark.parametrize("authorization", ["Bearer", "Bearer ", "bearer  "])
def test_an_empty_token_is_refused(authorization: str) -> None:
    message = "Empty JWT is sent in Authorization header"
    error = refuse(authorization)
    assert (error.code, error.message) == ("PGRST301", message)
    challenge = f'Bearer error="invalid_token", error_description="{message}"'
    assert error.headers == (("WWW-Authenticate", challenge),)


@pytest.mark.proves("J-01", "PGRST301")
@pytest.mark.parametrize(("token", "parts"), [("x", 1), ("a.b", 2), ("a.b.c.d", 4), ("....", 5)])
def test_a_token_has_three_parts(token: str, parts: int) -> None:
    error = refuse(f"Bearer {token}")
    assert (error.code, error.message) == ("PGRST301", f"Expected 3 parts in JWT; got {parts}")


def test_a_publishable_key_is_no_token() -> None:
    assert refuse("Bearer sb_publishable_abc").status == 401


@pytest.mark.parametrize(
    "token",
    [
        "quifquirndsjagnrgniur.fonvoienqhhdj.iuqvnvhojah",
        "e30=.e30.x",
        "W10.e30.AAAA",
        "eyJh.e30.AAAA",
        "é.e30.AAAA",
        "..",
    ],
)
def test_what_only_looks_like_a_token_is_refused(token: str) -> None:
    error = refuse(f"Bearer {token}")
    assert (error.code, error.message) == ("PGRST301", "JWT cryptographic operation failed")


@pytest.mark.proves("J-03", "PGRST301")
def test_another_secret_is_refused() -> None:
    error = refuse(bearer({"role": "member"}, "y" * 32))
    assert (error.code, error.message, error.details) == (
        "PGRST301",
        "No suitable key or wrong key type",
        "None of the keys was able to decode the JWT",
    )


def test_a_payload_that_was_changed_is_refused() -> None:
    header, _, signature = bearer({"role": "member"}).split(".")
    payload = base64.urlsafe_b64encode(b'{"role":"admin"}').rstrip(b"=").decode()
    assert refuse(f"{header}.{payload}.{signature}").code == "PGRST301"


@pytest.mark.proves("J-04", "PGRST301")
def test_an_algorithm_we_do_not_know_is_refused() -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"XX"}').decode()
    error = refuse(f"Bearer {header}.e30.AAAA")
    assert (error.code, error.message) == ("PGRST301", "Wrong or unsupported encoding algorithm")


@pytest.mark.proves("PGRST303")
@pytest.mark.parametrize("payload", [b"", b"x", b"[]", b"null", b'"x"', b"\xff", b'{"a":NaN}'])
def test_claims_that_are_no_object_are_refused(payload: bytes) -> None:
    error = refuse(bearer(payload))
    assert (error.code, error.message) == ("PGRST303", "Parsing claims failed")


@pytest.mark.proves("J-05", "PGRST303")
@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": NOW - 31}, "JWT expired"),
        ({"nbf": NOW + 31}, "JWT not yet valid"),
        ({"iat": NOW + 31}, "JWT issued at future"),
        ({"exp": "x"}, "The JWT 'exp' claim must be a number"),
        ({"nbf": True}, "The JWT 'nbf' claim must be a number"),
        ({"iat": None}, "The JWT 'iat' claim must be a number"),
        ({"aud": {"a": 1}}, "The JWT 'aud' claim must be a string or an array of strings"),
        ({"aud": ["a", 1]}, "The JWT 'aud' claim must be a string or an array of strings"),
        ({"aud": 1}, "The JWT 'aud' claim must be a string or an array of strings"),
    ],
)
def test_claims_that_cannot_be_accepted_say_why(claims: dict[str, Any], message: str) -> None:
    error = refuse(bearer(claims))
    assert (type(error), error.code, error.status) == (InvalidClaims, "PGRST303", 401)
    assert (error.message, error.details) == (message, None)


@pytest.mark.proves("J-05")
@pytest.mark.parametrize("claims", [{"exp": NOW - 30}, {"nbf": NOW + 30}, {"iat": NOW + 30.0}])
def test_thirty_seconds_of_difference_are_allowed(claims: dict[str, Any]) -> None:
    assert accept(claims).role == "web"


def test_expiry_is_found_before_other_faults() -> None:
    claims = {"exp": NOW - 31, "nbf": "x", "aud": 1}
    assert refuse(bearer(claims)).message == "JWT expired"


@pytest.mark.proves("J-05", "jwt-aud")
@pytest.mark.parametrize("audience", ["me", ["me"], ["you", "me"], None, []])
def test_an_audience_that_is_ours_or_no_ones_is_accepted(audience: Any) -> None:
    assert accept({"aud": audience}, jwt_aud="me").role == "web"


def test_a_token_without_an_audience_is_accepted() -> None:
    assert accept({}, jwt_aud="me").role == "web"


@pytest.mark.proves("J-05", "jwt-aud", "PGRST303")
@pytest.mark.parametrize("audience", ["you", "", ["you"], ["m", "e"], [""]])
def test_an_audience_of_others_is_refused(audience: Any) -> None:
    assert refuse(bearer({"aud": audience}), jwt_aud="me").message == "JWT not in audience"


@pytest.mark.parametrize("audience", ["you", "", ["you"], []])
def test_without_jwt_aud_any_audience_is_accepted(audience: Any) -> None:
    assert accept({"aud": audience}).role == "web"


@pytest.mark.proves("J-06")
def test_the_role_may_be_the_audience() -> None:
    assert accept({"aud": ["me"]}, jwt_aud="me", jwt_role_claim_key="$.aud[0]").role == "me"


@pytest.mark.proves("J-06")
def test_a_role_that_is_no_text_is_its_json() -> None:
    assert accept({"role": ["a", {"é": 1}]}).role == '["a",{"é":1}]'


@pytest.mark.proves("J-09")
def test_a_verified_token_is_remembered() -> None:
    ours, token = verifier(), bearer({"role": "member"})
    first, second = verify(ours, token, NOW), verify(ours, token, NOW)
    assert second is first
    assert ours.counts == Counts(requests=2, hits=1)


@pytest.mark.proves("J-09")
def test_a_remembered_token_still_expires() -> None:
    ours, token = verifier(), bearer({"role": "member", "exp": NOW})
    assert verify(ours, token, NOW + 30).role == "member"
    with pytest.raises(InvalidClaims, match="JWT expired"):
        verify(ours, token, NOW + 31)
    assert ours.counts.hits == 1


def test_a_remembered_token_becomes_valid() -> None:
    ours, token = verifier(), bearer({"role": "member", "nbf": NOW})
    with pytest.raises(InvalidClaims, match="JWT not yet valid"):
        verify(ours, token, NOW - 31)
    assert verify(ours, token, NOW - 30).role == "member"
    assert ours.counts.hits == 1


@pytest.mark.proves("J-09")
def test_an_expired_token_is_remembered_and_refused() -> None:
    ours, token = verifier(), bearer({"exp": 0})
    for _ in range(2):
        with pytest.raises(InvalidClaims, match="JWT expired"):
            verify(ours, token, NOW)
    assert ours.counts == Counts(requests=2, hits=1)


def test_a_token_of_another_secret_is_not_remembered() -> None:
    ours, token = verifier(), bearer({}, "y" * 32)
    for _ in range(2):
        with pytest.raises(InvalidToken):
            verify(ours, token, NOW)
    assert ours.counts == Counts(requests=2, hits=0)


@pytest.mark.proves("J-09", "jwt-cache-max-entries")
def test_nothing_is_remembered_with_a_cache_of_none() -> None:
    ours, token = verifier(jwt_cache_max_entries=0), bearer({})
    assert verify(ours, token, NOW) == verify(ours, token, NOW)
    assert ours.counts.hits == 0


@pytest.mark.proves("J-09", "jwt-cache-max-entries")
def test_three_tokens_in_turn_do_not_fit_into_two_places() -> None:
    ours = verifier(jwt_cache_max_entries=2)
    for token in [bearer({"role": role}) for role in "abc"] * 2:
        verify(ours, token, NOW)
    assert ours.counts == Counts(requests=6, hits=0, evictions=4)


def test_counts_go_on_after_a_reload() -> None:
    counts = Counts(requests=7)
    ours = new_verifier(Config(jwt_secret=SECRET, db_anon_role="web"), counts=counts)
    verify(ours, bearer({}), NOW)
    assert counts.requests == 8


def test_a_minted_token_is_verified() -> None:
    config = Config(jwt_secret=SECRET)
    token = mint({"role": "member", "né": 1}, config, NOW)
    claims = verify(new_verifier(config), f"Bearer {token}", NOW)
    assert json.loads(claims.payload) == {"iat": NOW, "role": "member", "né": 1}


def test_a_minted_token_may_say_when_it_was_issued() -> None:
    token = mint({"iat": 5}, Config(jwt_secret=SECRET), NOW)
    assert jwt.decode(token, SECRET, ["HS256"])["iat"] == 5


@given(st.text() | st.from_regex(r"[\w=-]*\.[\w=-]*\.[\w=-]*", fullmatch=True))
def test_any_text_as_a_token_is_claims_or_an_api_error(text: str) -> None:
    with pytest.raises(ApiError):
        verify(verifier(), f"Bearer {text}", NOW)


@given(st.binary())
def test_any_bytes_as_signed_claims_are_claims_or_an_api_error(payload: bytes) -> None:
    try:
        claims = verify(verifier(), bearer(payload), NOW)
    except ApiError:
        return
    assert claims.role == "web"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from(["role", "exp", "nbf", "iat", "aud", "x"]), _json))
def test_any_signed_object_is_claims_or_invalid_claims(claims: dict[str, Any]) -> None:
    try:
        found = accept(claims)
    except InvalidClaims:
        return
    assert json.loads(found.payload)["role"] == found.role


@given(st.binary(), st.sampled_from(["HS256", "ES256", "EdDSA", "RS256", "PS512", "none"]))
def test_any_signature_under_any_algorithm_is_refused(signature: bytes, algorithm: str) -> None:
    header = json.dumps({"alg": algorithm}).encode()
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (header, signature)]
    with pytest.raises(InvalidToken):
        verify(verifier(), f"Bearer {parts[0]}.e30.{parts[1]}", NOW)
