"""Roles before and after go in; what comes before everything else, and what after, come out."""

from collections.abc import Iterator
from typing import TypeAlias

from passeplat.migrate.model import Action, Identity, RoleFact, Roles
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
    known = before.members
    for (role_, member), wanted in sorted(after.members.items()):
        old_options = known.get((role_, member))
        if old_options != wanted:
            yield Action(_grant(role_, member, old_options, wanted), _identity(member))


def grants(roles: Roles) -> Iterator[str]:
    """Every membership as it is, its grantor included; those of grantors who could first."""
    for each in sorted(roles.memberships, key=lambda m: (not m.admin, m.role, m.member)):
        options = _options((False, True, True), (each.admin, each.inherit, each.set))
        by = f" granted by {quote(each.grantor)}" if each.grantor else ""
        yield f"grant {quote(each.role)} to {quote(each.member)}{options}{by};"


def go(before: Roles, after: Roles) -> Iterator[Action]:
    wanted = after.members
    for each in sorted(before.memberships, key=lambda m: (m.role, m.member, m.grantor or "")):
        stays = {each.role, each.member} <= after.roles.keys()
        by = f" granted by {quote(each.grantor)}" if each.grantor else ""
        revoke = f"revoke {quote(each.role)} from {quote(each.member)}{by}"
        if (each.role, each.member) not in wanted and stays:
            yield Action(f"{revoke};", _identity(each.member), (f"{revoke} cascade;",))
        elif each.grantor and each.grantor not in after.roles and stays:
            options = _options((False, True, True), wanted[each.role, each.member])
            again = f"grant {quote(each.role)} to {quote(each.member)}{options};"
            yield Action(f"{revoke} cascade;\n{again}", _identity(each.member))
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


_Options: TypeAlias = tuple[bool, bool, bool]  # admin, inherit, set


def _grant(role: str, member: str, old: _Options | None, new: _Options) -> str:
    if old is not None and old[0] and not new[0] and old[1:] == new[1:]:
        return f"revoke admin option for {quote(role)} from {quote(member)};"
    options = _options(old or (False, True, True), new)
    return f"grant {quote(role)} to {quote(member)}{options};"


def _options(old: _Options, new: _Options) -> str:
    """What is different; as every version knows it, if it is the right to grant on."""
    changed = [
        (name, after)
        for name, before, after in zip(("admin", "inherit", "set"), old, new, strict=True)
        if before != after
    ]
    if changed == [("admin", True)]:
        return " with admin option"
    given = ", ".join(f"{name} {'true' if value else 'false'}" for name, value in changed)
    return f" with {given}" if given else ""
