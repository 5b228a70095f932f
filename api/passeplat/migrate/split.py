"""SQL text goes in, its tokens and statements with their places come out.

PostgreSQL parses the rest. What ends a statement is a semicolon outside quotes, dollar quotes,
comments, parentheses and the body (`begin atomic … end`) of a routine.
https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from passeplat.migrate.model import Statement

_TOKEN = re.compile(
    r"""
      (?P<blank> \s++ | --[^\n]*+ )
    | (?P<comment> /\* )
    | (?P<quoted>
          e'(?:[^'\\]|\\.|'')*+(?:'|\Z)
        | '(?:[^']|'')*+(?:'|\Z)
        | "(?:[^"]|"")*+(?:"|\Z)
        | \$(?P<tag>(?:[^\W\d]\w*+)?)\$.*?(?:\$(?P=tag)\$|\Z)
      )
    | (?P<word> [^\W\d][\w$]*+ )
    | (?P<other> \d[\w.]*+ | \$\d++ | . )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_ROUTINE = re.compile(r"create (?:or replace )?(?:function|procedure) ")
_LONGEST_HEAD = 5  # words of `create or replace function x`


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # quoted, word or other; blank and comment for what means nothing
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def is_blank(self) -> bool:
        return self.kind in {"blank", "comment"}


def tokenize(sql: str) -> Iterator[Token]:
    """Every character is in one token; what is not closed reaches to the end."""
    at = 0
    while found := _TOKEN.match(sql, at):
        kind = found.lastgroup or "other"
        at = _comment_end(sql, found.end()) if kind == "comment" else found.end()
        yield Token(kind, sql[found.start() : at], found.start())


def split(sql: str) -> tuple[Statement, ...]:
    return tuple(_statements(sql))


def essence(sql: str) -> str:
    """The text without what means nothing: layout and comments."""
    return " ".join(token.text for token in tokenize(sql) if not token.is_blank)


def items(sql: str) -> tuple[str, ...]:
    """What commas separate, unless they are in parentheses or quotes."""
    found, depth = [""], 0
    for token in tokenize(sql):
        depth += _turn(token.text)
        if token.text == "," and depth == 0:
            found.append("")
        else:
            found[-1] += token.text
    return tuple(item.strip() for item in found)


def parenthesis(sql: str, start: int = 0) -> tuple[int, int] | None:
    """Where the first parenthesis from `start` on opens and closes."""
    opened, depth = None, 0
    for token in tokenize(sql[start:]):
        turn = _turn(token.text)
        depth += turn
        if turn == 1 and opened is None:
            opened = start + token.start
        if turn == -1 and depth == 0 and opened is not None:
            return opened, start + token.start
    return None


def _statements(sql: str) -> Iterator[Statement]:
    reading = _Reading()
    for token in tokenize(sql):
        if not token.is_blank:
            reading.take(token)
            if token.text == ";" and reading.is_outside:
                yield Statement(sql[reading.start : token.end], reading.start)
                reading = _Reading()
    if reading.start >= 0:
        yield Statement(sql[reading.start :].rstrip(), reading.start)


@dataclass(slots=True)
class _Reading:
    """How deep inside a statement we are."""

    start: int = -1
    parentheses: int = 0
    blocks: int = 0
    head: list[str] = field(default_factory=list)
    previous: str = ""

    @property
    def is_outside(self) -> bool:
        return self.parentheses <= 0 and self.blocks == 0

    def take(self, token: Token) -> None:
        if self.start < 0:
            self.start = token.start
        self.parentheses += _turn(token.text)
        word = token.text.lower()
        if token.kind == "word":
            if len(self.head) < _LONGEST_HEAD:
                self.head.append(word)
            if self.previous not in {".", "as"}:  # there any keyword is a name
                self.blocks = max(0, self.blocks + self._block(word))
        self.previous = word

    def _block(self, word: str) -> int:
        """Only routines have bodies that are not quoted: elsewhere `begin` starts a transaction."""
        if not _ROUTINE.match(" ".join(self.head)):
            return 0
        if word == "atomic" and self.previous == "begin":
            return 1
        return {"case": 1, "end": -1}.get(word, 0) if self.blocks else 0


def _turn(text: str) -> int:
    return {"(": 1, ")": -1}.get(text, 0)


def _comment_end(sql: str, at: int) -> int:
    """Comments nest."""
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(sql, at)):
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return len(sql) if depth else at
