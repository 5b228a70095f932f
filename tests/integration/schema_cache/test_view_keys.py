"""Primary keys of views: PostgreSQL's tree of a view's query, read as text."""

from collections.abc import Callable, Iterable

from passeplat.names import QualifiedName, quote
from passeplat.schema_cache.model import SchemaCache

Load = Callable[..., SchemaCache]

BASE = "create table things (id int primary key, name text, parent int);"


def key(cache: SchemaCache, view: str = "seen") -> tuple[str, ...]:
    return cache.tables[QualifiedName("api", view)].primary_key


SHOWN = (
    "select name, id from things",
    "select t.name, t.id from things t where exists (select from things)",
    "select id from things order by name || 'x'",
    "select id, count(*) from things group by id",
    "select t.id, u.name from things t join things u on u.parent = t.id",
    "select id from (select name, id from things) subquery",
    "with few as (select id from things limit 3) select id from few",
    "select s.id from lateral (select t.id from (select * from things) t) s",
    "select (select max(u.parent) from things u), id from things",
    "select array(select u.id from things u) as ids, id from things",
    "select case when id in (select parent from things) then name end, id from things",
    "select name, row_number() over (order by (select 1)), id from things",
    "select id from things limit (select count(*) from things)",
)

NOT_SHOWN = (
    "select name from things",
    "select id + 0 as id from things",
    "select id::bigint from things",
    "select max(id) as id from things",
    "select (select id from things limit 1) as id, name from things",
    "select id from things union select id from things",
    "select id from (select id from things union all select 1) subquery",
    "select id from generate_series(1, 3) id",
    "values (1)",
)


def keys(load: Load, queries: Iterable[str]) -> Iterable[tuple[str, ...]]:
    """Of a view of each query."""
    views = (f"create view api.seen_{at:02} as {query};" for at, query in enumerate(queries))
    cache = load(f"{BASE} {' '.join(views)}")
    return [table.primary_key for table in cache.tables.values()]


def test_a_column_of_the_outermost_select_carries_the_key(load: Load) -> None:
    assert list(zip(SHOWN, keys(load, SHOWN), strict=True)) == [(q, ("id",)) for q in SHOWN]


def test_no_other_column_does(load: Load) -> None:
    assert list(zip(NOT_SHOWN, keys(load, NOT_SHOWN), strict=True)) == [
        (query, ()) for query in NOT_SHOWN
    ]


def test_a_renamed_column_carries_the_key_by_its_new_name(load: Load) -> None:
    cache = load(f"""{BASE}
        create view api.seen as select id as "number", name from things;
        alter view api.seen rename column "number" to no;
    """)
    assert key(cache) == ("no",)


NAMES = (
    "with blank",
    'a "quoted" one',
    "{brace",
    "brace}",
    "(par)",
    "back\\slash",
    "\\",
    "\\{",
    "<>",
    "0",
    " :resno 1 ",
    "} :resno 2 :resname x :resorigtbl 1 :resorigcol 1 ",
)


def test_no_name_is_taken_for_a_part_of_the_tree(load: Load) -> None:
    table, alias, columns = quote("} {"), quote("{QUERY "), [*map(quote, NAMES)]
    cache = load(f"""
        create table {table} ({" int, ".join(columns)} int, id int primary key);
        create view api.seen as
            select {", ".join(columns)}, (select max({columns[0]}) from {table} {alias}), id
            from {table};
    """)
    assert key(cache) == ("id",)


def test_a_materialized_view_has_the_key_of_its_table(load: Load) -> None:
    assert key(load(f"{BASE} create materialized view api.seen as table things")) == ("id",)


def test_a_view_that_shows_a_part_of_a_key_has_none(load: Load) -> None:
    cache = load("""
        create table things (a int, b int, primary key (a, b));
        create view api.seen as select a from things;
    """)
    assert key(cache) == ()


def test_a_view_that_shows_two_tables_with_their_keys_has_both(load: Load) -> None:
    cache = load(f"""{BASE}
        create table others (id int primary key);
        create view api.seen as select t.id, o.id as other_id from things t, others o;
    """)
    assert key(cache) == ("id", "other_id")


def test_a_key_shown_twice_counts_once(load: Load) -> None:
    cache = load(f"{BASE} create view api.seen as select id, id as again from things")
    assert key(cache) == ("id",)


def test_a_view_over_a_view_has_the_key_of_the_table_below(load: Load) -> None:
    cache = load(f"""{BASE}
        create view api.middle as select name, id as number from things;
        create view api.seen as select number as no from api.middle;
    """)
    assert key(cache) == ("no",)


def test_a_view_in_an_extra_schema_passes_a_key_on(load: Load) -> None:
    cache = load(
        f"""{BASE}
            create schema extra;
            create view extra.middle as table things;
            create view api.seen as table extra.middle;
        """,
        db_extra_search_path=("extra",),
    )
    assert key(cache) == ("id",)


def test_a_view_in_a_private_schema_does_not(load: Load) -> None:
    cache = load(f"""{BASE}
        create schema private;
        create view private.middle as table things;
        create view api.seen as table private.middle;
    """)
    assert key(cache) == ()


def test_a_view_of_itself_has_no_key(load: Load) -> None:
    cache = load("""
        create view api.seen as select 1 as id;
        create or replace view api.seen as select id from api.seen;
    """)
    assert key(cache) == ()


def test_a_view_of_a_partition_has_the_partitions_key(load: Load) -> None:
    cache = load("""
        create table things (id int primary key) partition by list (id);
        create table things_1 partition of things for values in (1);
        create view api.seen as table things_1;
    """)
    assert key(cache) == ("id",)
