"""Cross-origin headers as PostgREST gives them."""

from collections.abc import Mapping

from passeplat.response.model import Headers, Response

_METHODS = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"
_SIMPLE = ("Authorization", "Accept", "Accept-Language", "Content-Language")
_EXPOSED = (
    "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server,"
    " Transfer-Encoding, Range-Unit"
)
_MAX_AGE = "86400"


def allow_origin(origin: str | None, allowed: tuple[str, ...] | None) -> Headers:
    """`allowed` None: any origin, without credentials. Others get nothing. Where the origin
    decides, every answer says so, or a cache would give one origin what another was told."""
    if allowed is None:
        return () if origin is None else (("Access-Control-Allow-Origin", "*"),)
    if origin not in allowed:
        return (("Vary", "Origin"),)
    return (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Vary", "Origin"),
    )


def expose(origin: str | None, allowed: tuple[str, ...] | None) -> Headers:
    headers = allow_origin(origin, allowed)
    if not any(name == "Access-Control-Allow-Origin" for name, _ in headers):
        return headers
    return (*headers, ("Access-Control-Expose-Headers", _EXPOSED))


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    return method == "OPTIONS" and {"origin", "access-control-request-method"} <= headers.keys()


def preflight(headers: Mapping[str, str], allowed: tuple[str, ...] | None) -> Response:
    origin = allow_origin(headers["origin"], allowed)
    if not any(name == "Access-Control-Allow-Origin" for name, _ in origin):
        return Response(200, origin)
    asked = headers.get("access-control-request-headers", "")
    names = (_SIMPLE[0], *(each.strip() for each in asked.split(",") if each.strip()), *_SIMPLE[1:])
    return Response(
        200,
        (
            *origin,
            ("Access-Control-Allow-Methods", _METHODS),
            ("Access-Control-Allow-Headers", ", ".join(names)),
            ("Access-Control-Max-Age", _MAX_AGE),
        ),
    )
