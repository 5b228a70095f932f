"""What of a schema is shown: never more than the privileges say."""

from dataclasses import replace

import orjson
import pytest

from passeplat.names import QualifiedName
from passeplat.response.visible import ForeignKey, visible
from passeplat.schema_cache.model import (
    Cardinality,
    Column,
    ComputedRelationship,
    Parameter,
    Relationship,
    ReturnType,
    Routine,
    SchemaCache,
    Table,
    Volatility,
    Ways,
)

ID = Column(
    name="id",
    type="integer",
    nominal_type="integer",
    nullable=False,
    default=None,
    max_length=None,
    enum=(),
    description=None,
    is_generated=False,
)
AUTHOR = replace(ID, name="author_id")
ADD = Routine(
    name=QualifiedName("api", "add"),
    parameters=(Parameter("number", "integer", "integer", required=True, variadic=False),),
    returns=ReturnType(QualifiedName("pg_catalog", "int4"), is_composite=False, is_set=False),
    is_void=False,
    volatility=Volatility.STABLE,
    has_variadic=False,
    isolation=None,
    settings=(),
    description=None,
)


def table(name: str, *, is_view: bool = False, schema: str = "api") -> Table:
    return Table(
        name=QualifiedName(schema, name),
        columns={"id": ID, "author_id": AUTHOR},
        primary_key=("id",),
        is_view=is_view,
        insertable=True,
        updatable=True,
        deletable=True,
        row_security=False,
        description=None,
    )


def written_by(target: str, **more: object) -> Relationship:
    """books.author_id → target.id, unless said otherwise."""
    usual = Relationship(
        table=QualifiedName("api", "books"),
        foreign_table=QualifiedName("api", target),
        cardinality=Cardinality.MANY_TO_ONE,
        constraint="books_author_id_fkey",
        columns=(("author_id", "id"),),
    )
    return replace(usual, **more)  # type: ignore[arg-type]


def cache(
    *tables: Table,
    relationships: tuple[Relationship | ComputedRelationship, ...] = (),
    routines: tuple[Routine, ...] = (),
) -> SchemaCache:
    return SchemaCache(
        version=1,
        tables={each.name: each for each in tables},
        relationships={(QualifiedName("api", "books"), "api"): Ways(relationships)},
        routines={
            each.name: tuple(r for r in routines if r.name == each.name) for each in routines
        },
        representations={},
        media_handlers={},
        role_settings={},
        role_isolation={},
    )


def granted(relations: dict[str, list[str] | None] | None, routines: object = None) -> bytes:
    return orjson.dumps({"relations": relations, "routines": routines})


BOOKS, AUTHORS = table("books"), table("authors")
BOTH = granted({"books": None, "authors": None})


def shown(privileges: bytes, known: SchemaCache) -> list[str]:
    return [each.name.name for each in visible("api", privileges, known).tables]


def foreign_keys(
    *relationships: Relationship | ComputedRelationship, privileges: bytes = BOTH
) -> list[tuple[tuple[str, str], ForeignKey]]:
    known = cache(BOOKS, AUTHORS, relationships=relationships)
    return list(visible("api", privileges, known).foreign_keys.items())


def test_relations_the_role_may_use_are_shown_by_name() -> None:
    assert shown(BOTH, cache(BOOKS, AUTHORS)) == ["authors", "books"]


@pytest.mark.proves("OA-6")
def test_a_relation_the_role_may_not_use_is_hidden() -> None:
    assert shown(granted({"books": None}), cache(BOOKS, AUTHORS)) == ["books"]


def test_a_relation_of_another_schema_is_hidden() -> None:
    assert shown(BOTH, cache(BOOKS, table("authors", schema="private"))) == ["books"]


def test_a_relation_the_schema_cache_does_not_know_yet_is_hidden() -> None:
    assert shown(BOTH, cache(BOOKS)) == ["books"]


def test_no_privileges_show_nothing() -> None:
    found = visible("api", granted(None), cache(BOOKS, routines=(ADD,)))
    assert (found.tables, found.routines) == ((), ())


def test_all_columns_are_shown_where_all_may_be_used() -> None:
    [found] = visible("api", granted({"books": None}), cache(BOOKS)).tables
    assert list(found.columns) == ["id", "author_id"]


def test_a_column_the_role_may_not_use_is_hidden() -> None:
    [found] = visible("api", granted({"books": ["author_id"]}), cache(BOOKS)).tables
    assert list(found.columns) == ["author_id"]


def test_no_columns_are_shown_where_none_may_be_used() -> None:
    [found] = visible("api", granted({"books": []}), cache(BOOKS)).tables
    assert found.columns == {}


@pytest.mark.proves("OA-6")
def test_a_function_the_role_may_call_is_shown() -> None:
    found = visible("api", granted(None, [["add", ["integer"]]]), cache(routines=(ADD,)))
    assert found.routines == (ADD,)


def test_a_function_of_other_argument_types_is_hidden() -> None:
    found = visible("api", granted(None, [["add", ["text"]]]), cache(routines=(ADD,)))
    assert found.routines == ()


def test_a_function_of_another_schema_is_hidden() -> None:
    other = replace(ADD, name=QualifiedName("private", "add"))
    found = visible("api", granted(None, [["add", ["integer"]]]), cache(routines=(other,)))
    assert found.routines == ()


def test_the_overload_the_role_may_call_is_shown() -> None:
    wider = replace(ADD, parameters=(*ADD.parameters, replace(ADD.parameters[0], name="more")))
    known = cache(routines=(ADD, wider))
    assert visible("api", granted(None, [["add", ["integer"]]]), known).routines == (ADD,)


def test_overloads_the_role_may_call_are_shown_together() -> None:
    wider = replace(ADD, parameters=(*ADD.parameters, replace(ADD.parameters[0], name="more")))
    privileges = granted(None, [["add", ["integer"]], ["add", ["integer", "integer"]]])
    assert visible("api", privileges, cache(routines=(ADD, wider))).routines == (ADD, wider)


def test_a_foreign_key_points_to_a_table() -> None:
    assert foreign_keys(written_by("authors")) == [
        (("books", "author_id"), ForeignKey("authors", "id"))
    ]


def test_the_foreign_key_of_a_one_to_one_points_to_its_table() -> None:
    found = foreign_keys(written_by("authors", cardinality=Cardinality.ONE_TO_ONE))
    assert found == [(("books", "author_id"), ForeignKey("authors", "id"))]


def test_the_referenced_side_of_a_one_to_one_has_no_foreign_key() -> None:
    parent = written_by("authors", cardinality=Cardinality.ONE_TO_ONE, is_parent=True)
    assert foreign_keys(parent) == []


def test_the_many_side_is_no_foreign_key() -> None:
    assert foreign_keys(written_by("authors", cardinality=Cardinality.ONE_TO_MANY)) == []


def test_a_foreign_key_of_two_columns_is_not_noted() -> None:
    assert foreign_keys(written_by("authors", columns=(("author_id", "id"), ("id", "id")))) == []


def test_a_function_is_no_foreign_key() -> None:
    computed = ComputedRelationship(
        function=QualifiedName("api", "author"),
        table=QualifiedName("api", "books"),
        foreign_table=QualifiedName("api", "authors"),
        to_one=True,
    )
    assert foreign_keys(computed) == []


def test_a_foreign_key_points_to_the_table_rather_than_a_view_of_it() -> None:
    view = written_by("a_view", foreign_table_is_view=True)
    known = cache(
        BOOKS,
        AUTHORS,
        table("a_view", is_view=True),
        relationships=(view, written_by("authors")),
    )
    privileges = granted({"books": None, "authors": None, "a_view": None})
    found = visible("api", privileges, known).foreign_keys
    assert found == {("books", "author_id"): ForeignKey("authors", "id")}


def test_a_foreign_key_points_to_a_view_if_the_table_is_hidden() -> None:
    view = written_by("a_view", foreign_table_is_view=True)
    known = cache(
        BOOKS,
        AUTHORS,
        table("a_view", is_view=True),
        relationships=(written_by("authors"), view),
    )
    found = visible("api", granted({"books": None, "a_view": None}), known).foreign_keys
    assert found == {("books", "author_id"): ForeignKey("a_view", "id")}


def test_a_foreign_key_does_not_name_a_hidden_relation() -> None:
    assert foreign_keys(written_by("authors"), privileges=granted({"books": None})) == []


def test_a_foreign_key_does_not_name_a_hidden_column() -> None:
    privileges = granted({"books": None, "authors": ["author_id"]})
    assert foreign_keys(written_by("authors"), privileges=privileges) == []
