"""A database and the exposed schemas go in, what of row level security is open comes out.

What is meant to be so is accepted where it is made, with a reason:

    -- @accept table_without_row_security app.countries: the same for everybody
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from passeplat.migrate.database import Connection
from passeplat.migrate.model import Sources, SqlFile
from passeplat.migrate.record import query
from passeplat.migrate.split import tokenize

_ACCEPT = re.compile(r"-- *@accept +(?P<rule>\w+) +(?P<subject>[^:]+?) *: *(?P<why>\S.*)")
_BEGIN = re.compile(r"-- *@accept\b")


@dataclass(frozen=True, slots=True)
class Rule:
    why: str
    remedy: str


RULES = {
    "table_without_row_security": Rule(
        "whoever was granted it sees the rows of every tenant",
        "alter table … enable row level security, and a policy",
    ),
    "foreign_table_exposed": Rule(
        "a foreign table has no row level security: whoever was granted it sees every row",
        "grant it to nobody, and show it through a function that checks",
    ),
    "view_without_security_invoker": Rule(
        "it reads a table with row level security as its owner, so the caller's policies do not"
        " apply",
        "create view … with (security_invoker = true)",
    ),
    "materialized_view_exposed": Rule(
        "it holds rows that policies guard in the table they come from, and shows them to"
        " everybody who was granted it",
        "grant it to nobody, and show it through a view with a condition",
    ),
    "policy_without_row_security": Rule(
        "policies do nothing until row level security is on",
        "alter table … enable row level security",
    ),
    "policy_without_check": Rule(
        "it says which rows are seen; which may be written is only implied by it, and changes when"
        " somebody widens what is seen",
        "write `with check (…)`",
    ),
    "policy_lets_everything_through": Rule(
        "`true` lets every role it is for write every row",
        "compare with who asks, or drop the policy and the privilege",
    ),
    "security_definer_without_search_path": Rule(
        "it runs with its owner's rights, and whoever calls it chooses by their search_path what"
        " its names mean",
        "create function … security definer set search_path = ''",
    ),
    "security_definer_for_everyone": Rule(
        "it runs with its owner's rights past all policies, and PostgreSQL lets everybody call a"
        " new function",
        "revoke execute on function … from public, and grant it to whom it is for",
    ),
}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    rule: str
    subject: str  # "v1.todos", "own_rows on app.todos"


@dataclass(frozen=True, slots=True, order=True)
class Acceptance:
    finding: Finding
    path: str
    line: int


async def lint(connection: Connection, schemas: Sequence[str]) -> tuple[Finding, ...]:
    rows = await connection.fetch(query("lint"), list(schemas))
    return tuple(Finding(row["rule"], row["subject"]) for row in rows)


def open_findings(
    found: Iterable[Finding], acceptances: Iterable[Acceptance]
) -> tuple[Finding, ...]:
    accepted = {each.finding for each in acceptances}
    return tuple(each for each in found if each not in accepted)


def needless(found: Iterable[Finding], acceptances: Iterable[Acceptance]) -> tuple[Acceptance, ...]:
    """What is accepted and is not there: it would hide the next of its kind."""
    there = set(found)
    return tuple(each for each in acceptances if each.finding not in there)


def acceptances(sources: Sources) -> tuple[Acceptance, ...]:
    return tuple(each for file in sources.units for each in _accepted(file))


def malformed(sources: Sources) -> Iterator[str]:
    """`path:line` of what means to accept and does not."""
    for file in sources.units:
        for start, text in _comments(file):
            found = _ACCEPT.fullmatch(text.strip())
            if _BEGIN.match(text) and (found is None or found["rule"] not in RULES):
                yield f"{file.path}:{_line(file, start)}"


def render_finding(finding: Finding) -> Iterator[str]:
    rule = RULES[finding.rule]
    yield f"{finding.rule}  {finding.subject}"
    yield f"  why: {rule.why}"
    yield f"  do:  {rule.remedy}"


def _accepted(file: SqlFile) -> Iterator[Acceptance]:
    for start, text in _comments(file):
        if found := _ACCEPT.fullmatch(text.strip()):
            finding = Finding(found["rule"], found["subject"])
            yield Acceptance(finding, file.path, _line(file, start))


def _comments(file: SqlFile) -> Iterator[tuple[int, str]]:
    for token in tokenize(file.text):
        if token.is_blank and token.text.startswith("--"):
            yield token.start, token.text


def _line(file: SqlFile, start: int) -> int:
    return file.text.count("\n", 0, start) + 1
