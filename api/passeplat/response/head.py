"""Status and headers of an answer, apart from what each request says anew in Content-Location."""

from dataclasses import dataclass, replace

from passeplat.config import Config
from passeplat.plan.model import Plan
from passeplat.query.model import Result
from passeplat.response.model import Headers, Response
from passeplat.response.render import render

Counted = tuple[int, int | None, int | None, int | None]
"""All that a head depends on besides the plan."""

_LOCATION = "Content-Location"
_SOME_BODY = b"some"


@dataclass(frozen=True, slots=True)
class Head:
    status: int
    before: Headers
    location: str | None  # what comes before the query string; None: no such header
    after: Headers
    has_body: bool

    def response(self, canonical: str, body: bytes) -> Response:
        return Response(self.status, self.headers(canonical), body if self.has_body else b"")

    def headers(self, canonical: str) -> Headers:
        located = () if self.location is None else ((_LOCATION, self.location + canonical),)
        return (*self.before, *located, *self.after)


def counted(result: Result) -> Counted | None:
    """None where SQL had a say in the head, or rows are still to be counted."""
    if not result.is_counted:
        return None
    if result.response_headers or result.response_status or result.location:
        return None
    return result.page_total, result.table_total, result.planned_total, result.inserted


def render_head(plan: Plan, result: Result, config: Config) -> Head:
    """Raises what render raises."""
    rendered = render(plan, replace(result, body=_SOME_BODY), config)
    names = [name for name, _ in rendered.headers]
    has_body = rendered.body == _SOME_BODY
    if _LOCATION not in names:
        return Head(rendered.status, rendered.headers, None, (), has_body)
    position = names.index(_LOCATION)
    location = rendered.headers[position][1].removesuffix(plan.request.query.canonical)
    return Head(
        rendered.status,
        rendered.headers[:position],
        location,
        rendered.headers[position + 1 :],
        has_body,
    )
