"""What is measured: the same task as a request to passeplat and PostgREST, and to a service written
by hand."""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import jwt

SECRET = "a secret that all the peers of the bench share"
ROLES = ("reader", "writer", "auditor")
TENANT = 7
VARIANTS = 400  # different requests of one workload, taken in turn

Headers = dict[str, str]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: str | None = None
    prefer: str | None = None
    role: str = ROLES[0]


@dataclass(frozen=True)
class Workload:
    name: str
    what: str
    ours: Callable[[int], Request]  # by the number of the variant
    theirs: Callable[[int], Request]

    def requests(self, *, by_hand: bool) -> list[Request]:
        make = self.theirs if by_hand else self.ours
        return [make(number) for number in range(VARIANTS)]


def token(role: str) -> str:
    claims = {"role": role, "tenant": TENANT, "sub": "42", "exp": int(time.time()) + 86400}
    return jwt.encode(claims, SECRET, algorithm="HS256")


def _key(number: int) -> int:
    """Of an item of the tenant."""
    return random.Random(number).randrange(10_000) * 10 + TENANT


def _event(number: int) -> dict[str, object]:
    return {"kind": f"kind {number % 7}", "payload": {"number": number, "note": "an event"}}


_COLUMNS = "id,name,data,done,price,owner_id,created_at"
_PAGE = f"/item?select={_COLUMNS}&order=id&limit=20"
_EMBEDS = "/item?select=id,name,done,owner:person(id,name),comments:comment(id,body)"


def _point(number: int, role: str = ROLES[0]) -> Request:
    return Request("GET", f"/item?select={_COLUMNS}&id=eq.{_key(number)}", role=role)


def _point_by_hand(number: int, role: str = ROLES[0]) -> Request:
    return Request("GET", f"/items/{_key(number)}", role=role)


def _bulk(number: int) -> str:
    return json.dumps([_event(number * 1000 + row) for row in range(1000)])


WORKLOADS = (
    Workload("point", "one row by its key", _point, _point_by_hand),
    Workload(
        "page",
        "twenty rows after a key, in order",
        lambda number: Request("GET", f"{_PAGE}&id=gt.{_key(number) // 2}"),
        lambda number: Request("GET", f"/items?after={_key(number) // 2}"),
    ),
    Workload(
        "embed",
        "twenty rows, each with its owner and its comments",
        lambda number: Request("GET", f"{_EMBEDS}&order=id&limit=20&id=gt.{_key(number) // 2}"),
        lambda number: Request("GET", f"/items/with-comments?after={_key(number) // 2}"),
    ),
    Workload(
        "count",
        "filtered, ordered, twenty rows and the exact number of all",
        lambda number: Request(
            "GET",
            f"/item?select={_COLUMNS}&done=is.false&price=gt.{90 + number % 9}"
            "&order=price.desc,id&limit=20",
            prefer="count=exact",
        ),
        lambda number: Request("GET", f"/items/expensive?price={90 + number % 9}"),
    ),
    Workload(
        "rpc",
        "a function of one argument",
        lambda number: Request("POST", "/rpc/total_price", f'{{"owner": {_key(number) % 1000}}}'),
        lambda number: Request("GET", f"/total-price?owner={_key(number) % 1000}"),
    ),
    Workload(
        "insert",
        "one row, returned",
        lambda number: Request(
            "POST", "/event", json.dumps(_event(number)), "return=representation", ROLES[1]
        ),
        lambda number: Request("POST", "/events", json.dumps(_event(number)), role=ROLES[1]),
    ),
    Workload(
        "update",
        "one row by its key, nothing returned",
        lambda number: Request(
            "PATCH", f"/item?id=eq.{_key(number)}", f'{{"price": {number}}}', role=ROLES[1]
        ),
        lambda number: Request(
            "PATCH", f"/items/{_key(number)}", f'{{"price": {number}}}', role=ROLES[1]
        ),
    ),
    Workload(
        "roles",
        "one row by its key, three roles in turn",
        lambda number: _point(number, ROLES[number % 3]),
        lambda number: _point_by_hand(number, ROLES[number % 3]),
    ),
    Workload(
        "bulk",
        "a thousand rows inserted",
        lambda number: Request("POST", "/event", _bulk(number), role=ROLES[1]),
        lambda number: Request("POST", "/events/bulk", _bulk(number), role=ROLES[1]),
    ),
)
