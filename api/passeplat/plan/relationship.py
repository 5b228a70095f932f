"""Which relationship an embed means: names and hints in, one relationship or an ApiError out."""

from typing import assert_never

from passeplat.errors import AmbiguousRelationship, NoRelationship
from passeplat.names import QualifiedName
from passeplat.request.model import Embed
from passeplat.schema_cache.model import (
    AnyRelationship,
    ComputedRelationship,
    Relationship,
    SchemaCache,
    Ways,
)
from passeplat.schema_cache.suggest import embed_hint, tellable


def find_relationship(
    origin: QualifiedName, embed: Embed, schema: str, cache: SchemaCache, role: str
) -> AnyRelationship:
    """A computed relationship of that name wins, then what foreign keys say."""
    candidates = cache.relationships.get((origin, schema), Ways())
    found = [each for each in candidates.named.get(embed.target, ()) if _is_meant(each, embed)]
    computed = [each for each in found if isinstance(each, ComputedRelationship)]
    meant = computed or _through_this_schema(found, schema)
    if len(meant) == 1:
        return meant[0]
    if not meant:
        raise _no_relationship(
            origin, embed, schema, embed_hint(cache, origin, schema, embed.target, role)
        )
    told = tellable(cache, role)
    raise _ambiguous(origin, embed, [x for x in meant if isinstance(x, Relationship) and told(x)])


def _through_this_schema(found: list[AnyRelationship], schema: str) -> list[AnyRelationship]:
    """Where every version of the API shows the junction, that of the version asked for is meant."""
    schemas = [_schema_of_junction(each) for each in found]
    if schema not in schemas:
        return found
    return [each for each, of in zip(found, schemas, strict=True) if of in (None, schema)]


def _schema_of_junction(candidate: AnyRelationship) -> str | None:
    junction = candidate.junction if isinstance(candidate, Relationship) else None
    return None if junction is None else junction.table.schema


def _is_meant(candidate: AnyRelationship, embed: Embed) -> bool:
    """Of those that have the name."""
    match candidate:
        case ComputedRelationship():
            return True
        case Relationship(is_self=True):
            return embed.hint is None or _self_hinted(candidate, embed.hint)
        case Relationship():
            return embed.hint is None or _hinted(candidate, embed.hint)
        case _:
            assert_never(candidate)


def _self_hinted(candidate: Relationship, hint: str) -> bool:
    """Only children may have a hint."""
    return not candidate.to_one and (
        hint in (candidate.constraint, _single(candidate.columns, 1))
        or _junction_is(candidate, hint)
    )


def _hinted(candidate: Relationship, hint: str) -> bool:
    return (
        hint == candidate.constraint
        or hint == _single(candidate.columns, 0)
        or hint == _single(candidate.columns, 1)
        or _junction_is(candidate, hint)
    )


def _junction_is(candidate: Relationship, hint: str) -> bool:
    return candidate.junction is not None and hint == candidate.junction.table.name


def _single(columns: tuple[tuple[str, str], ...], side: int) -> str | None:
    return columns[0][side] if len(columns) == 1 else None


def _no_relationship(
    origin: QualifiedName, embed: Embed, schema: str, hint: str | None
) -> NoRelationship:
    between = f"'{origin.name}' and '{embed.target}'"
    using = f" using the hint '{embed.hint}'" if embed.hint else ""
    return NoRelationship(
        f"Could not find a relationship between {between} in the schema cache",
        f"Searched for a foreign key relationship between {between}{using}"
        f" in the schema '{schema}', but no matches were found.",
        hint,
    )


def _ambiguous(
    origin: QualifiedName, embed: Embed, found: list[Relationship]
) -> AmbiguousRelationship:
    """`found`: those that may be told, maybe none."""
    hints = ", ".join(f"'{embed.target}!{_hint(each)}'" for each in found)
    return AmbiguousRelationship(
        "Could not embed because more than one relationship was found for"
        f" '{origin.name}' and '{embed.target}'",
        [_describe(each) for each in found],
        f"Try changing '{embed.target}' to one of the following: {hints}."
        " Find the desired relationship in the 'details' key."
        if found
        else None,
    )


def _hint(relationship: Relationship) -> str:
    if relationship.junction is not None:
        return relationship.junction.table.name
    return relationship.constraint


def _describe(relationship: Relationship) -> dict[str, str]:
    return {
        "cardinality": relationship.cardinality.value,
        "embedding": f"{relationship.table.name} with {relationship.foreign_table.name}",
        "relationship": _path(relationship),
    }


def _path(relationship: Relationship) -> str:
    junction = relationship.junction
    if junction is None:
        left = _columns(relationship.table.name, [pair[0] for pair in relationship.columns])
        right = _columns(
            relationship.foreign_table.name, [pair[1] for pair in relationship.columns]
        )
        return f"{relationship.constraint} using {left} and {right}"
    left = _columns(junction.source_constraint, [pair[1] for pair in junction.source_columns])
    right = _columns(junction.target_constraint, [pair[1] for pair in junction.target_columns])
    return f"{junction.table.name} using {left} and {right}"


def _columns(name: str, columns: list[str]) -> str:
    return f"{name}({', '.join(columns)})"
