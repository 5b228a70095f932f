"""What can be embedded into the rows of a relation, as text for people: Markdown out.

Only what a request can ask for: of several ways to a relation, those that a hint tells apart.
"""

from collections.abc import Iterable

from passeplat.response.openapi31.model import Api, Resource
from passeplat.schema_cache.model import Relationship

_HEAD = "Related rows come along where `select` names them:"


def embeds(resource: Resource, api: Api) -> str:
    """ "" if there is nothing to embed."""
    known = api.cache.relationships.get((resource.table.name, api.schema), ())
    rivals = [each for each in known if isinstance(each, Relationship)]
    lines = [
        f"- `{embed}(*)`: {_meaning(each)}"
        for each in sorted(api.embeddable(resource), key=_order)
        if (embed := _asked(each, [other for other in rivals if _same_target(each, other)]))
    ]
    return "\n".join((_HEAD, "", *lines)) if lines else ""


def _order(relationship: Relationship) -> tuple[bool, str, str]:
    return not relationship.to_one, relationship.foreign_table.name, relationship.constraint


def _same_target(one: Relationship, other: Relationship) -> bool:
    return one.foreign_table == other.foreign_table


def _asked(relationship: Relationship, rivals: list[Relationship]) -> str:
    """How `select` asks for it, "" if it cannot."""
    target = relationship.foreign_table.name
    if relationship.is_self:
        return _asked_of_itself(relationship, rivals)
    if len(rivals) == 1:
        return target
    hints = _hints(relationship)
    return next((f"{target}!{hint}" for hint in hints if _is_only(hint, rivals)), "")


def _asked_of_itself(relationship: Relationship, rivals: list[Relationship]) -> str:
    """The parts by the name of the relation, the whole by the column that leads to it."""
    if relationship.to_one:
        return relationship.columns[0][0] if len(relationship.columns) == 1 else ""
    several = sum(not each.to_one for each in rivals) > 1
    return "" if several else relationship.foreign_table.name


def _is_only(hint: str, rivals: Iterable[Relationship]) -> bool:
    return sum(hint in _hints(each) for each in rivals) == 1


def _hints(relationship: Relationship) -> tuple[str, ...]:
    if relationship.junction is not None:
        return (relationship.junction.table.name,)
    if len(relationship.columns) == 1:
        return (*relationship.columns[0], relationship.constraint)
    return (relationship.constraint,)


def _meaning(relationship: Relationship) -> str:
    if relationship.to_one:
        return f"the one of {_names(relationship.columns, 0)}"
    if relationship.junction is not None:
        return f"all, by way of `{relationship.junction.table.name}`"
    return f"all whose {_names(relationship.columns, 1)} is this row"


def _names(pairs: Iterable[tuple[str, str]], side: int) -> str:
    return ", ".join(f"`{pair[side]}`" for pair in pairs)
