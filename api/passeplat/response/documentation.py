"""The page that documents a schema to people: a path in, one HTML document with all it needs out.

It is the same for everybody and tells nothing: what it shows it asks for as the user of the browser
does, with the token that was entered there. Its policy lets it ask this server and nobody else, and
run no script but its own: https://www.w3.org/TR/CSP3/
"""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from passeplat.response.model import Headers, Response

_SOURCES = files("passeplat.response").joinpath("page")
_SCRIPTS = ("1_elements.js", "2_api.js", "3_try.js", "4_page.js")


def _read(name: str) -> str:
    return _SOURCES.joinpath(name).read_text("utf-8")


_STYLE = _read("page.css")
_SCRIPT = "\n".join(map(_read, _SCRIPTS))
_PAGE = _read("page.html").replace("{{style}}", _STYLE).replace("{{script}}", _SCRIPT).encode()


def _source(text: str) -> str:
    """How a policy names an element by what is in it."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src {_source(_SCRIPT)}",
        f"style-src {_source(_STYLE)}",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
_HEADERS: Headers = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", _POLICY),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-cache"),
    ("Vary", "Accept"),
)


def render_page(raw_path: bytes) -> Response:
    """Its addresses are relative, so `/v1` becomes `/v1/` first."""
    if raw_path.endswith(b"/"):
        return Response(200, _HEADERS, _PAGE)
    name = raw_path.rpartition(b"/")[2].decode("ascii", "replace")
    return Response(307, (("Location", f"./{name}/"), ("Vary", "Accept")))
