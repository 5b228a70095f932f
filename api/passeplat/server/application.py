"""The Starlette application: what maps HTTP to the REST interface, and has room for more."""

from starlette.applications import Starlette
from starlette.routing import Mount

from passeplat.server.app import rest


def application() -> Starlette:
    return Starlette(routes=[Mount("", app=rest)])
