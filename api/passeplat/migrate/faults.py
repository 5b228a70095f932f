"""PostgreSQL's error and the file it came from go in, a Fault with its place comes out."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

import asyncpg

from passeplat.errors import PasseplatError
from passeplat.migrate.model import Fault, SqlFile, Statement
from passeplat.migrate.split import essence, split, tokenize

_IN_DO_BLOCK = re.compile(r"function inline_code_block line (\d+)")
_MISSING = {"42P01", "42883", "42704", "3F000", "42P02"}  # a relation, function, type or schema
_CREATES = re.compile(
    r"create (?:or replace )?(?:[a-z]+ )*?"
    r"(?:table|view|function|procedure|aggregate|type|domain|schema|sequence|operator)"
    r" (?:if not exists )?([^\s(;]+(?: \. [^\s(;]+)*)",
    re.IGNORECASE,
)
_NAME = re.compile(r'[^\s"(),;]+')
_LONGEST_EXCERPT = 160
_MOST_PATHS = 3


class SqlFailed(PasseplatError):
    """SQL files that do not load; its text says where and why."""

    def __init__(self, faults: Sequence[Fault], waiting: Sequence[str] = ()) -> None:
        super().__init__("\n".join(render_faults(faults, waiting)))


def locate(file: SqlFile, statement: Statement, error: asyncpg.PostgresError) -> Fault:
    """The fault of a statement that was run by itself."""
    offset, is_exact = _offset(statement, error)
    line, column, excerpt = _place(file.text, offset)
    return Fault(
        path=file.path,
        line=line,
        column=column if is_exact else None,
        excerpt=excerpt,
        message=error.args[0] if error.args else type(error).__name__,
        sqlstate=error.sqlstate or "XX000",
        detail=error.detail,
        hint=error.hint or _our_hint(statement, error),
    )


def fault_at(file: SqlFile, offset: int, message: str) -> Fault:
    """A fault that we found ourselves."""
    line, _, excerpt = _place(file.text, offset)
    return Fault(file.path, line, None, excerpt, message, "P0001")


def roots(
    faults: Sequence[Fault], files: Mapping[str, SqlFile]
) -> tuple[tuple[Fault, ...], tuple[str, ...]]:
    """The faults that are not just another's consequence, and the paths of those that are."""
    creates = {path: frozenset(created_names(file.text)) for path, file in files.items()}
    awaited = {fault.path: _awaited(fault, creates) for fault in faults}
    causes = {path for path, other in awaited.items() if other is None} or _circle(awaited)
    return (
        tuple(fault for fault in faults if fault.path in causes),
        tuple(fault.path for fault in faults if fault.path not in causes),
    )


def created_names(sql: str) -> Iterator[str]:
    """As messages name them: `app.todos`."""
    for statement in split(sql):
        if found := _CREATES.match(essence(statement.text)):
            yield found[1].replace(" . ", ".").replace('"', "")


def render_faults(faults: Sequence[Fault], waiting: Sequence[str] = ()) -> Iterator[str]:
    """Lines for a terminal."""
    for fault in faults:
        yield from render_fault(fault)
    if waiting:
        yield _waiting(waiting, "this is" if len(faults) == 1 else "these are")


def _waiting(paths: Sequence[str], those: str) -> str:
    shown = ", ".join(paths) if len(paths) <= _MOST_PATHS else f"{len(paths)} more files"
    return f"{shown}: waiting until {those} right"


def render_fault(fault: Fault) -> Iterator[str]:
    place = f"{fault.path}:{fault.line}" + (f":{fault.column}" if fault.column else "")
    yield f"{place}: {fault.message}"
    shown = fault.excerpt[:_LONGEST_EXCERPT]
    yield f"{fault.line:5} | {shown}"
    if fault.column and fault.column <= len(shown) + 1:
        yield f"{'':5} | {_blank(shown[: fault.column - 1])}^"
    for name, text in (("detail", fault.detail), ("hint", fault.hint)):
        if text:
            yield f"{'':7} {name}: {text}"


def _offset(statement: Statement, error: asyncpg.PostgresError) -> tuple[int, bool]:
    """In the file; and whether it is the very place or just the line."""
    if error.position:
        return statement.start + int(error.position) - 1, True
    in_block = _IN_DO_BLOCK.findall(error.context or "")
    body = next((t for t in tokenize(statement.text) if t.text.startswith("$")), None)
    if in_block and body is not None:
        return statement.start + body.start + _line_start(body.text, int(in_block[-1])), False
    return statement.start, False


def _line_start(text: str, line: int) -> int:
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    return starts[min(line, len(starts)) - 1]


def _place(text: str, offset: int) -> tuple[int, int, str]:
    """Line, column and the line's text."""
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    line = bisect_right(starts, min(offset, len(text)))
    start = starts[line - 1]
    return line, offset - start + 1, text[start:].partition("\n")[0].rstrip("\r")


def _blank(text: str) -> str:
    """As wide as the text, tabs included."""
    return re.sub(r"[^\t]", " ", text)


def _our_hint(statement: Statement, error: asyncpg.PostgresError) -> str | None:
    if statement.text.startswith("\\") and isinstance(error, asyncpg.PostgresSyntaxError):
        return "Backslash commands are psql's: files are read as SQL"
    return None


def _awaited(fault: Fault, creates: Mapping[str, frozenset[str]]) -> str | None:
    """The faulty file that would create what is missing here."""
    if fault.sqlstate not in _MISSING:
        return None
    mentioned = set(_NAME.findall(fault.message))
    return next((p for p, names in creates.items() if p != fault.path and mentioned & names), None)


def _circle(awaited: Mapping[str, str | None]) -> set[str]:
    """Files that wait for each other: where one arrives who follows the arrows long enough."""
    path: str | None = next(iter(awaited), None)
    for _ in awaited:
        path = awaited[path] if path is not None else None
    circle: set[str] = set()
    while path is not None and path not in circle:
        circle.add(path)
        path = awaited[path]
    return circle
