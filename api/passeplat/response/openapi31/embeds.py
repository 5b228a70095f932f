"""What can be embedded into the rows of a relation, as text for people: Markdown out."""

from collections import Counter
from collections.abc import Iterable

from passeplat.response.openapi31.model import Api, Resource
from passeplat.schema_cache.model import Relationship

_HEAD = "Related rows come along where `select` names them:"


def embeds(resource: Resource, api: Api) -> str:
    """ "" if there is nothing to embed."""
    found = sorted(api.embeddable(resource), key=_order)
    targets = Counter(each.foreign_table.name for each in found)
    lines = dict.fromkeys(
        _line(each, hinted=targets[each.foreign_table.name] > 1 or each.is_self) for each in found
    )
    return "\n".join((_HEAD, "", *lines)) if lines else ""


def _order(relationship: Relationship) -> tuple[bool, str, str]:
    return not relationship.to_one, relationship.foreign_table.name, relationship.constraint


def _line(relationship: Relationship, *, hinted: bool) -> str:
    target = relationship.foreign_table.name
    hint = f"!{_hint(relationship)}" if hinted else ""
    if relationship.to_one:
        return f"- `{target}{hint}(*)`: the one of {_names(relationship.columns, 0)}"
    junction = relationship.junction
    if junction is not None:
        return f"- `{target}{hint}(*)`: all, by way of `{junction.table.name}`"
    return f"- `{target}{hint}(*)`: all whose {_names(relationship.columns, 1)} is this row"


def _hint(relationship: Relationship) -> str:
    """What tells it from the others between the same two relations."""
    if relationship.junction is not None:
        return relationship.junction.table.name
    if len(relationship.columns) == 1 and not relationship.is_self:
        return relationship.columns[0][0 if relationship.to_one else 1]
    return relationship.constraint


def _names(pairs: Iterable[tuple[str, str]], side: int) -> str:
    return ", ".join(f"`{pair[side]}`" for pair in pairs)
