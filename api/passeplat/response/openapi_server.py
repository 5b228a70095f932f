"""Where clients find the API: the proxy's URI or our own address, as OpenAPI 2.0 writes it."""

from urllib.parse import urlsplit

from passeplat.config import Config
from passeplat.response.openapi_schema import Json

# Every interface, in the ways `server-host` can say it.
_ANY_INTERFACE = frozenset({"*", "*4", "!4", "*6", "!6"})
_PORTS = {"http": 80, "https": 443}


def location(config: Config) -> Json:
    """`host` is left out where it cannot be told: it is then the one the document came from."""
    if config.openapi_server_proxy_uri is not None:
        return _proxy(config.openapi_server_proxy_uri)
    return {**_own_host(config), "basePath": "/", "schemes": ["http"]}


def _proxy(uri: str) -> Json:
    parts = urlsplit(uri)
    _, _, port = parts.netloc.partition(":")
    return {
        **_host(parts.netloc if port else f"{parts.netloc}:{_PORTS[parts.scheme]}"),
        "basePath": parts.path or "/",
        "schemes": [parts.scheme],
    }


def _own_host(config: Config) -> Json:
    if config.server_port == 0:  # chosen at start
        return {}
    host = "0.0.0.0" if config.server_host in _ANY_INTERFACE else config.server_host  # noqa: S104
    return _host(f"{host}:{config.server_port}")


def _host(host: str) -> Json:
    return {} if host.count(":") > 1 else {"host": host}  # the format knows no IPv6
