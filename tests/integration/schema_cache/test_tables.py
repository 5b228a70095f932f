"""Relations and columns as PostgreSQL describes them."""

from collections.abc import Callable, Iterable

from passeplat.names import QualifiedName
from passeplat.schema_cache.model import Column, SchemaCache, Table

Load = Callable[..., SchemaCache]


def the(cache: SchemaCache, name: str = "things") -> Table:
    return cache.tables[QualifiedName("api", name)]


def column(cache: SchemaCache, name: str) -> Column:
    return the(cache).columns[name]


def test_tables_views_materialized_views_partitioned_and_foreign_tables_are_relations(
    load: Load,
) -> None:
    cache = load("""
        create table api.plain (id int);
        create view api.seen as select 1 as one;
        create materialized view api.kept as select 1 as one;
        create table api.split (id int) partition by list (id);
        create foreign data wrapper nowhere;
        create server far foreign data wrapper nowhere;
        create foreign table api.distant (id int) server far;
    """)
    assert [name.name for name in cache.tables] == ["distant", "kept", "plain", "seen", "split"]


def test_a_partition_is_not_a_relation_of_its_own(load: Load) -> None:
    cache = load("""
        create table api.split (id int) partition by list (id);
        create table api.split_1 partition of api.split for values in (1);
    """)
    assert list(cache.tables) == [QualifiedName("api", "split")]


def test_sequences_indexes_and_composite_types_are_not_relations(load: Load) -> None:
    cache = load("""
        create sequence api.numbers;
        create type api.pair as (a int, b int);
    """)
    assert not cache.tables


def test_a_schema_that_is_not_exposed_is_not_shown(load: Load) -> None:
    cache = load("create table public.hidden (id int)")
    assert not cache.tables


def test_relations_of_every_exposed_schema_are_shown(load: Load) -> None:
    cache = load(
        'create schema "v 2"; create table api.a (); create table "v 2".a ()',
        db_schemas=("api", "v 2"),
    )
    assert {str(name) for name in cache.tables} == {"api.a", "v 2.a"}


def test_an_exposed_schema_that_does_not_exist_offers_nothing(load: Load) -> None:
    assert not load("", db_schemas=("nowhere",)).tables


def test_columns_stand_in_the_order_of_the_table_without_dropped_ones(load: Load) -> None:
    cache = load("""
        create table api.things (z int, gone int, a int);
        alter table api.things drop column gone, add column m int;
    """)
    assert list(the(cache).columns) == ["z", "a", "m"]


def test_names_with_quotes_percent_signs_and_blanks_come_as_they_are(load: Load) -> None:
    cache = load("""create table api."a ""b"" %s \\ {c" ("d' -- e" int primary key)""")
    table = the(cache, 'a "b" %s \\ {c')
    assert (list(table.columns), table.primary_key) == (["d' -- e"], ("d' -- e",))


DOMAINS = """
    create type api.mood as enum ('sad', 'happy');
    create domain api.my_mood as api.mood;
    create domain api.inner_domain as varchar(7) not null;
    create domain api.outer_domain as api.inner_domain check (value <> '');
    create domain api.devil as int default 666;
"""


def columns(load: Load, declared: Iterable[str]) -> Iterable[Column]:
    """Of a table with one column of each declaration."""
    lines = ", ".join(f"column_{place} {line}" for place, line in enumerate(declared))
    return the(load(f"{DOMAINS} create table api.things ({lines})")).columns.values()


def test_a_type_has_no_length_and_is_no_domain_the_nominal_type_is_as_declared(
    load: Load,
) -> None:
    expected = {
        "integer": ("integer", "integer"),
        "varchar(20)": ("character varying", "character varying(20)"),
        "char(3)": ("character", "character(3)"),
        "bpchar": ("character", "bpchar"),
        "bit(5)": ("bit", "bit(5)"),
        "numeric(12, 2)[]": ("numeric[]", "numeric(12,2)[]"),
        "timestamptz(3)": ("timestamp with time zone", "timestamp(3) with time zone"),
        "api.mood": ("api.mood", "api.mood"),
        "api.my_mood": ("api.mood", "api.my_mood"),
        "api.inner_domain": ("character varying", "api.inner_domain"),
        "api.outer_domain": ("character varying", "api.outer_domain"),
        "api.outer_domain[]": ("api.outer_domain[]", "api.outer_domain[]"),
    }
    found = [(c.type, c.nominal_type) for c in columns(load, expected)]
    assert dict(zip(expected, found, strict=True)) == expected


def test_the_length_of_strings_is_known_through_domains(load: Load) -> None:
    expected = {
        "varchar(20)": 20,
        "char(3)": 3,
        "bit(5)": 5,
        "bit varying(6)": 6,
        "varchar": None,
        "text": None,
        "numeric(5, 2)": None,
        "varchar(20)[]": None,
        "api.outer_domain": 7,
    }
    found = [c.max_length for c in columns(load, expected)]
    assert dict(zip(expected, found, strict=True)) == expected


def test_a_domain_that_is_not_null_makes_a_column_not_nullable(load: Load) -> None:
    expected = {"int": True, "int not null": False, "api.outer_domain": False, "api.devil": True}
    found = [c.nullable for c in columns(load, expected)]
    assert dict(zip(expected, found, strict=True)) == expected


def test_a_default_is_the_columns_own_or_its_domains(load: Load) -> None:
    expected = {
        "int": None,
        "int default 1 + 1": "(1 + 1)",
        "timestamptz default now()": "now()",
        "int generated by default as identity": "nextval('api.things_column_3_seq'::regclass)",
        "int generated always as identity": None,
        "int generated always as (2) stored": None,
        "api.mood default 'sad'": "'sad'::api.mood",
        "api.devil": "666",
        "api.devil default 7": "7",
        "api.devil generated always as (8) stored": None,
    }
    found = [c.default for c in columns(load, expected)]
    assert dict(zip(expected, found, strict=True)) == expected


def test_the_labels_of_an_enum_come_in_its_order_through_domains(load: Load) -> None:
    expected = {"api.mood": ("sad", "happy"), "api.my_mood": ("sad", "happy"), "text": ()}
    found = [c.enum for c in columns(load, expected)]
    assert dict(zip(expected, found, strict=True)) == expected


def test_the_sequence_of_an_identity_column_is_quoted_in_its_default(load: Load) -> None:
    cache = load("""create table api.things ("It's" int generated by default as identity)""")
    assert column(cache, "It's").default == """nextval('api."things_It''s_seq"'::regclass)"""


def test_a_generated_column_says_so(load: Load) -> None:
    cache = load("create table api.things (a int, b int generated always as (a * 2) stored)")
    assert [c.is_generated for c in the(cache).columns.values()] == [False, True]


def test_comments_on_tables_columns_and_schemas_are_read(load: Load) -> None:
    cache = load("""
        create table api.things (id int);
        comment on schema api is 'all of it';
        comment on table api.things is 'the things';
        comment on column api.things.id is 'which thing';
    """)
    found = (
        cache.schema_descriptions["api"],
        the(cache).description,
        column(cache, "id").description,
    )
    assert found == ("all of it", "the things", "which thing")


def test_row_level_security_is_noted(load: Load) -> None:
    cache = load("""
        create table api.things (id int);
        create table api.open (id int);
        alter table api.things enable row level security;
    """)
    assert (the(cache).row_security, the(cache, "open").row_security) == (True, False)


def changes(table: Table) -> tuple[bool, bool, bool]:
    return table.insertable, table.updatable, table.deletable


def test_a_table_takes_every_change(load: Load) -> None:
    cache = load("create table api.things (id int)")
    assert changes(the(cache)) == (True, True, True)


def test_a_simple_view_takes_every_change(load: Load) -> None:
    cache = load("create table base (id int); create view api.things as table base")
    assert (the(cache).is_view, *changes(the(cache))) == (True, True, True, True)


def test_a_view_that_computes_takes_no_change(load: Load) -> None:
    cache = load("""
        create table base (id int);
        create view api.constant as select 1 as id;
        create view api.counted as select count(*) as id from base;
        create view api.united as table base union table base;
    """)
    assert [changes(table) for table in cache.tables.values()] == [(False, False, False)] * 3


def test_an_instead_of_trigger_lets_a_view_take_its_change_alone(load: Load) -> None:
    cache = load("""
        create view api.things as select 1 as id;
        create function ignore() returns trigger language plpgsql as 'begin return new; end';
        create trigger ignore instead of update on api.things for each row
            execute function ignore();
    """)
    assert changes(the(cache)) == (False, True, False)


def test_a_materialized_view_takes_no_change(load: Load) -> None:
    cache = load("create materialized view api.things as select 1 as id")
    assert (the(cache).is_view, *changes(the(cache))) == (True, False, False, False)


def test_the_primary_key_stands_in_the_order_it_was_declared_in(load: Load) -> None:
    cache = load("create table api.things (a int, b int, c int, primary key (c, a))")
    assert the(cache).primary_key == ("c", "a")


def test_a_unique_constraint_is_no_primary_key(load: Load) -> None:
    cache = load("create table api.things (a int unique not null)")
    assert the(cache).primary_key == ()
