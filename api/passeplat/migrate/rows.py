"""A copy of a schema goes in and gets a few rows; what they are before and after a change comes
out.

Kept is what both schemas have: the number of a table's rows, and the values of a column that has
the same type in both.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from passeplat.migrate.database import Connection
from passeplat.migrate.model import Change, Obstacle, Snapshot
from passeplat.migrate.record import query
from passeplat.names import QualifiedName, literal, quote, quote_qualified

Kept = Mapping[QualifiedName, Sequence[str]]  # columns by table
_FAR_REACHING = {"TYPE", "DOMAIN", "COLLATION", "EXTENSION", "STATEMENT"}
Rows = Mapping[QualifiedName, tuple[object, ...]]  # a count, and a digest a column


async def sample(connection: Connection, kept: Kept) -> None:
    names = [quote_qualified(name) for name in kept]
    await connection.execute("select set_config('passeplat.tables', $1, true)", json.dumps(names))
    await connection.execute(query("sample_rows"))


def kept_by(change: Change, before: Snapshot, after: Snapshot) -> Kept:
    """Of the tables that the change has to do with."""
    lost = {(loss.table, loss.column) for loss in change.losses}
    return {
        name: tuple(_kept_columns(name, before, after, lost))
        for name in sorted(_touched(change, before, after))
        if name in before.tables.keys() & after.tables.keys()
        and (name, None) not in lost
        and before.tables[name].kind == "r" == after.tables[name].kind
    }


def _touched(change: Change, before: Snapshot, after: Snapshot) -> set[QualifiedName]:
    identities = {action.identity for action in change.actions}
    if any(each.kind in _FAR_REACHING for each in identities):
        return set(before.tables)
    facts = [s.facts[each] for s in (before, after) for each in identities if each in s.facts]
    needed = [s.by_id[n] for s in (before, after) for f in facts for n in f.needs if n in s.by_id]
    return {fact.relation for fact in (*facts, *needed) if fact.kind == "TABLE"}


async def read_rows(connection: Connection, kept: Kept) -> Rows:
    if not kept:
        return {}
    texts = (_select(name, columns) for name, columns in kept.items())
    found = await connection.fetch("\nunion all\n".join(texts))
    return {QualifiedName(row[0], row[1]): (row[2], *row[3]) for row in found}


def lost_rows(kept: Kept, before: Rows, after: Rows) -> Iterator[Obstacle]:
    for name, (count, *digests) in before.items():
        now, *others = after[name]
        if count != now:
            yield Obstacle(f"table {name}", f"of {count} sample rows it would keep {now}")
            continue
        for column, old, new in zip(kept[name], digests, others, strict=True):
            if old != new:
                yield Obstacle(f"column {name}.{column}", "its values would change")


def _kept_columns(
    name: QualifiedName,
    before: Snapshot,
    after: Snapshot,
    lost: set[tuple[QualifiedName, str | None]],
) -> Iterator[str]:
    for column in before.tables[name].columns.values():
        target = after.tables[name].columns.get(column.name)
        is_kept = target is not None and target.type == column.type
        if is_kept and not column.generated and (name, column.name) not in lost:
            yield column.name


def _select(name: QualifiedName, columns: Sequence[str]) -> str:
    digests = ", ".join(map(_digest, columns))
    return (
        f"select {literal(name.schema)}, {literal(name.name)}, count(*), array[{digests}]::text[]"
        f" from only {quote_qualified(name)}"
    )


def _digest(column: str) -> str:
    text = f"{quote(column)}::text"
    return f"""md5(string_agg(coalesce({text}, '~'), ',' order by {text} collate "C"))"""
