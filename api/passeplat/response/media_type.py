"""Media types as Content-Type prints them."""

from passeplat.request.model import MediaType

_UTF8 = frozenset(
    {
        "application/json",
        "application/geo+json",
        "application/openapi+json",
        "application/vnd.oai.openapi+json",
        "application/vnd.pgrst.array+json",
        "application/vnd.pgrst.object+json",
        "application/vnd.pgrst.plan+json",
        "application/vnd.pgrst.plan+text",
        "text/csv",
        "text/plain",
        "text/xml",
    }
)


def content_type(media_type: MediaType) -> str:
    """With the charset where the type is text of ours; not for what a handler made."""
    separator = "; " if media_type.name.startswith("application/vnd.pgrst.plan") else ";"
    parameters = "".join(f"{separator}{key}={value}" for key, value in media_type.parameters)
    charset = "; charset=utf-8" if media_type.name in _UTF8 else ""
    return media_type.name + parameters + charset
