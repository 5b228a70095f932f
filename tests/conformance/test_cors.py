"""Scripts of other origins: who may ask, and what they may read of the answer."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves
ORIGIN = "https://shop.example"
CONFIGURED = {"server_cors_allowed_origins": f"{ORIGIN}, https://other.example:8443"}
EXPOSED = (
    "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server,"
    " Transfer-Encoding, Range-Unit"
)
PREFLIGHT = {"Access_Control_Request_Method": "POST"}


def cors(answer: Any) -> dict[str, str]:
    return {n.lower(): v for n, v in answer.headers if n.lower().startswith("access-control-")}


@proves("CO-1", "CO-3", "H-16")
@pytest.mark.parametrize("line", ["GET /numbers", "GET /nope", "POST /rpc/answer"])
def test_any_origin_may_ask_without_credentials(api: Api, line: str) -> None:
    assert cors(api(line, Origin=ORIGIN)) == {
        "access-control-allow-origin": "*",
        "access-control-expose-headers": EXPOSED,
    }


@proves("CO-1")
def test_nothing_is_said_to_who_has_no_origin(api: Api) -> None:
    assert cors(api("GET /numbers")) == {}


@proves("CO-1", "CO-3", "server-cors-allowed-origins")
def test_a_configured_origin_may_ask_with_credentials(serve: Serve) -> None:
    answer = serve(**CONFIGURED)("GET /numbers", Origin=ORIGIN)
    assert cors(answer) == {
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": EXPOSED,
    }


@proves("CO-1", "T-26", "server-cors-allowed-origins")
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://shop.example.evil.example",
        "https://evilshop.example",
        "https://shop.example:8443",
        "http://shop.example",
        "https://SHOP.example",
        "https://other.example",
        f"{ORIGIN}, {ORIGIN}",
        "*",
    ],
)
def test_an_origin_that_only_looks_alike_is_told_nothing(serve: Serve, origin: str) -> None:
    server = serve(**CONFIGURED)
    answer = server("GET /numbers", Origin=origin)
    assert (answer.status, cors(answer)) == (200, {})
    assert cors(server("OPTIONS /numbers", Origin=origin, **PREFLIGHT)) == {}


@proves("T-26", "T-27", "H-09")
@pytest.mark.parametrize("origin", [None, ORIGIN, "https://evil.example"])
def test_caches_learn_that_the_answer_depends_on_the_origin(
    serve: Serve, origin: str | None
) -> None:
    server = serve(**CONFIGURED)
    sent = {} if origin is None else {"Origin": origin}
    assert "Origin" in server("GET /numbers", **sent).header("Vary").split(", ")
    if origin is not None:
        assert server("OPTIONS /numbers", **sent, **PREFLIGHT).header("Vary") == "Origin"


@proves("CO-2")
def test_a_preflight_is_answered_for_a_day(api: Api) -> None:
    answer = api(
        "OPTIONS /numbers",
        Origin=ORIGIN,
        Access_Control_Request_Headers="Prefer, X-Mine",
        **PREFLIGHT,
    )
    assert (answer.status, answer.body) == (200, b"")
    assert cors(answer) == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD",
        "access-control-allow-headers": (
            "Authorization, Prefer, X-Mine, Accept, Accept-Language, Content-Language"
        ),
        "access-control-max-age": "86400",
    }


@proves("CO-2")
@pytest.mark.parametrize("path", ["/nope", "/a/b/c", "/rpc/nope", "/"])
def test_a_preflight_asks_for_nothing(api: Api, path: str) -> None:
    assert api(f"OPTIONS {path}", Origin=ORIGIN, **PREFLIGHT).status == 200


@proves("CO-4", "H-16")
def test_other_options_are_open_to_every_origin(api: Api) -> None:
    assert cors(api("OPTIONS /numbers")) == {"access-control-allow-origin": "*"}
