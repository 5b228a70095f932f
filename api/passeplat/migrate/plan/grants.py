"""Grants, default privileges and comments: their text before and after go in, what leads from the
one to the other comes out.

pg_dump writes grants as changes of what PostgreSQL gives anyway, so each line is undone by its
opposite.
"""

import re
from collections.abc import Iterator

from passeplat.migrate.model import Fact

_LINE = re.compile(
    r"(?P<prefix>ALTER DEFAULT PRIVILEGES .*?)?(?P<verb>GRANT|REVOKE) (?P<what>.*)"
    r' (?:TO|FROM) (?P<who>"(?:[^"]|"")*"|[^\s"]+)(?: WITH GRANT OPTION)?(?: GRANTED BY .*)?;'
)
_COMMENT = re.compile(r"""COMMENT ON (?:[^"']|"(?:[^"]|"")*")*? IS (?=')""")


def change_grants(before: Fact | None, after: Fact | None) -> str:
    """The statements. After an undone line all of `after` follow: privileges overlap."""
    old = _lines(before)
    new = _lines(after)
    undone = [undo(line) for line in reversed(old) if line not in new]
    return "\n".join((*undone, *(line for line in new if undone or line not in old)))


def undo_grants(fact: Fact) -> str:
    return change_grants(fact, None)


def undo(line: str) -> str:
    found = _LINE.fullmatch(line)
    if found is None:
        return ""
    prefix, what, who = found["prefix"] or "", found["what"], found["who"]
    if found["verb"] == "GRANT":
        return f"{prefix}REVOKE {what} FROM {who};"
    return f"{prefix}GRANT {what} TO {who};"


def is_undone(before: Fact, after: Fact | None) -> bool:
    """Whether something is taken away, which takes the same from columns too."""
    return bool(set(_lines(before)) - set(_lines(after)))


def remove_comment(fact: Fact) -> str:
    found = _COMMENT.match(fact.create)
    return f"{found[0]}NULL;" if found else ""


def _lines(fact: Fact | None) -> list[str]:
    return list(_statements(fact)) if fact else []


def _statements(fact: Fact) -> Iterator[str]:
    yield from (line for line in fact.create.splitlines() if line.strip())
