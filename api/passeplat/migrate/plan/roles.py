"""Roles before and after go in; what comes before everything else, and what after, come out."""

from collections.abc import Iterator

from passeplat.migrate.model import Action, Identity, Membership, RoleFact, Roles
from passeplat.migrate.plan.alteration import as_mapping
from passeplat.names import literal, quote

_NOBODY = RoleFact("", "", (), None)
_LISTS = {"search_path", "session_preload_libraries", "local_preload_libraries", "temp_tablespaces"}


def come(before: Roles, after: Roles) -> Iterator[Action]:
    """Roles, what they may do, and whom they become."""
    for role in after.roles.values():
        old = before.roles.get(role.name)
        for sql in _change(old, role):
            yield Action(sql, _identity(role.name))
    kept = {(each.role, each.member): each for each in before.memberships}
    for each in sorted(after.memberships, key=lambda m: (m.role, m.member)):
        if kept.get((each.role, each.member)) != each:
            old_one = kept.get((each.role, each.member))
            yield Action(_grant(old_one, each), _identity(each.member))


def go(before: Roles, after: Roles) -> Iterator[Action]:
    wanted = {(each.role, each.member) for each in after.memberships}
    for each in sorted(before.memberships, key=lambda m: (m.role, m.member)):
        stays = {each.role, each.member} <= after.roles.keys()
        if (each.role, each.member) not in wanted and stays:
            yield Action(
                f"revoke {quote(each.role)} from {quote(each.member)};", _identity(each.member)
            )
    for name in before.roles:
        if name not in after.roles:
            yield Action(f"drop role {quote(name)};", _identity(name))


def _identity(name: str) -> Identity:
    return Identity("ROLE", "", name)


def _change(old: RoleFact | None, new: RoleFact) -> Iterator[str]:
    role = quote(new.name)
    known = old or _NOBODY
    if old is None:
        yield f"create role {role} {new.attributes};"
    elif old.attributes != new.attributes:
        yield f"alter role {role} {new.attributes};"
    before, after = as_mapping(known.settings), as_mapping(new.settings)
    for name in before:
        if name not in after:
            yield f"alter role {role} reset {name};"
    for name, value in after.items():
        if before.get(name) != value:
            yield f"alter role {role} set {name} to {_setting(name, value)};"
    if known.comment != new.comment:
        said = "null" if new.comment is None else literal(new.comment)
        yield f"comment on role {role} is {said};"


def _setting(name: str, value: str) -> str:
    """Lists are kept as text that is SQL already."""
    return value if name in _LISTS and value else literal(value)


def _grant(old: Membership | None, new: Membership) -> str:
    options = [("admin", new.admin), ("inherit", new.inherit), ("set", new.set)]
    if old is not None:
        known = {"admin": old.admin, "inherit": old.inherit, "set": old.set}
        options = [(name, value) for name, value in options if known[name] != value]
    else:
        usual = {"admin": False, "inherit": True, "set": True}
        options = [(name, value) for name, value in options if usual[name] != value]
    if old is not None and options == [("admin", False)]:
        return f"revoke admin option for {quote(new.role)} from {quote(new.member)};"
    given = ", ".join(f"{name} {'true' if value else 'false'}" for name, value in options)
    if options == [("admin", True)]:
        given = "admin option"
    return f"grant {quote(new.role)} to {quote(new.member)}{f' with {given}' if given else ''};"
