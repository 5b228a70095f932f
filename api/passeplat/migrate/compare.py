"""Two snapshots go in, what they do not share comes out; what means the same counts as the same.

The normal form of a fact is its text in pg_dump, without the order of a table's columns (which only
a rebuilt table could change) and of grants, and without what PostgreSQL notes for itself.
"""

import re
from collections.abc import Iterator
from difflib import unified_diff

from passeplat.migrate.model import Difference, Fact, Identity, Obstacle, Snapshot
from passeplat.migrate.split import items, parenthesis
from passeplat.migrate.words import describe
from passeplat.names import QualifiedName

_TABLES = {"TABLE", "FOREIGN TABLE"}
_GRANTS = {"ACL", "DEFAULT ACL"}
# `alter table … alter column … set (pg_attver=…)`: since 15.20, and no option anybody can set
_NOTE = re.compile(r"(?<=[(,\s])pg_\w+='?[^,')]*'?(?:, )?")
_NO_OPTIONS = re.compile(r"^ALTER TABLE ONLY .* SET \(\s*\);\n?", re.MULTILINE)


def differences(before: Snapshot, after: Snapshot) -> tuple[Difference, ...]:
    """In the order of what is there afterwards; what is gone last."""
    return tuple(_differences(before, after))


def same(left: Snapshot, right: Snapshot) -> bool:
    """Also in the order of columns."""
    return not differences(left, right) and [*_orders(left)] == [*_orders(right)]


def normal(fact: Fact) -> str:
    return f"{_normal_text(fact)}\n-- owner: {fact.owner}"


def render_difference(difference: Difference) -> Iterator[str]:
    """Lines as of `diff -u`, without context."""
    before = (difference.before or "").splitlines()
    after = (difference.after or "").splitlines()
    for line in list(unified_diff(before, after, n=0, lineterm=""))[2:]:
        if not line.startswith("@@"):
            yield line


def reordered(before: Snapshot, after: Snapshot) -> Iterator[Obstacle]:
    """Where the order of columns does matter: to routines that return a table's rows."""
    for name, table in after.tables.items():
        found = before.tables.get(name)
        if found is None or list(found.columns) == list(table.columns):
            continue
        fact = after.facts.get(Identity("TABLE", name.schema, name.name))
        for routine in after.dependents.get(fact.id, ()) if fact else ():
            if re.search(rf"\bRETURNS (?:SETOF )?{re.escape(_shown(fact))}\s", routine.create):
                yield Obstacle(
                    describe(routine.identity),
                    f"it returns rows of {name}, whose columns would be in another order than in"
                    " its file: a new column goes last",
                )


def _orders(snapshot: Snapshot) -> Iterator[tuple[QualifiedName, tuple[str, ...]]]:
    for name in sorted(snapshot.tables):
        yield name, tuple(snapshot.tables[name].columns)


def _differences(before: Snapshot, after: Snapshot) -> Iterator[Difference]:
    for identity, fact in after.facts.items():
        former = before.facts.get(identity)
        if former and (former.create, former.owner) == (fact.create, fact.owner):
            continue  # nearly always: a normal form takes time
        old, new = None if former is None else normal(former), normal(fact)
        if old != new:
            yield Difference(identity, old, new)
    for identity, fact in before.facts.items():
        if identity not in after.facts:
            yield Difference(identity, normal(fact), None)


def _normal_text(fact: Fact) -> str:
    if fact.kind in _TABLES:
        return _without_notes(_sorted_columns(fact.create))
    if fact.kind in _GRANTS:
        return "\n".join(sorted(fact.create.splitlines(), key=_revokes_first))
    return fact.create


def _sorted_columns(create: str) -> str:
    place = parenthesis(create)
    if place is None:
        return create
    opened, closed = place
    columns = sorted(items(create[opened + 1 : closed]))
    return create[: opened + 1] + "\n  " + ",\n  ".join(columns) + "\n" + create[closed:]


def _without_notes(text: str) -> str:
    if "SET (pg_" not in text and ", pg_" not in text:
        return text
    return _NO_OPTIONS.sub("", _NOTE.sub("", text)).strip()


def _revokes_first(line: str) -> tuple[bool, str]:
    return "REVOKE" not in line, line


def _shown(fact: Fact | None) -> str:
    """The table's name as pg_dump writes it."""
    return fact.drop.removeprefix("DROP TABLE ").rstrip(";") if fact else ""
