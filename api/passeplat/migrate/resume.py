"""A statement that runs outside of a transaction goes in; whether it has been done comes out.

A process that is killed leaves no word of the statement it was at. What PostgreSQL knows of it
tells: an index that was made has a valid entry in the catalogue, one that was left half made an
invalid one, which is dropped. A statement that is not listed here is run again, and must bear that.
"""

import re
from collections.abc import Awaitable, Callable, Iterator

from passeplat.migrate.database import Connection
from passeplat.migrate.model import Statement
from passeplat.migrate.split import tokenize

_NAME = r'((?:[^\s"]|"(?:[^"]|"")*")+)'
_CREATE = re.compile(
    rf"create (?:unique )?index concurrently (?:if not exists )?{_NAME} on (?:only )?{_NAME} ",
    re.IGNORECASE,
)
_DROP = re.compile(rf"drop index concurrently (?:if exists )?{_NAME} ?;?$", re.IGNORECASE)
_DETACH = re.compile(
    rf"alter table (?:if exists )?{_NAME} detach partition {_NAME} concurrently ?;?$",
    re.IGNORECASE,
)
_INDEX = """
select index_class.oid::regclass::text as name, pg_index.indisvalid as is_valid
from pg_index
join pg_class as index_class on index_class.oid = pg_index.indexrelid
where pg_index.indrelid = to_regclass($1) and index_class.relname = (parse_ident($2))[1]
"""
_DETACHING = """
select pg_inherits.inhdetachpending
from pg_inherits
where pg_inherits.inhparent = to_regclass($1) and pg_inherits.inhrelid = to_regclass($2)
"""


async def is_done(connection: Connection, statement: Statement) -> bool:
    """What was left half done is cleared away, or completed."""
    text = " ".join(_words(statement.text))
    for pattern, find_out in _KNOWN.items():
        if found := pattern.match(text):
            return await find_out(connection, *found.groups())
    return False


async def _is_made(connection: Connection, index: str, table: str) -> bool:
    found = await connection.fetchrow(_INDEX, table, index)
    if found is not None and not found["is_valid"]:
        await connection.execute(f"drop index concurrently {found['name']}")
        return False
    return found is not None


async def _is_dropped(connection: Connection, index: str) -> bool:
    return await connection.fetchval("select to_regclass($1) is null", index) is True


async def _is_detached(connection: Connection, table: str, partition: str) -> bool:
    found = await connection.fetchrow(_DETACHING, table, partition)
    if found is None:
        return True
    if found["inhdetachpending"]:
        await connection.execute(f"alter table {table} detach partition {partition} finalize")
        return True
    return False


def _words(sql: str) -> Iterator[str]:
    """Names in one piece: `a . b` is `a.b`."""
    word = ""
    for token in tokenize(sql):
        if token.is_blank:
            if word and not word.endswith("."):
                yield word
                word = ""
        elif token.text == "." or word.endswith("."):
            word += token.text
        else:
            if word:
                yield word
            word = token.text
    if word:
        yield word


_FindOut = Callable[..., Awaitable[bool]]
_KNOWN: dict[re.Pattern[str], _FindOut] = {
    _CREATE: _is_made,
    _DROP: _is_dropped,
    _DETACH: _is_detached,
}
