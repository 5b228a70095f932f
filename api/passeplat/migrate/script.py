"""A migration file goes in, its header and sections come out; a proved migration becomes a file.

    -- @from 5c1f…    the fingerprint of the schema it begins with
    -- @to 90ab…      and of the one it ends with
    -- @hazards …     what it does that may hurt
    -- @allow …       which of these were allowed when it was written
    -- @proof …       what was seen

    -- @transaction       what follows is committed together
    -- @no-transaction    what follows is committed statement by statement

A file without a header is written by hand: one transaction, unless it says otherwise.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from passeplat.migrate.faults import SqlFailed, fault_at
from passeplat.migrate.model import Hazard, Migration, Phase, SqlFile, Statement
from passeplat.migrate.split import split, tokenize

_MARK = re.compile(r"-- *@([a-z-]+)(?: +(.*?))?\s*")
_FROM = re.compile(r"^-- *@from ", re.MULTILINE)
_SECTIONS = {"transaction": True, "no-transaction": False}
# pg_dump qualifies every name, and a routine's body may name what is made after it.
_SETTINGS = "set local search_path = '';\nset local check_function_bodies = off;"


@dataclass(frozen=True, slots=True)
class Header:
    source: str  # fingerprints
    target: str
    hazards: frozenset[Hazard] = frozenset()
    allowed: frozenset[Hazard] = frozenset()
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    transactional: bool
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Script:
    file: SqlFile
    header: Header | None  # None: written by hand
    sections: tuple[Section, ...]

    @property
    def name(self) -> str:
        return name_of(self.file)

    @property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(each for section in self.sections for each in section.statements)

    @property
    def size(self) -> int:
        return len(self.statements)


@dataclass(frozen=True, slots=True)
class _Mark:
    word: str
    value: str
    start: int


def name_of(file: SqlFile) -> str:
    return file.path.rpartition("/")[2].removesuffix(".sql")


def is_proved(file: SqlFile) -> bool:
    """Whether it has a header."""
    return _FROM.search(file.text) is not None


def read_script(file: SqlFile) -> Script:
    """Raises SqlFailed: a header that cannot be understood, or an index that could not be found
    again after a crash."""
    marks = tuple(_marks(file.text))
    script = Script(file, _header(file, marks), tuple(_sections(file, marks)))
    _refuse_nameless_indexes(script)
    return script


def render_script(migration: Migration, name: str, header: Header) -> str:
    """The text of its file."""
    top = (
        f"-- {name}: made by `passeplat diff`. Review it and commit it as it is: it was proved so.",
        f"-- @from {header.source}",
        f"-- @to {header.target}",
        *_listed("hazards", header.hazards),
        *_listed("allow", header.allowed),
        f"-- @proof {header.proof}",
    )
    return "\n".join(top) + "\n\n" + "\n".join(_phases(migration.phases))


def _listed(word: str, hazards: Iterable[Hazard]) -> Iterator[str]:
    if names := sorted(hazard.value for hazard in hazards):
        yield f"-- @{word} {' '.join(names)}"


def _phases(phases: Iterable[Phase]) -> Iterator[str]:
    for phase in phases:
        yield "-- @transaction" if phase.transactional else "-- @no-transaction"
        if phase.transactional:
            yield _SETTINGS
        yield "\n" + "\n\n".join(step.sql.strip() for step in phase.steps) + "\n"


def _marks(text: str) -> Iterator[_Mark]:
    for token in tokenize(text):
        if token.is_blank and (found := _MARK.fullmatch(token.text)):
            yield _Mark(found[1], found[2] or "", token.start)


def _header(file: SqlFile, marks: Iterable[_Mark]) -> Header | None:
    first = {mark.word: mark for mark in reversed(tuple(marks))}
    if "from" not in first and "to" not in first:
        return None
    for word in ("from", "to"):
        if word not in first:
            raise SqlFailed((fault_at(file, 0, f"The header has no line `-- @{word} …`"),))
    return Header(
        first["from"].value,
        first["to"].value,
        _hazards(file, first.get("hazards")),
        _hazards(file, first.get("allow")),
        first["proof"].value if "proof" in first else "",
    )


def _hazards(file: SqlFile, mark: _Mark | None) -> frozenset[Hazard]:
    if mark is None:
        return frozenset()
    words = mark.value.replace(",", " ").split()
    unknown = [word for word in words if word not in Hazard.__members__]
    if unknown:
        raise SqlFailed((fault_at(file, mark.start, f"{unknown[0]} is no hazard"),))
    return frozenset(map(Hazard, words))


def _sections(file: SqlFile, marks: Iterable[_Mark]) -> Iterator[Section]:
    edges = [(0, True)]
    edges += [(mark.start, _SECTIONS[mark.word]) for mark in marks if mark.word in _SECTIONS]
    statements = split(file.text)
    for number, (start, transactional) in enumerate(edges):
        end = edges[number + 1][0] if number + 1 < len(edges) else len(file.text)
        within = tuple(each for each in statements if start <= each.start < end)
        if within:
            yield Section(transactional, within)


def _refuse_nameless_indexes(script: Script) -> None:
    nameless = re.compile(r"create\s+(unique\s+)?index\s+concurrently\s+on\s", re.IGNORECASE)
    for section in script.sections:
        for statement in section.statements:
            if not section.transactional and nameless.match(statement.text):
                message = "An index without a name could not be found again after a crash: name it"
                raise SqlFailed((fault_at(script.file, statement.start, message),))
