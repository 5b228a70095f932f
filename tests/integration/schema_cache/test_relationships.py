"""Relationships found in foreign keys, through views and in functions."""

from collections.abc import Callable
from operator import attrgetter

from passeplat.names import QualifiedName
from passeplat.schema_cache.model import (
    AnyRelationship,
    Cardinality,
    ComputedRelationship,
    Relationship,
    SchemaCache,
)

Load = Callable[..., SchemaCache]


def api(name: str) -> QualifiedName:
    return QualifiedName("api", name)


def between(cache: SchemaCache, table: str, foreign: str) -> list[AnyRelationship]:
    found = cache.relationships.get((api(table), "api"), ())
    return [r for r in found if r.foreign_table == api(foreign)]


def only(cache: SchemaCache, table: str, foreign: str) -> Relationship:
    (found,) = between(cache, table, foreign)
    assert isinstance(found, Relationship)
    return found


CHILD = """
    create table api.parent (id int primary key);
    create table api.child (id int primary key, parent_id int, constraint fk
        foreign key (parent_id) references api.parent);
"""


def test_a_foreign_key_leads_from_many_to_one(load: Load) -> None:
    assert only(load(CHILD), "child", "parent") == Relationship(
        api("child"), api("parent"), Cardinality.MANY_TO_ONE, "fk", (("parent_id", "id"),)
    )


def test_and_back_from_one_to_many(load: Load) -> None:
    assert only(load(CHILD), "parent", "child") == Relationship(
        api("parent"), api("child"), Cardinality.ONE_TO_MANY, "fk", (("id", "parent_id"),)
    )


def test_a_foreign_key_of_several_columns_pairs_them(load: Load) -> None:
    cache = load("""
        create table api.parent (a int, b int, primary key (a, b));
        create table api.child (x int, y int, foreign key (y, x) references api.parent (b, a));
    """)
    assert only(cache, "child", "parent").columns == (("y", "b"), ("x", "a"))


def test_columns_after_a_dropped_one_keep_their_names(load: Load) -> None:
    cache = load("""
        create table api.parent (gone int, id int primary key);
        create table api.child (gone int, parent_id int references api.parent);
        alter table api.parent drop column gone;
        alter table api.child drop column gone;
    """)
    assert only(cache, "child", "parent").columns == (("parent_id", "id"),)


def test_a_unique_foreign_key_is_one_to_one_seen_from_the_child(load: Load) -> None:
    cache = load(f"{CHILD} alter table api.child add unique (parent_id)")
    found = only(cache, "child", "parent")
    assert (found.cardinality, found.is_parent) == (Cardinality.ONE_TO_ONE, False)


def test_and_seen_from_the_parent(load: Load) -> None:
    cache = load(f"{CHILD} alter table api.child add unique (parent_id)")
    found = only(cache, "parent", "child")
    assert (found.cardinality, found.is_parent) == (Cardinality.ONE_TO_ONE, True)


def test_a_foreign_key_that_is_the_primary_key_is_one_to_one(load: Load) -> None:
    cache = load("""
        create table api.parent (a int, b int, primary key (a, b));
        create table api.child (
            x int, y int, primary key (y, x), foreign key (x, y) references api.parent
        );
    """)
    assert only(cache, "child", "parent").cardinality is Cardinality.ONE_TO_ONE


def test_a_part_of_a_unique_constraint_is_not_one_to_one(load: Load) -> None:
    cache = load(f"{CHILD} alter table api.child add unique (parent_id, id)")
    assert only(cache, "child", "parent").cardinality is Cardinality.MANY_TO_ONE


def test_a_table_that_references_itself_leads_both_ways(load: Load) -> None:
    cache = load("create table api.node (id int primary key, parent int references api.node)")
    found = between(cache, "node", "node")
    assert [
        (r.is_self, r.cardinality, r.columns) for r in found if isinstance(r, Relationship)
    ] == [
        (True, Cardinality.ONE_TO_MANY, (("id", "parent"),)),
        (True, Cardinality.MANY_TO_ONE, (("parent", "id"),)),
    ]


def test_a_foreign_key_to_a_private_table_leads_nowhere(load: Load) -> None:
    cache = load("""
        create table parent (id int primary key);
        create table api.child (parent_id int references parent);
    """)
    assert not cache.relationships


def test_relationships_between_exposed_schemas_are_found_by_the_foreign_one(load: Load) -> None:
    cache = load(
        """
            create schema v2;
            create table api.parent (id int primary key);
            create table v2.child (parent_id int references api.parent);
        """,
        db_schemas=("api", "v2"),
    )
    assert list(cache.relationships) == [
        (api("parent"), "v2"),
        (QualifiedName("v2", "child"), "api"),
    ]


def test_a_partitioned_table_is_related_once(load: Load) -> None:
    cache = load("""
        create table api.parent (id int primary key);
        create table api.child (parent_id int references api.parent) partition by list (parent_id);
        create table api.child_1 partition of api.child for values in (1);
        create table api.child_2 partition of api.child for values in (2);
    """)
    assert len(cache.relationships[api("parent"), "api"]) == 1


def test_a_reference_to_a_partitioned_table_is_found_once(load: Load) -> None:
    cache = load("""
        create table api.parent (id int primary key) partition by list (id);
        create table api.parent_1 partition of api.parent for values in (1);
        create table api.child (parent_id int references api.parent);
    """)
    assert len(cache.relationships[api("child"), "api"]) == 1


VIEWS = f"""{CHILD}
    create view api.parents as select id as parent from api.parent;
    create view api.children as select parent_id as parent, id from api.child;
"""


def test_a_view_is_related_to_the_tables_of_its_table(load: Load) -> None:
    found = only(load(VIEWS), "children", "parent")
    assert (found.columns, found.table_is_view, found.foreign_table_is_view) == (
        (("parent", "id"),),
        True,
        False,
    )


def test_a_table_is_related_to_the_views_of_the_tables_it_is_related_to(load: Load) -> None:
    found = only(load(VIEWS), "parent", "children")
    assert (found.columns, found.table_is_view, found.foreign_table_is_view) == (
        (("id", "parent"),),
        False,
        True,
    )


def test_views_are_related_to_views(load: Load) -> None:
    assert only(load(VIEWS), "children", "parents").columns == (("parent", "parent"),)


def test_views_of_private_tables_are_related(load: Load) -> None:
    cache = load("""
        create table parent (id int primary key);
        create table child (parent_id int references parent);
        create view api.parents as table parent;
        create view api.children as table child;
    """)
    assert only(cache, "parents", "children").cardinality is Cardinality.ONE_TO_MANY


def test_a_view_without_a_column_of_the_foreign_key_is_not_related(load: Load) -> None:
    cache = load("""
        create table api.parent (a int, b int, primary key (a, b));
        create table child (x int, y int, foreign key (x, y) references api.parent);
        create view api.children as select x from child;
    """)
    assert not cache.relationships


def test_a_view_that_shows_a_column_twice_is_related_in_two_ways(load: Load) -> None:
    cache = load(f"{CHILD} create view api.twice as select parent_id a, parent_id b from api.child")
    found = between(cache, "parent", "twice")
    assert [r.columns for r in found if isinstance(r, Relationship)] == [
        (("id", "a"),),
        (("id", "b"),),
    ]


JUNCTION = """
    create table api.film (id int primary key);
    create table api.actor (id int primary key);
"""


def test_two_foreign_keys_within_a_primary_key_lead_from_many_to_many(load: Load) -> None:
    cache = load(f"""{JUNCTION}
        create table api.plays (
            film_id int constraint to_film references api.film,
            actor_id int constraint to_actor references api.actor,
            part int,
            primary key (film_id, part, actor_id)
        );
    """)
    found = only(cache, "film", "actor")
    junction = found.junction
    assert junction is not None
    assert (found.cardinality, junction.table, junction.source_constraint) == (
        Cardinality.MANY_TO_MANY,
        api("plays"),
        "to_film",
    )
    assert (junction.target_constraint, junction.source_columns, junction.target_columns) == (
        "to_actor",
        (("id", "film_id"),),
        (("id", "actor_id"),),
    )


def test_foreign_keys_outside_the_primary_key_do_not(load: Load) -> None:
    cache = load(f"""{JUNCTION}
        create table api.plays (
            id int primary key, film_id int references api.film, actor_id int references api.actor
        );
    """)
    assert between(cache, "film", "actor") == []


def test_a_junction_that_is_not_exposed_leads_nowhere(load: Load) -> None:
    cache = load(f"""{JUNCTION}
        create table plays (
            film_id int references api.film, actor_id int references api.actor,
            primary key (film_id, actor_id)
        );
    """)
    assert not cache.relationships


def test_a_view_of_a_private_junction_is_a_junction(load: Load) -> None:
    cache = load(f"""{JUNCTION}
        create table plays (
            film_id int references api.film, actor_id int references api.actor,
            primary key (film_id, actor_id)
        );
        create view api.cast_lists as select actor_id as who, film_id from plays;
    """)
    junction = only(cache, "film", "actor").junction
    assert junction is not None
    assert (junction.table, junction.target_columns) == (api("cast_lists"), (("id", "who"),))


def test_a_junction_of_a_table_with_itself_leads_both_ways(load: Load) -> None:
    cache = load("""
        create table api.person (id int primary key);
        create table api.knows (
            one int constraint a references api.person,
            other int constraint b references api.person,
            primary key (one, other)
        );
    """)
    found = between(cache, "person", "person")
    junctions = [r.junction for r in found if isinstance(r, Relationship) and r.junction]
    assert [(j.source_constraint, j.target_constraint) for j in junctions] == [
        ("a", "b"),
        ("b", "a"),
    ]


def test_many_to_many_with_keys_of_several_columns(load: Load) -> None:
    cache = load("""
        create table api.film (tenant int, id int, primary key (tenant, id));
        create table api.actor (tenant int, id int, primary key (tenant, id));
        create table api.plays (
            tenant int, film int, actor int, primary key (tenant, film, actor),
            foreign key (tenant, film) references api.film,
            foreign key (tenant, actor) references api.actor
        );
    """)
    junction = only(cache, "film", "actor").junction
    assert junction is not None
    assert junction.source_columns == (("tenant", "tenant"), ("id", "film"))


def test_candidates_stand_in_the_order_postgrest_lists_them_in(load: Load) -> None:
    cache = load("""
        create table api.a (id int primary key, b_id int);
        create table api.b (id int primary key, a_id int constraint x references api.a);
        alter table api.a add constraint w foreign key (b_id) references api.b,
            add constraint v foreign key (id) references api.b;
        create table api.z (
            a_id int references api.a, b_id int references api.b, primary key (a_id, b_id)
        );
    """)
    ranks = [r.cardinality for r in between(cache, "a", "b") if isinstance(r, Relationship)]
    assert ranks == [
        Cardinality.ONE_TO_MANY,
        Cardinality.MANY_TO_ONE,
        Cardinality.ONE_TO_ONE,
        Cardinality.MANY_TO_MANY,
    ]


COMPUTED = """
    create table api.film (id int);
    create table api.director (id int);
"""


def computed(cache: SchemaCache, table: str = "film") -> list[ComputedRelationship]:
    found = cache.relationships.get((api(table), "api"), ())
    return [r for r in found if isinstance(r, ComputedRelationship)]


def test_a_function_from_a_row_to_rows_is_a_relationship_to_many(load: Load) -> None:
    cache = load(f"""{COMPUTED}
        create function api.directors(api.film) returns setof api.director
            language sql begin atomic table api.director; end;
    """)
    assert computed(cache) == [
        ComputedRelationship(api("directors"), api("film"), api("director"), to_one=False)
    ]


def test_a_function_that_promises_one_row_is_to_one(load: Load) -> None:
    cache = load(f"""{COMPUTED}
        create function api.directed_by(api.film) returns setof api.director rows 1
            language sql begin atomic table api.director; end;
    """)
    assert [r.to_one for r in computed(cache)] == [True]


def test_a_function_that_returns_no_set_is_to_one(load: Load) -> None:
    cache = load(f"""{COMPUTED}
        create function api.directed_by(api.film) returns api.director
            language sql begin atomic table api.director; end;
    """)
    assert [r.to_one for r in computed(cache)] == [True]


def test_overloads_are_told_apart_by_their_argument(load: Load) -> None:
    cache = load(f"""{COMPUTED}
        create function api.likes(api.film) returns setof api.film language sql
            begin atomic table api.film; end;
        create function api.likes(api.director) returns setof api.director language sql
            begin atomic table api.director; end;
    """)
    assert [r.foreign_table.name for r in (*computed(cache), *computed(cache, "director"))] == [
        "film",
        "director",
    ]


def test_a_function_with_a_second_argument_is_no_relationship(load: Load) -> None:
    cache = load(f"""{COMPUTED}
        create function api.directors(api.film, int) returns setof api.director
            language sql begin atomic table api.director; end;
    """)
    assert computed(cache) == []


def test_a_function_takes_the_place_of_foreign_keys_to_the_relation_of_its_name(
    load: Load,
) -> None:
    cache = load(f"""{CHILD}
        create function api.parent(api.child) returns setof api.parent
            language sql begin atomic table api.parent; end;
    """)
    assert list(map(type, between(cache, "child", "parent"))) == [ComputedRelationship]


def test_a_function_of_another_name_stands_beside_foreign_keys(load: Load) -> None:
    cache = load(f"""{CHILD}
        create function api.elders(api.child) returns setof api.parent
            language sql begin atomic table api.parent; end;
    """)
    assert list(map(type, between(cache, "child", "parent"))) == [
        ComputedRelationship,
        Relationship,
    ]


def test_the_function_beside_the_relation_it_returns_is_preferred(load: Load) -> None:
    cache = load(f"""{COMPUTED}
        create schema other;
        create function other.directors(api.film) returns setof api.director
            language sql begin atomic table api.director; end;
        create function api.directors(api.film) returns setof api.director
            language sql begin atomic table api.director; end;
        create function public.directors(api.film) returns setof api.director
            language sql begin atomic table api.director; end;
    """)
    assert list(map(attrgetter("function"), computed(cache))) == [api("directors")]


def test_every_relationship_can_be_listed(load: Load) -> None:
    cache = load(VIEWS)
    assert {(k[0].name, len(found)) for k, found in cache.relationships.items()} == {
        ("child", 2),
        ("children", 2),
        ("parent", 2),
        ("parents", 2),
    }


def test_an_unknown_relation_has_none(load: Load) -> None:
    assert (api("nothing"), "api") not in load(CHILD).relationships
