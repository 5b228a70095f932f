"""What holds no rows before and after goes in, what alters it in place comes out; None where it is
dropped and made again. PostgreSQL's texts are compared, so nothing is overlooked."""

import re
from collections.abc import Callable, Mapping

from passeplat.migrate.model import Fact
from passeplat.migrate.plan.alteration import Alteration, Step, change_options
from passeplat.migrate.plan.kinds import REPLACEABLE
from passeplat.migrate.split import items, parenthesis

_NAME = r'(?:"(?:[^"]|"")*"|[^\s.(;,"]+)'
_QUALIFIED = rf"{_NAME}(?:\.{_NAME})?"
_ATTACH = re.compile(
    rf"ALTER TABLE ONLY ({_QUALIFIED}) ATTACH PARTITION ({_QUALIFIED}) ", re.IGNORECASE
)
_PUBLISHED = re.compile(
    rf"(ALTER PUBLICATION {_NAME}) ADD (TABLE ONLY {_QUALIFIED}|TABLES IN SCHEMA {_NAME})"
)
_SUBSCRIPTION = re.compile(
    rf"CREATE SUBSCRIPTION ({_NAME}) CONNECTION ('(?:[^']|'')*') PUBLICATION (.*?)"
    r" WITH \(connect = false, (.*)\);",
    re.DOTALL,
)
_VERSION = re.compile(r" VERSION ('(?:[^']|'')*')")
_PUBLICATION_DEFAULTS = {
    "publish": "'insert, update, delete, truncate'",
    "publish_via_partition_root": "false",
    "publish_generated_columns": "none",
}


def alter(before: Fact, after: Fact) -> Alteration | None:
    if before.create == after.create:
        return Alteration()
    if after.kind in REPLACEABLE:
        return _replace(after)
    change = _CHANGES.get(after.kind)
    sql = change(before, after) if change else None
    return None if sql is None else Alteration(steps=(Step(sql),) if sql else ())


def drop(fact: Fact) -> tuple[str, ...]:
    """Also of what pg_dump has no word for."""
    if found := _ATTACH.match(fact.create):
        return (f"ALTER TABLE {found[1]} DETACH PARTITION {found[2]};",)
    if found := _PUBLISHED.match(fact.create):
        return (f"{found[1]} DROP {found[2]};",)
    if fact.kind == "SUBSCRIPTION":  # its slot is the publisher's, who may not be there
        alter_ = fact.drop.replace("DROP", "ALTER", 1).rstrip(";")
        return (f"{alter_} DISABLE;", f"{alter_} SET (slot_name = NONE);", fact.drop)
    return (fact.drop,) if fact.drop else ()


def _replace(after: Fact) -> Alteration | None:
    replaced = re.sub(
        rf"^CREATE (?:OR REPLACE )?(?={REPLACEABLE[after.kind]} )",
        "CREATE OR REPLACE ",
        after.create,
    )
    if not replaced.startswith("CREATE OR REPLACE"):
        return None
    return Alteration(steps=(Step(replaced),))


def _validate(before: Fact, after: Fact) -> str | None:
    if before.create.removesuffix(" NOT VALID;") != after.create.removesuffix(";"):
        return None
    return after.drop.replace(" DROP CONSTRAINT ", " VALIDATE CONSTRAINT ").replace(" ONLY ", " ")


def _foreign(before: Fact, after: Fact) -> str | None:
    """A server, wrapper or mapping: its options and version."""
    if _head(before) != _head(after):
        return None
    old, new = _VERSION.search(before.create), _VERSION.search(after.create)
    if old and not new:
        return None
    version = f" VERSION {new[1]}" if new and (not old or old[1] != new[1]) else ""
    options = change_options(_options(before), _options(after))
    name = re.sub(r"^DROP |IF EXISTS |;$", "", after.drop)
    return f"ALTER {name}{version}{' ' if options else ''}{options};" if version or options else ""


def _head(fact: Fact) -> str:
    """Without options and version."""
    return _VERSION.sub("", fact.create.partition(" OPTIONS (")[0].rstrip(";"))


def _options(fact: Fact) -> dict[str, str]:
    start = fact.create.find("OPTIONS (")
    place = parenthesis(fact.create, start) if start >= 0 else None
    if place is None:
        return {}
    pairs = (each.partition(" ") for each in items(fact.create[place[0] + 1 : place[1]]))
    return {name.strip('"'): value[1:-1].replace("''", "'") for name, _, value in pairs}


def _extension(_: Fact, after: Fact) -> str | None:
    schema = re.search(r" WITH SCHEMA (.*);", after.create)
    name = after.drop.removeprefix("DROP EXTENSION ").rstrip(";")
    return f"ALTER EXTENSION {name} SET SCHEMA {schema[1]};" if schema else None


def _publication(before: Fact, after: Fact) -> str | None:
    old, new = before.create.partition(" WITH ("), after.create.partition(" WITH (")
    if old[0] != new[0]:
        return None
    wanted = {**_PUBLICATION_DEFAULTS, **_settings(new[2])}
    known = {**_PUBLICATION_DEFAULTS, **_settings(old[2])}
    changed = ", ".join(f"{n} = {v}" for n, v in wanted.items() if known.get(n) != v)
    name = after.drop.removeprefix("DROP PUBLICATION ").rstrip(";")
    return f"ALTER PUBLICATION {name} SET ({changed});"


def _settings(text: str) -> Mapping[str, str]:
    pairs = (each.partition(" = ") for each in items(text.rstrip(";").removesuffix(")")))
    return {name.strip(): value for name, _, value in pairs}


def _subscription(before: Fact, after: Fact) -> str | None:
    old, new = _SUBSCRIPTION.match(before.create), _SUBSCRIPTION.match(after.create)
    if not old or not new:
        return None
    changes = []
    if old[2] != new[2]:
        changes.append(f"CONNECTION {new[2]}")
    if old[3] != new[3]:
        changes.append(f"SET PUBLICATION {new[3]} WITH (refresh = false)")
    if old[4] != new[4]:
        known, wanted = _settings(old[4]), _settings(new[4])
        if known.keys() - wanted.keys():
            return None
        changed = ", ".join(f"{n} = {v}" for n, v in wanted.items() if known.get(n) != v)
        changes.append(f"SET ({changed})")
    return "\n".join(f"ALTER SUBSCRIPTION {new[1]} {change};" for change in changes)


_CHANGES: Mapping[str, Callable[[Fact, Fact], str | None]] = {
    "FK CONSTRAINT": _validate,
    "SERVER": _foreign,
    "FOREIGN DATA WRAPPER": _foreign,
    "USER MAPPING": _foreign,
    "EXTENSION": _extension,
    "PUBLICATION": _publication,
    "SUBSCRIPTION": _subscription,
    "SCHEMA": lambda *_: "",
}
