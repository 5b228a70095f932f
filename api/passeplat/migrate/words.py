"""Facts and their differences go in, the words people know them by come out."""

from collections.abc import Iterator, Sequence

from passeplat.migrate.model import Difference, Identity, Snapshot

# What belongs to a table or view and is named after it: "todos touch".
_OWNED = {
    "TRIGGER": "trigger",
    "POLICY": "policy",
    "RULE": "rule",
    "CONSTRAINT": "constraint",
    "FK CONSTRAINT": "foreign key",
    "CHECK CONSTRAINT": "check",
    "DEFAULT": "default",
}
_ABOUT = {"ACL": "grants on", "COMMENT": "comment on", "SECURITY LABEL": "security label on"}
_PARTS = {*_OWNED, *_ABOUT, "INDEX", "ROW SECURITY", "STATISTICS", "SEQUENCE OWNED BY"}
_SCHEMALESS = {"SCHEMA", "EXTENSION", "LANGUAGE", "PUBLICATION", "SERVER", "DATABASE"}
_MOST = 6


def describe(identity: Identity) -> str:
    """`view v1.todos`, `policy self on app.users`, `grants on function v1.search(text)`"""
    kind, schema, name = identity.kind, identity.schema, identity.name
    if kind in _OWNED:
        table, _, part = name.partition(" ")
        return f"{_OWNED[kind]} {part} on {_qualified(schema, table)}"
    if kind in _ABOUT:
        what, _, subject = name.partition(" ")
        shown = subject if what in _SCHEMALESS else _qualified(schema, subject)
        return f"{_ABOUT[kind]} {what.lower()} {shown}"
    if kind == "ROW SECURITY":
        return f"row level security on {_qualified(schema, name)}"
    if kind == "DEFAULT ACL":
        where = f" in {schema}" if schema else ""
        return f"default privileges on {name.rpartition(' ')[2].lower()}{where}"
    return f"{kind.lower()} {_qualified(schema, name)}"


def summarize(
    found: Sequence[Difference], before: Snapshot, after: Snapshot, roles: Sequence[str] = ()
) -> str:
    """One line of what is different: `added view v1.x; changed policy p on app.todos`."""
    lines = [*(f"changed role {role}" for role in roles), *_changes(found, before, after)]
    more = len(lines) - _MOST
    return "; ".join(lines[:_MOST]) + (f"; and {more} more" if more > 0 else "")


def _changes(found: Sequence[Difference], before: Snapshot, after: Snapshot) -> Iterator[str]:
    new = {each.identity for each in found if each.before is None}
    gone = {each.identity for each in found if each.after is None}
    for verb, identities, snapshot in (
        ("added", new, after),
        ("changed", {each.identity for each in found} - new - gone, None),
        ("dropped", gone, before),
    ):
        for each in found:
            if each.identity in identities and not _is_part(each.identity, identities, snapshot):
                yield f"{verb} {describe(each.identity)}{_columns(each.identity, before, after)}"


def _is_part(identity: Identity, whole: set[Identity], snapshot: Snapshot | None) -> bool:
    """What came or went together with what it belongs to is not worth a word."""
    if snapshot is None or identity.kind not in _PARTS:
        return False
    needs = (snapshot.by_id.get(need) for need in snapshot.facts[identity].needs)
    return any(need is not None and need.identity in whole for need in needs)


def _columns(identity: Identity, before: Snapshot, after: Snapshot) -> str:
    if identity.kind != "TABLE" or not {identity} <= before.facts.keys() & after.facts.keys():
        return ""
    relation = after.facts[identity].relation
    old, new = before.tables[relation].columns, after.tables[relation].columns
    added = [f"+{name}" for name in new if name not in old]
    dropped = [f"-{name}" for name in old if name not in new]
    changed = [name for name in new if name in old and old[name] != new[name]]
    shown = ", ".join((*added, *dropped, *changed))
    return f" ({shown})" if shown else ""


def _qualified(schema: str, name: str) -> str:
    return f"{schema}.{name}" if schema else name
