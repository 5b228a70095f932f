"""A snapshot and who should have taken it go in, what they would have seen comes out.

Files are loaded into a throw-away server by its superuser; a database has an owner and a server
with roles that are none of the files' business.
"""

import re
from dataclasses import replace

from passeplat.migrate.fingerprint import word
from passeplat.migrate.model import Fact, Roles, Snapshot
from passeplat.names import quote

_NAMES_ROLES = {"ACL", "DEFAULT ACL"}
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def seen_by(user: str, snapshot: Snapshot) -> Snapshot:
    """What the looker owns is this user's."""
    if snapshot.user == user:
        return snapshot
    owned = {id_: _owned_by(user, fact, snapshot.user) for id_, fact in snapshot.by_id.items()}
    return replace(
        snapshot,
        facts={fact.identity: fact for fact in owned.values()},
        by_id=owned,
        by_catalogue_id={place: owned[fact.id] for place, fact in snapshot.by_catalogue_id.items()},
        user=user,
    )


def beside(server: Snapshot, files: Snapshot) -> Snapshot:
    """The files' schema on that server: as its user, and with the roles that only it knows."""
    known = set(files.roles.roles) - {files.user}
    others = {name: role for name, role in server.roles.roles.items() if name not in known}
    roles = {name: role for name, role in files.roles.roles.items() if name in known}
    memberships = {each for each in files.roles.memberships if {each.role, each.member} <= known}
    theirs = {e for e in server.roles.memberships if not {e.role, e.member} <= known}
    merged = Roles(roles | others, frozenset(memberships | theirs))
    return replace(seen_by(server.user, files), roles=merged)


def like(before: Snapshot, result: Snapshot, superuser: str) -> Snapshot:
    """A copy of `before` that is on a throw-away server, without what that adds to the roles."""
    ours = {before.user, superuser}
    roles = {name: role for name, role in result.roles.roles.items() if name not in ours}
    theirs = {name: role for name, role in before.roles.roles.items() if name in ours}
    return replace(result, roles=Roles(roles | theirs, result.roles.memberships))


def _owned_by(user: str, fact: Fact, looker: str) -> Fact:
    owner = user if fact.owner == looker else fact.owner
    if fact.identity.owner == looker:
        fact = replace(fact, identity=replace(fact.identity, owner=user))
    if fact.kind not in _NAMES_ROLES:
        return replace(fact, owner=owner)
    name = user if _PLAIN.fullmatch(user) else quote(user)  # as pg_dump writes it
    return replace(fact, owner=owner, create=word(looker).sub(lambda _: name, fact.create))
