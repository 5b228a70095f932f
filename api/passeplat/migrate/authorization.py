"""Two snapshots go in, the facts by which more or fewer may see or do something come out.

Of what was there before and stays: what comes with its grants and policies changes nothing for
anybody, and what goes takes its own along.
"""

import re
from collections.abc import Iterator

from passeplat.migrate.allowance import mark
from passeplat.migrate.compare import differences
from passeplat.migrate.model import Difference, Fact, Hazard, Identity, Migration, Snapshot, Step

_ABOUT_OTHERS = {"ACL", "POLICY", "ROW SECURITY"}
_ALWAYS = {"DEFAULT ACL"}
_ATTRIBUTES = {
    "VIEW": re.compile(r"\bsecurity_(?:invoker|barrier)\s*=\s*'?\w+", re.IGNORECASE),
    "FUNCTION": re.compile(r"\bSECURITY DEFINER\b"),
    "PROCEDURE": re.compile(r"\bSECURITY DEFINER\b"),
    "TABLE": re.compile(r"\bFORCE ROW LEVEL SECURITY\b"),
}
_OF_A_TABLE = re.compile(r"row level security|owner to", re.IGNORECASE)
_OWNER = re.compile(r"^-- owner: .*", re.MULTILINE)


def authorizations(before: Snapshot, after: Snapshot) -> frozenset[Identity]:
    return frozenset(
        each.identity for each in differences(before, after) if _is_one(each, before, after)
    )


def mark_authorizations(migration: Migration, before: Snapshot, after: Snapshot) -> Migration:
    """The steps by which that happens get the hazard AUTHZ_UPDATE."""
    found = authorizations(before, after) if any(map(_is_made, before.facts)) else frozenset()

    def is_one(step: Step) -> bool:
        identity = step.identity
        if identity.kind == "ROLE":
            return identity.name in before.roles.roles
        says_so = identity.kind != "TABLE" or _OF_A_TABLE.search(step.sql) is not None
        return identity in found and says_so

    return mark(migration, Hazard.AUTHZ_UPDATE, is_one)


def _is_made(identity: Identity) -> bool:
    """Not there in every database."""
    return bool(identity.schema) or identity.name.removeprefix("SCHEMA ") != "public"


def _is_one(difference: Difference, before: Snapshot, after: Snapshot) -> bool:
    identity = difference.identity
    if identity.kind in _ALWAYS:
        return True
    if identity.kind in _ABOUT_OTHERS:
        return _is_about_what_stays(identity, before, after)
    if difference.before is None or difference.after is None:
        return False
    pattern = _ATTRIBUTES.get(identity.kind)
    old, new = difference.before, difference.after
    is_other_owner = _OWNER.findall(old) != _OWNER.findall(new)
    return is_other_owner or bool(pattern and pattern.findall(old) != pattern.findall(new))


def _is_about_what_stays(identity: Identity, before: Snapshot, after: Snapshot) -> bool:
    here, there = (after, before) if identity in after.facts else (before, after)
    return any(
        need.identity in there.facts
        for need in _needs(here.facts[identity], here)
        if need.kind not in {"SCHEMA", "FUNCTION", "TYPE"} or identity.kind == "ACL"
    )


def _needs(fact: Fact, snapshot: Snapshot) -> Iterator[Fact]:
    for id_ in fact.needs:
        if found := snapshot.by_id.get(id_):
            yield found
