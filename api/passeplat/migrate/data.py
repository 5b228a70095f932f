"""SQL files go in, the data steps that their comments hold come out.

What rows need when the schema changes is no part of the final state, so it is a comment: a mark and
the commented lines below it. It becomes part of the next migration, and of none after that.

    -- @after
    -- update app.todos set priority = 'normal' where priority is null;
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from passeplat.errors import PasseplatError
from passeplat.migrate.model import Identity, Sources, SqlFile, Step
from passeplat.migrate.split import essence, is_empty, split

_BLOCK = re.compile(r"^-- *@(before|after) *\n((?:--.*(?:\n|\Z))*)", re.MULTILINE)
_LINE = re.compile(r"^-- ?", re.MULTILINE)
_MARK = re.compile(r"^-- *@(?:before|after) +([0-9a-f]{12})\b", re.MULTILINE)
_DIGEST = 6  # bytes
# Whom policies hide rows from gets an error, rather than a step that leaves those rows out.
_ALL_ROWS = "set local row_security = off;"
KIND = "DATA"


class When(Enum):
    BEFORE = "before"
    AFTER = "after"


class NothingToDo(PasseplatError):
    """A mark without a statement below it."""


@dataclass(frozen=True, slots=True)
class DataStep:
    when: When
    sql: str
    path: str
    line: int  # of the mark

    @property
    def digest(self) -> str:
        """Of what it does, wherever it stands."""
        return hashlib.blake2b(essence(self.sql).encode(), digest_size=_DIGEST).hexdigest()

    @property
    def step(self) -> Step:
        mark = f"-- @{self.when.value} {self.digest} {self.path}"
        sql = f"{mark}\n{_ALL_ROWS}\n{self.sql}"
        return Step(sql, Identity(KIND, "", f"{self.path}:{self.line}"))


def pending_steps(sources: Sources) -> tuple[DataStep, ...]:
    """Those that no migration has yet. Raises NothingToDo."""
    done = {digest for file in sources.migrations for digest in _MARK.findall(file.text)}
    found = (step for file in sources.units for step in _steps(file))
    return tuple(step for step in found if step.digest not in done)


def steps_of(steps: Iterable[DataStep], when: When) -> tuple[Step, ...]:
    return tuple(each.step for each in steps if each.when is when)


def _steps(file: SqlFile) -> Iterator[DataStep]:
    for found in _BLOCK.finditer(file.text.replace("\r\n", "\n")):
        sql = _LINE.sub("", found[2]).strip()
        line = file.text.count("\n", 0, found.start()) + 1
        if is_empty(sql):
            raise NothingToDo(
                f"{file.path}:{line}: below `-- @{found[1]}` belongs what to do, as a comment:"
                " `-- update … set …;`"
            )
        text = sql if split(sql)[-1].text.endswith(";") else f"{sql};"
        yield DataStep(When(found[1]), text, file.path, line)
