"""A copy of a schema goes in and gets a few rows; what they are before and after a change comes
out.

Kept is what both schemas have: the number of a table's rows, and the values of a column that has
the same type in both.
"""

from collections.abc import Iterator, Mapping, Sequence

from passeplat.migrate.database import Connection
from passeplat.migrate.model import Loss, Obstacle, Snapshot
from passeplat.migrate.record import query
from passeplat.names import QualifiedName, literal, quote, quote_qualified

Kept = Mapping[QualifiedName, Sequence[str]]  # columns by table
Rows = Mapping[QualifiedName, tuple[object, ...]]  # a count, and a digest a column


async def sample(connection: Connection) -> None:
    await connection.execute(query("sample_rows"))


def kept_by(before: Snapshot, after: Snapshot, losses: Sequence[Loss]) -> Kept:
    lost = {(loss.table, loss.column) for loss in losses}
    return {
        name: tuple(_kept_columns(name, before, after, lost))
        for name, table in before.tables.items()
        if name in after.tables
        and (name, None) not in lost
        and table.kind == "r"
        and after.tables[name].kind == "r"
    }


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
