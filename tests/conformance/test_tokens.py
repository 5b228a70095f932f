"""A token on the wire: which role it gives, what SQL reads of it, what a bad one is told."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest

from .conftest import SECRET, token

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves
ROLE = "GET /rpc/setting?name=role"


@proves("J-01")
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_gives_its_role(api: Api, scheme: str) -> None:
    answer = api(ROLE, Authorization=f"{scheme} {token(role='contract_member')}")
    assert (answer.status, answer.json) == (200, "contract_member")


@proves("J-07", "J-01")
@pytest.mark.parametrize("authorization", [None, "Basic YTpi", "Token x"])
def test_without_a_token_the_role_is_the_anonymous_one(api: Api, authorization: str | None) -> None:
    sent = {} if authorization is None else {"Authorization": authorization}
    assert api(ROLE, **sent).json == "contract_anon"


@proves("J-05", "PGRST303", "H-11")
@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": 1}, "JWT expired"),
        ({"nbf": 32503680000}, "JWT not yet valid"),
        ({"iat": 32503680000}, "JWT issued at future"),
        ({"aud": "others"}, "JWT not in audience"),
        ({"exp": "soon"}, "The JWT 'exp' claim must be a number"),
        ({"aud": 1}, "The JWT 'aud' claim must be a string or an array of strings"),
    ],
)
def test_claims_that_cannot_be_accepted_are_told(
    serve: Serve, claims: dict[str, Any], message: str
) -> None:
    answer = serve(jwt_aud="ours")(ROLE, claims=claims)
    assert (answer.status, answer.code, answer.json["message"]) == (401, "PGRST303", message)
    assert answer.json["details"] is answer.json["hint"] is None
    challenge = f'Bearer error="invalid_token", error_description="{message}"'
    assert answer.header("WWW-Authenticate") == challenge


@proves("J-01", "J-04", "PGRST301")
@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ("", "Empty JWT is sent in Authorization header"),
        ("a.b", "Expected 3 parts in JWT; got 2"),
        ("a.b.c.d.e", "Expected 3 parts in JWT; got 5"),
        (token("another secret, long enough for HS256"), "No suitable key or wrong key type"),
        (
            "eyJhbGciOiJub25lIn0.eyJyb2xlIjoiY29udHJhY3RfbWVtYmVyIn0.",
            "Wrong or unsupported encoding algorithm",
        ),
    ],
)
def test_what_is_no_token_of_ours_is_told(api: Api, sent: str, message: str) -> None:
    answer = api(ROLE, Authorization=f"Bearer {sent}")
    assert (answer.status, answer.code, answer.json["message"]) == (401, "PGRST301", message)


@proves("J-02", "PGRST300")
def test_without_a_secret_no_token_can_be_verified(serve: Serve) -> None:
    server = serve(jwt_secret=None)
    answer = server(ROLE, role="contract_member")
    assert (answer.status, answer.code) == (500, "PGRST300")
    assert answer.json["message"] == "Server lacks JWT secret"
    assert server(ROLE).json == "contract_anon"


@proves("J-06", "jwt-role-claim-key")
@pytest.mark.parametrize(
    ("path", "claims", "role"),
    [
        ("$.a.b", {"a": {"b": "contract_member"}}, "contract_member"),
        ("$.roles[1]", {"roles": ["x", "contract_member"]}, "contract_member"),
        (
            '$["https://a.example/role"]',
            {"https://a.example/role": "contract_member"},
            "contract_member",
        ),
        (
            "$.roles[?(@ == 'contract_member')]",
            {"roles": ["x", "contract_member"]},
            "contract_member",
        ),
        ("$.aud[0]", {"aud": ["contract_member"]}, "contract_member"),
        ("$.roles[5]", {"roles": ["contract_member"]}, "contract_anon"),
        (".a.b", {"a": {"b": "contract_member"}}, "contract_member"),
        ('.roles[?(@ ^== "contract_m")]', {"roles": ["x", "contract_member"]}, "contract_member"),
    ],
)
def test_the_role_is_where_the_path_leads(
    serve: Serve, path: str, claims: dict[str, Any], role: str
) -> None:
    assert serve(jwt_role_claim_key=path)(ROLE, claims=claims).json == role


@proves("J-10", "T-07")
@pytest.mark.parametrize(
    "role",
    [
        "nobody",
        "contract_login",
        "postgres",
        "pg_read_all_data",
        "",
        "none",
        "CONTRACT_MEMBER",
        '"contract_member"',
        "contract_member ",
        1,
        ["contract_member"],
        None,
        {"a": 1},
        True,
    ],
)
def test_a_role_that_cannot_be_assumed_is_refused(api: Api, role: Any) -> None:
    answer = api(ROLE, Authorization=f"Bearer {jwt.encode({'role': role}, SECRET)}")
    assert (answer.status, answer.code) in {(401, "22023"), (401, "PGRST303"), (403, "42501")}
