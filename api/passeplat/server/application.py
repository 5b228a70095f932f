"""The Starlette application: what maps HTTP to the REST interface, and has room for more."""

from starlette.applications import Starlette
from starlette.routing import Mount

from passeplat.server.app import rest


def application() -> Starlette:
    made = Starlette(routes=[Mount("", app=rest)])
    made.router.default = rest  # a target that is no path, such as `*`, is told so by us as well
    return made
