"""The tree of a read: `select` and what stands on each level become a ReadPlan."""

from dataclasses import dataclass, replace
from typing import assert_never

from passeplat.config import Config
from passeplat.errors import (
    AggregatesDisabled,
    NotEmbedded,
    NotImplementedFeature,
    RelatedOrderNotToOne,
    UnacceptableEmbedFilter,
)
from passeplat.names import QualifiedName
from passeplat.plan.fields import Source, output_name, output_target, resolve_filter, target
from passeplat.plan.model import (
    AllColumns,
    ColumnPair,
    DirectJoin,
    EmbedIsNull,
    EmbedPlan,
    FunctionJoin,
    Join,
    JunctionJoin,
    LiftedField,
    ReadPlan,
    ResolvedCondition,
    ResolvedLogic,
    ResolvedOrder,
    SelectedField,
)
from passeplat.plan.relationship import find_relationship
from passeplat.plan.scope import Scope, embeds_of, find_embed, name_of
from passeplat.request.model import (
    Condition,
    Embed,
    Field,
    Filter,
    Is,
    Logic,
    OrderTerm,
    Range,
    SelectField,
    SelectItem,
)
from passeplat.schema_cache.model import (
    AnyRelationship,
    Cardinality,
    ComputedRelationship,
    Relationship,
    SchemaCache,
)

SOURCE = QualifiedName("", "pgrst_source")
"""What a write or a function call gave back, as the read on top of it sees it."""

_LONGEST_ALIAS = 40  # leaves room for the suffix within PostgreSQL's 63 bytes


@dataclass(frozen=True, slots=True)
class Planner:
    """What stays the same on every level of one request."""

    cache: SchemaCache
    config: Config
    schema: str
    role: str
    max_rows: int | None  # None on writes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a level hangs: its relation in the cache, its name in FROM, and how deep."""

    relation: QualifiedName
    source: QualifiedName
    alias: str | None
    depth: int
    returned: frozenset[str] = frozenset()  # see Source
    in_spread: bool = False
    in_to_many_spread: bool = False

    @property
    def label(self) -> str:
        return self.alias or self.source.name


def plan_level(
    planner: Planner, place: Place, items: tuple[SelectItem, ...], scope: Scope
) -> ReadPlan:
    source = Source(planner.cache, place.relation, place.label, place.returned)
    embeds = embeds_of(items)
    scopes = _scopes(planner, embeds, scope)
    plans = {
        id(embed): _plan_embed(planner, place, embed, scopes[index], index)
        for index, embed in enumerate(embeds)
    }
    by_embed = [(embed, plans[id(embed)]) for embed in embeds]
    return ReadPlan(
        source=place.source,
        alias=place.alias,
        select=_select(planner, source, items, place, by_embed),
        embeds=tuple(plan for _, plan in by_embed),
        where=tuple(_condition(planner, source, by_embed, each) for each in scope.conditions_here),
        order=tuple(_order(planner, source, by_embed, each) for each in scope.order_here),
        range=_clamp(scope.range_here, planner.max_rows),
    )


def _clamp(asked: Range, max_rows: int | None) -> Range:
    if max_rows is None:
        return asked
    limit = max_rows if asked.limit is None else min(asked.limit, max_rows)
    return Range(asked.offset, limit)


def _scopes(planner: Planner, embeds: list[Embed], scope: Scope) -> list[Scope]:
    """What belongs to each embed; every path must have one."""
    legacy = planner.config.url_use_legacy_target_names
    owners = {
        name: find_embed(embeds, name, legacy=legacy)
        for name in {path[0] for path in scope.paths() if path}
    }
    return [
        scope.below(lambda name, embed=embed: owners[name] is embed)  # type: ignore[misc]
        for embed in embeds
    ]


def _plan_embed(
    planner: Planner, parent: Place, embed: Embed, scope: Scope, index: int
) -> EmbedPlan:
    relationship = find_relationship(
        parent.relation, embed, planner.schema, planner.cache, planner.role
    )
    to_one = relationship.to_one
    child = _child_place(parent, relationship, embed)
    read = plan_level(planner, child, embed.select, scope)
    alias = f"{name_of(embed)[:_LONGEST_ALIAS]}_{parent.depth + 1}_{index + 1}"
    lifted: tuple[LiftedField, ...] = ()
    if embed.spread:
        read, lifted = _lift(read, to_one=to_one)
    return EmbedPlan(
        read=read,
        join=_join(relationship, parent, child),
        name=name_of(embed),
        alias=alias,
        to_one=to_one,
        inner=embed.join == "inner",
        spread=embed.spread,
        filterable=_is_filterable(embed, relationship),
        hidden=not read.select and not any(not each.hidden for each in read.embeds),
        lifted=lifted,
    )


def _is_filterable(embed: Embed, relationship: AnyRelationship) -> bool:
    """An embed by the name of its foreign key's column leaves that name to the column."""
    return (
        embed.alias is not None
        or isinstance(relationship, ComputedRelationship)
        or embed.target == relationship.foreign_table.name
    )


def _child_place(parent: Place, relationship: AnyRelationship, embed: Embed) -> Place:
    foreign = relationship.foreign_table
    depth = parent.depth + 1
    return Place(
        relation=foreign,
        source=foreign,
        alias=f"{foreign.name[:_LONGEST_ALIAS]}_{depth}",
        depth=depth,
        in_spread=embed.spread,
        in_to_many_spread=embed.spread and (parent.in_to_many_spread or not relationship.to_one),
    )


def _join(relationship: AnyRelationship, parent: Place, child: Place) -> Join:
    match relationship:
        case ComputedRelationship(function=function, table=table):
            return FunctionJoin(function, table if parent.source == SOURCE else None)
        case Relationship(cardinality=Cardinality.MANY_TO_MANY, junction=junction):
            assert junction is not None  # noqa: S101 - the schema cache gives every one a junction
            return JunctionJoin(
                junction.table,
                f"{junction.table.name[:_LONGEST_ALIAS]}_{child.depth}_junction",
                tuple(ColumnPair(left, right) for left, right in junction.source_columns),
                tuple(ColumnPair(right, left) for left, right in junction.target_columns),
            )
        case Relationship(columns=columns):
            return DirectJoin(tuple(ColumnPair(left, right) for left, right in columns))
        case _:
            assert_never(relationship)


def _lift(read: ReadPlan, *, to_one: bool) -> tuple[ReadPlan, tuple[LiftedField, ...]]:
    """Split a spread level into what it computes and what its parent shows of that.

    Aggregates of a to-one spread are computed by the parent, over its own groups.
    """
    fields = [item for item in read.select if isinstance(item, SelectedField)]
    shown = [field for field in fields if field.target is not None]
    lifted = [_lift_field(field, to_one=to_one) for field in fields]
    nested = [
        LiftedField(each.name, each.name)
        for each in read.embeds
        if not each.spread and not each.hidden
    ]
    inherited = [_inherit(each, to_one=to_one) for embed in read.embeds for each in embed.lifted]
    if not to_one:
        return read, (*lifted, *nested, *inherited)
    raw = tuple(replace(field, aggregate=None, aggregate_cast=None) for field in shown)
    embeds = tuple(
        replace(
            embed,
            lifted=tuple(
                LiftedField(each.source, each.name) for each in embed.lifted if each.source != "*"
            ),
        )
        for embed in read.embeds
    )
    return replace(read, select=raw, embeds=embeds), (*lifted, *nested, *inherited)


def _inherit(lifted: LiftedField, *, to_one: bool) -> LiftedField:
    """What a level shows of a spread below it, seen from the level above."""
    if not to_one:
        return LiftedField(lifted.name, lifted.name)
    source = "*" if lifted.source == "*" else lifted.name
    return LiftedField(source, lifted.name, lifted.aggregate, lifted.aggregate_cast)


def _lift_field(field: SelectedField, *, to_one: bool) -> LiftedField:
    if not to_one:
        return LiftedField(field.name, field.name)
    source = "*" if field.target is None else field.name
    return LiftedField(source, field.name, field.aggregate, field.aggregate_cast)


def _select(
    planner: Planner,
    source: Source,
    items: tuple[SelectItem, ...],
    place: Place,
    embeds: list[tuple[Embed, EmbedPlan]],
) -> tuple[SelectedField | AllColumns, ...]:
    fields = [item for item in items if isinstance(item, SelectField)]
    aggregated = any(field.aggregate for field in fields) or any(
        each.aggregate for _, embed in embeds for each in embed.lifted
    )
    if aggregated:
        _check_aggregates(planner, place)
    return tuple(
        resolved
        for field in fields
        for resolved in _selected(source, field, expand=aggregated or place.in_spread)
    )


def _check_aggregates(planner: Planner, place: Place) -> None:
    if not planner.config.db_aggregates_enabled:
        raise AggregatesDisabled
    if place.in_to_many_spread:
        raise NotImplementedFeature(
            "Aggregates are not implemented for one-to-many or many-to-many spreads."
        )


def _selected(
    source: Source, item: SelectField, *, expand: bool
) -> tuple[SelectedField | AllColumns, ...]:
    field = item.field
    if field.name == "*" and item.aggregate is None:
        return _all_columns(source, expand=expand)
    if field.name == "*":
        name = item.alias or str(item.aggregate)
        return (SelectedField(None, name, None, item.aggregate, item.aggregate_cast),)
    resolved = target(source, field) if item.aggregate else output_target(source, field)
    name = item.alias or item.aggregate or output_name(field)
    return (SelectedField(resolved, name, item.cast, item.aggregate, item.aggregate_cast),)


def _all_columns(source: Source, *, expand: bool) -> tuple[SelectedField | AllColumns, ...]:
    table = source.table
    if table is None:
        return (AllColumns(),)
    targets = [(name, output_target(source, Field(name))) for name in table.columns]
    if not expand and not any(each.reader for _, each in targets):
        return (AllColumns(),)
    return tuple(SelectedField(each, name) for name, each in targets)


def _condition(
    planner: Planner,
    source: Source,
    embeds: list[tuple[Embed, EmbedPlan]],
    condition: Condition,
) -> ResolvedCondition:
    match condition:
        case Logic(operator, conditions, negated):
            inner = tuple(_condition(planner, source, embeds, each) for each in conditions)
            return ResolvedLogic(operator, inner, negated)
        case Filter():
            return _embed_filter(embeds, condition) or resolve_filter(source, condition)
        case _:
            assert_never(condition)


def _embed_filter(embeds: list[tuple[Embed, EmbedPlan]], condition: Filter) -> EmbedIsNull | None:
    """`rel=is.null` and `rel=not.is.null`, if the field is the name of an embed."""
    if condition.field.path:
        return None
    for _, plan in embeds:
        if plan.filterable and plan.name == condition.field.name:
            match condition.operation:
                case Is("null"):
                    return EmbedIsNull(plan.alias, plan.marker, condition.negated)
                case Is("not_null"):
                    return EmbedIsNull(plan.alias, plan.marker, not condition.negated)
                case _:
                    raise UnacceptableEmbedFilter(condition.field.name)
    return None


def _order(
    planner: Planner, source: Source, embeds: list[tuple[Embed, EmbedPlan]], term: OrderTerm
) -> ResolvedOrder:
    if term.relation is None:
        return ResolvedOrder(target(source, term.field), None, term.direction, term.nulls)
    embed = find_embed(
        [each for each, _ in embeds],
        term.relation,
        legacy=planner.config.url_use_legacy_target_names,
    )
    plan = next((each for other, each in embeds if other is embed), None)
    if plan is None:
        raise NotEmbedded(term.relation)
    if not plan.to_one:
        raise RelatedOrderNotToOne(source.relation.name, term.relation)
    shown = frozenset(each.name for each in plan.read.select if isinstance(each, SelectedField))
    inner = Source(planner.cache, plan.read.source, plan.alias, shown)
    return ResolvedOrder(target(inner, term.field), plan.alias, term.direction, term.nulls)
