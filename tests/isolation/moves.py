"""What a client does next, and what only the right answer looks like: seeded, without I/O."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal, TypeAlias

import orjson
from tests.isolation.client import Answer, Request
from tests.isolation.soil import SOIL
from tests.isolation.world import User

Check: TypeAlias = Callable[[Answer], str | None]
"""What is wrong with an answer, if anything is."""

Manner: TypeAlias = Literal["wait", "half", "leave", "part"]
"""How the client behaves: waits for the answer, sends half the request, leaves before the answer
or after the beginning of it."""


@dataclass(frozen=True)
class Move:
    name: str
    request: Request
    check: Check
    manner: Manner = "wait"

    def __str__(self) -> str:
        headers = {**self.request.headers, "Authorization": "…"}
        body = self.request.body[:200].decode(errors="replace")
        return f"{self.name}: {self.request.method} {self.request.target} {headers} {body}"


@dataclass
class Player:
    """Makes the moves of one client."""

    number: int
    random: Random
    users: Sequence[User]
    written: list[tuple[User, str]] = field(default_factory=list)  # shared: what somebody wrote
    made: int = 0
    soiled: int = 0
    suspicious: bool = False  # the last move soiled a session: what is left of it?

    def next(self) -> Move:
        [make] = self.random.choices(list(MOVES), list(MOVES.values()))
        make = probe if self.suspicious else make
        self.suspicious = make in (soil, soil_and_fail, steal)
        return self.make(make)

    def make(self, make: "Make") -> Move:
        self.made += 1
        user = self.random.choice(self.users)
        nonce = f"{self.number}-{self.made}-{user.number}"
        move = make(self, user, nonce)
        headers = {
            "Authorization": f"Bearer {user.token}",
            "x-nonce": nonce,
            **move.request.headers,
        }
        return replace(move, request=replace(move.request, headers=headers))


def _rows(answer: Answer, status: int = 200) -> list[dict[str, Any]] | str:
    if answer.status != status or not isinstance(answer.json, list):
        return f"{answer.status} {answer.body[:300]!r}"
    return answer.json


def _is(expected: object, status: int = 200) -> Check:
    def check(answer: Answer) -> str | None:
        if answer.status == status and answer.json == expected:
            return None
        return f"{answer.status} {answer.body[:400]!r} and not {status} {expected!r}"

    return check


def _refused(status: int, code: str, message: str = "") -> Check:
    def check(answer: Answer) -> str | None:
        if (answer.status, answer.code) == (status, code) and message in answer.message:
            return None
        return f"{answer.status} {answer.body[:400]!r} and not {status} {code} {message}"

    return check


def _post(path: str, body: object, prefer: str | None = None, **headers: str) -> Request:
    sent = {"Content-Type": "application/json", **headers}
    if prefer is not None:
        sent["Prefer"] = prefer
    return Request("POST", path, sent, orjson.dumps(body))


def _seen(user: User, nonce: str, ids: Sequence[int]) -> list[dict[str, object]]:
    """The rows of api.seen that somebody gets who asks for these."""
    who = {"owner": user.name, "role": user.role, "asked_by": user.name, "asked_as": user.role}
    return [{"id": each, **who, "nonce": nonce} for each in ids]


# Reads


def read(_: Player, user: User, nonce: str) -> Move:
    return Move("read", Request("GET", "/seen?order=id"), _is(_seen(user, nonce, user.notes)))


def read_one(player: Player, user: User, nonce: str) -> Move:
    """Perhaps somebody else's."""
    wanted = player.random.choice(player.random.choice([user, *player.users]).notes)
    found = [wanted] if wanted in user.notes else []
    request = Request("GET", f"/seen?id=eq.{wanted}")
    return Move("read one", request, _is(_seen(user, nonce, found)))


def count(_: Player, user: User, __: str) -> Move:
    def check(answer: Answer) -> str | None:
        found = answer.headers.get("content-range")
        return None if found == f"0-{last}/{last + 1}" else f"{answer.status} {found}"

    last = len(user.notes) - 1
    return Move("count", Request("HEAD", "/notes", {"Prefer": "count=exact"}), check)


def embed(_: Player, user: User, __: str) -> Move:
    who = {"owner": user.name, "role": user.role}
    rows = [
        {"id": each, **who, "lines": [{"id": each * 10 + n, **who} for n in (0, 1)]}
        for each in user.notes
    ]
    target = "/notes?select=*,lines(id,owner,role)&order=id&lines.order=id"
    return Move("embed", Request("GET", target), _is(rows))


def csv(_: Player, user: User, nonce: str) -> Move:
    def check(answer: Answer) -> str | None:
        return None if answer.body.decode() == expected else f"{answer.status} {answer.body!r}"

    lines = (f"{each},{user.name},{nonce}" for each in user.notes)
    expected = "\n".join(("id,asked_by,nonce", *lines))
    request = Request("GET", "/seen?select=id,asked_by,nonce&order=id", {"Accept": "text/csv"})
    return Move("csv", request, check)


def _whoami(user: User, nonce: str, method: str, path: str) -> Check:
    return _is(
        {
            "sub": user.name,
            "role": user.role,
            "nonce": nonce,
            "method": method,
            "path": path,
            "notes": user.notes,
        }
    )


def whoami(_: Player, user: User, nonce: str) -> Move:
    check = _whoami(user, nonce, "GET", "/rpc/whoami")
    return Move("whoami", Request("GET", "/rpc/whoami"), check)


def whoami_now(player: Player, user: User, nonce: str) -> Move:
    """In a transaction that may write, perhaps of another isolation or rolled back."""
    name = player.random.choice(["whoami_now", "isolated"])
    prefer = player.random.choice([None, "tx=rollback", "timezone=Asia/Tokyo", "max-affected=1"])
    check = _whoami(user, nonce, "POST", f"/rpc/{name}")
    return Move("whoami now", _post(f"/rpc/{name}", {}, prefer), check)


def probe(_: Player, user: User, nonce: str) -> Move:
    expected = {"left": [], "sub": user.name, "role": user.role, "nonce": nonce}
    return Move("probe", _post("/rpc/probe", {}), _is(expected))


def spy(player: Player, user: User, __: str) -> Move:
    """At what another client wrote."""
    if not player.written:
        return read(player, user, __)
    author, nonce = player.random.choice(player.written[-200:])
    check = _pair(user, nonce) if author == user else _is([])
    return Move("spy", Request("GET", f"/writes?nonce=eq.{nonce}&order=half"), check)


# Writes


def _pair(user: User, nonce: str) -> Check:
    def check(answer: Answer) -> str | None:
        rows = _rows(answer, answer.status if answer.status in (200, 201) else 200)
        if isinstance(rows, str):
            return rows
        found = {(row["nonce"], row["owner"], row["role"]) for row in rows}
        gone = not rows  # deleted by one of the user's other requests
        fine = gone or (len(rows) == 2 and found == {(nonce, user.name, user.role)})
        return None if fine else str(rows)

    return check


def write(player: Player, user: User, nonce: str) -> Move:
    """Two rows or none."""
    rows = [{"nonce": nonce, "half": half} for half in (1, 2)]
    player.written.append((user, nonce))
    request = _post("/writes", rows, "return=representation")
    return Move("write", request, _pair(user, nonce))


def write_and_roll_back(_: Player, user: User, nonce: str) -> Move:
    rows = [{"nonce": nonce, "half": 1}]
    request = _post("/writes", rows, "return=representation, tx=rollback")
    who = {"owner": user.name, "role": user.role}
    return Move("rolled back", request, _is([{**rows[0], **who, "changes": 0}], 201))


def write_half(_: Player, __: User, nonce: str) -> Move:
    """The second row is refused, and with it the first."""
    rows = [{"nonce": nonce, "half": half} for half in (1, 77)]
    return Move("write half", _post("/writes", rows), _refused(400, "23514"))


def write_for_another(player: Player, user: User, nonce: str) -> Move:
    other = player.random.choice([each for each in player.users if each != user])
    rows = [{"nonce": nonce, "half": 1, "owner": other.name, "role": other.role}]
    return Move("write for another", _post("/writes", rows), _refused(403, "42501"))


def change(player: Player, user: User, _: str) -> Move:
    """Perhaps what somebody else wrote."""

    def check(answer: Answer) -> str | None:
        rows = _rows(answer)
        if isinstance(rows, str):
            return rows
        strange = [row for row in rows if (row["owner"], row["role"]) != (user.name, user.role)]
        return str(strange) if strange else None

    headers = {"Content-Type": "application/json", "Prefer": "return=representation"}
    _, nonce = player.random.choice(player.written[-50:] or [(user, "none")])
    target = f"/writes?nonce=eq.{nonce}"
    return Move("change", Request("PATCH", target, headers, b'{"changes": 1}'), check)


def change_too_many(_: Player, user: User, __: str) -> Move:
    """The verdict comes after the rows and rolls them back."""
    headers = {
        "Content-Type": "application/json",
        "Prefer": "return=representation",
        "Accept": "application/vnd.pgrst.object+json",
    }

    def check(answer: Answer) -> str | None:
        fine = answer.status == 406 and answer.code == "PGRST116"
        alone = answer.status == 200 and answer.json.get("owner") == user.name
        return None if fine or alone else f"{answer.status} {answer.body[:300]!r}"

    return Move(
        "too many", Request("PATCH", "/writes?half=eq.1", headers, b'{"changes": 2}'), check
    )


def remove(player: Player, user: User, _: str) -> Move:
    def check(answer: Answer) -> str | None:
        rows = _rows(answer)
        if isinstance(rows, str):
            return rows
        mine = author == user and len(rows) in (0, 2)
        return None if mine or not rows else str(rows)

    author, nonce = player.random.choice(player.written or [(user, "none")])
    headers = {"Prefer": "return=representation"}
    return Move("remove", Request("DELETE", f"/writes?nonce=eq.{nonce}", headers), check)


# Failures


def bad_cast(_: Player, __: User, nonce: str) -> Move:
    return Move("bad cast", Request("GET", f"/seen?id=eq.{nonce}x"), _refused(400, "22P02", nonce))


def denied(_: Player, __: User, ___: str) -> Move:
    return Move("denied", Request("GET", "/nobodys"), _refused(403, "42501", "nobodys"))


def unknown(_: Player, __: User, nonce: str) -> Move:
    return Move("unknown", Request("GET", f"/t{nonce}"), _refused(404, "PGRST205", nonce))


def late(_: Player, __: User, ___: str) -> Move:
    return Move("late", _post("/rpc/nap", {"seconds": 0.3}), _refused(500, "57014", "timeout"))


def stranger(_: Player, __: User, ___: str) -> Move:
    request = Request("GET", "/seen", {"Authorization": "Bearer a.b.c"})
    return Move("stranger", request, _refused(401, "PGRST301"))


# Hostility


def _soiled(answer: Answer) -> str | None:
    """It did as it was told, or PostgreSQL refused."""
    refused = answer.status in (400, 403, 404, 405, 500) and answer.code != "XX000"
    fine = answer.json == "done" or (refused and answer.code)
    return None if fine else f"{answer.status} {answer.body[:300]!r}"


def _dirt(player: Player) -> str:
    other = player.random.choice(player.users)
    player.soiled += 1
    text = SOIL[(player.number * 17 + player.soiled) % len(SOIL)]
    return (
        text.replace("{role}", other.role)
        .replace("{user}", other.name)
        .replace("{number}", str(player.random.randrange(10**9)))
    )


def soil(player: Player, _: User, __: str) -> Move:
    name = player.random.choice(["run", "run", "run", "peek"])
    prefer = player.random.choice([None, None, "tx=rollback"])
    return Move("soil", _post(f"/rpc/{name}", {"statement": _dirt(player)}, prefer), _soiled)


def soil_and_fail(player: Player, _: User, nonce: str) -> Move:
    def check(answer: Answer) -> str | None:
        own = f"fails for {nonce}" in answer.message
        return None if own and answer.status == 400 else _soiled(answer)

    request = _post("/rpc/run_and_fail", {"statement": _dirt(player)})
    return Move("soil and fail", request, check)


def steal(_: Player, __: User, ___: str) -> Move:
    return Move("steal", _post("/rpc/steal", {}), _soiled)


# Departures


def _nothing(_: Answer) -> None:
    return None


def leave(player: Player, user: User, nonce: str) -> Move:
    """Before the answer, of whatever it is."""
    seconds = player.random.choice([0.01, 0.05, 0.3])
    doze = Move("doze", _post("/rpc/doze", {"seconds": seconds}), _nothing)
    make = player.random.choice([read, write, soil, soil_and_fail, embed])
    move = doze if player.random.random() < 0.3 else make(player, user, nonce)
    return replace(move, name=f"leave {move.name}", manner="leave")


def send_half(player: Player, user: User, nonce: str) -> Move:
    move = player.random.choice([write, read])(player, user, nonce)
    return replace(move, name=f"half {move.name}", manner="half")


def read_part(_: Player, __: User, ___: str) -> Move:
    return Move("part", Request("GET", "/rpc/big?size=200000"), _nothing, "part")


def big(player: Player, user: User, _: str) -> Move:
    size = player.random.randrange(1, 20_000)
    return Move("big", Request("GET", f"/rpc/big?size={size}"), _is(f"{user.name};" * size))


Make: TypeAlias = Callable[[Player, User, str], Move]

MOVES: dict[Make, float] = {
    read: 20,
    read_one: 14,
    count: 4,
    embed: 5,
    csv: 2,
    whoami: 6,
    whoami_now: 5,
    probe: 4,
    spy: 5,
    write: 5,
    write_and_roll_back: 1,
    write_half: 1,
    write_for_another: 1,
    change: 2,
    change_too_many: 1,
    remove: 3,
    bad_cast: 2,
    denied: 1,
    unknown: 0.5,
    late: 0.5,
    stranger: 0.5,
    soil: 8,
    soil_and_fail: 3,
    steal: 0.3,
    leave: 2,
    send_half: 0.6,
    read_part: 0.2,
    big: 0.6,
}
"""And how often each is made."""
