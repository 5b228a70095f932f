"""The address of the API as the document tells it."""

import pytest

from passeplat.config import Config
from passeplat.response.openapi_server import location


def proxied(uri: str) -> dict[str, object]:
    return location(Config(openapi_server_proxy_uri=uri))


@pytest.mark.proves("OA-1")
@pytest.mark.parametrize("host", ["*", "*4", "!4", "*6", "!6"])
def test_every_interface_is_written_as_one_address(host: str) -> None:
    assert location(Config(server_host=host, server_port=3000)) == {
        "host": "0.0.0.0:3000",
        "basePath": "/",
        "schemes": ["http"],
    }


def test_a_named_host_is_told_with_its_port() -> None:
    found = location(Config(server_host="api.internal", server_port=8080))
    assert found["host"] == "api.internal:8080"


def test_a_port_chosen_at_start_is_not_told() -> None:
    assert "host" not in location(Config(server_port=0))


def test_an_address_the_format_cannot_write_is_not_told() -> None:
    assert "host" not in location(Config(server_host="::1"))


@pytest.mark.proves("OA-1", "openapi-server-proxy-uri")
def test_a_proxy_is_where_the_api_is() -> None:
    assert proxied("https://example.com:8443/api") == {
        "host": "example.com:8443",
        "basePath": "/api",
        "schemes": ["https"],
    }


@pytest.mark.parametrize(
    ("uri", "host"),
    [("https://example.com", "example.com:443"), ("http://example.com/", "example.com:80")],
)
def test_the_port_of_a_proxy_follows_from_its_scheme(uri: str, host: str) -> None:
    assert proxied(uri)["host"] == host


def test_a_proxy_without_path_serves_the_root() -> None:
    assert proxied("https://example.com")["basePath"] == "/"


def test_a_proxy_at_an_address_the_format_cannot_write_keeps_its_path() -> None:
    assert proxied("https://[::1]:8443/api") == {"basePath": "/api", "schemes": ["https"]}
