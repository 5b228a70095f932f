"""Functions: which can be called, with what, and what they give."""

from collections.abc import Callable, Iterable

import pytest

from passeplat.names import QualifiedName
from passeplat.schema_cache.model import ReturnType, Routine, SchemaCache, Volatility

Load = Callable[..., SchemaCache]

BODY = "language plpgsql as 'begin end'"


def api(name: str) -> QualifiedName:
    return QualifiedName("api", name)


def the(cache: SchemaCache, name: str = "f") -> Routine:
    (routine,) = cache.routines[api(name)]
    return routine


def callable_with(load: Load, signatures: Iterable[str]) -> set[str]:
    """Which of the lists of arguments make a routine."""
    named = {f"f{place}": arguments for place, arguments in enumerate(signatures)}
    cache = load(
        " ".join(
            f"create function api.{name}({arguments})"
            f" {'' if 'out ' in arguments else 'returns int'} {BODY};"
            for name, arguments in named.items()
        )
    )
    return {named[name.name] for name in cache.routines}


def test_named_arguments_or_one_that_takes_the_body_can_be_called(load: Load) -> None:
    named = {"", "a int", "a int, b text", "inout a int", "a int, out int", "variadic a int[]"}
    whole = {"bytea", "json", "jsonb", "text", "xml", "json, out a int"}
    assert callable_with(load, named | whole) == named | whole


def test_other_unnamed_arguments_cannot(load: Load) -> None:
    assert not callable_with(
        load, ("int", "a int, int", "json, json", "varchar", "variadic int[]", "text, out int, int")
    )


def test_procedures_triggers_aggregates_and_window_functions_are_not_routines(load: Load) -> None:
    cache = load(f"""
        create procedure api.p() {BODY};
        create function api.t() returns trigger {BODY};
        create aggregate api.a(int) (sfunc = int4pl, stype = int);
    """)
    assert not cache.routines


def test_a_function_of_a_schema_that_is_not_exposed_is_not_a_routine(load: Load) -> None:
    assert not load(f"create function public.f() returns int {BODY}").routines


def test_overloads_stand_together_the_shortest_first(load: Load) -> None:
    cache = load(f"""
        create function api.f(a int, b int) returns int {BODY};
        create function api.f() returns int {BODY};
        create function api.f(a int) returns int {BODY};
    """)
    assert [len(routine.parameters) for routine in cache.routines[api("f")]] == [0, 1, 2]


def test_arguments_with_a_default_are_not_required(load: Load) -> None:
    cache = load(f"create function api.f(a int, b int default 1, c int = 2) returns int {BODY}")
    assert [p.required for p in the(cache).parameters] == [True, False, False]


def test_a_default_before_output_arguments_counts_for_the_inputs(load: Load) -> None:
    cache = load(f"create function api.f(out x int, a int, inout b int = 1, out y int) {BODY}")
    assert [(p.name, p.required) for p in the(cache).parameters] == [("a", True), ("b", False)]


def test_the_last_argument_may_be_variadic(load: Load) -> None:
    cache = load(f"create function api.f(a int, variadic rest text[]) returns int {BODY}")
    assert the(cache).has_variadic
    assert [(p.type, p.variadic) for p in the(cache).parameters] == [
        ("integer", False),
        ("text[]", True),
    ]


def test_an_argument_has_its_type_with_and_without_the_length_of_one(load: Load) -> None:
    expected = {
        "int": ("integer", "integer"),
        "char(3)": ("character", "character varying"),
        "char(3)[]": ("character[]", "character varying[]"),
        "bit(4)": ("bit", "bit varying"),
        "bit[]": ("bit[]", "bit varying[]"),
        "varchar(3)": ("character varying", "character varying"),
        "api.mood": ("api.mood", "api.mood"),
        "api.name_": ("api.name_", "api.name_"),
    }
    arguments = ", ".join(f"a{place} {type_}" for place, type_ in enumerate(expected))
    cache = load(f"""
        create type api.mood as enum ();
        create domain api.name_ as text;
        create function api.f({arguments}) returns int {BODY};
    """)
    found = [(p.type, p.type_without_length) for p in the(cache).parameters]
    assert dict(zip(expected, found, strict=True)) == expected


def returned(load: Load, signatures: Iterable[str]) -> list[ReturnType]:
    """What functions with these signatures return."""
    functions = (f"create function api.f{at:02}{sig} {BODY};" for at, sig in enumerate(signatures))
    cache = load(f"""
        create type api.mood as enum ();
        create type api.pair as (a int, b text[]);
        create domain api.pair_domain as api.pair;
        create table api.things (id int);
        create domain api.one_thing as api.things;
        create table hidden (a int, gone int, b text[]);
        alter table hidden drop column gone;
        {" ".join(functions)}
    """)
    return [routine.returns for (routine,) in cache.routines.values()]


def test_what_a_function_returns(load: Load) -> None:
    expected = {
        "() returns int": (("pg_catalog", "int4"), False, False),
        "() returns setof text": (("pg_catalog", "text"), False, True),
        "() returns int[]": (("pg_catalog", "_int4"), False, False),
        "() returns record": (("pg_catalog", "record"), False, False),
        "() returns setof record": (("pg_catalog", "record"), False, True),
        "() returns api.mood": (("api", "mood"), False, False),
        "() returns api.things": (("api", "things"), True, False),
        "() returns setof api.things": (("api", "things"), True, True),
        "() returns api.one_thing": (("api", "things"), True, False),
        "() returns api.pair": (("api", "pair"), True, False),
        "() returns hidden": (("public", "hidden"), True, False),
    }
    found = [
        ((r.name.schema, r.name.name), r.is_composite, r.is_set)
        for r in returned(load, expected)
        if not r.is_record
    ]
    assert dict(zip(expected, found, strict=True)) == expected


def test_output_arguments_make_a_record(load: Load) -> None:
    expected = {
        "() returns table (a int, b text[])": (True, (("a", "integer"), ("b", "text[]"))),
        "() returns table (a int)": (True, (("a", "integer"),)),
        "(out a int, out b api.mood)": (False, (("a", "integer"), ("b", "api.mood"))),
        "(x int, out a int)": (False, (("a", "integer"),)),
        "(inout a int)": (False, (("a", "integer"),)),
        "(out a int, out int)": (False, (("a", "integer"), ("column2", "integer"))),
        "(out a int) returns setof int": (True, (("a", "integer"),)),
    }
    found = [
        (r.is_set, r.columns) for r in returned(load, expected) if r.is_composite and r.is_record
    ]
    assert dict(zip(expected, found, strict=True)) == expected


def test_the_columns_of_composites_outside_the_tables_are_listed(load: Load) -> None:
    signatures = ("() returns api.pair", "() returns hidden", "() returns api.pair_domain")
    found = [returns.columns for returns in returned(load, signatures)]
    assert found == [(("a", "integer"), ("b", "text[]"))] * 3


def test_the_columns_of_tables_are_left_to_the_tables(load: Load) -> None:
    assert [returns.columns for returns in returned(load, ["() returns api.things"])] == [()]


def test_a_function_may_return_nothing(load: Load) -> None:
    cache = load(f"""
        create function api.f() returns void {BODY};
        create function api.g() returns int {BODY};
    """)
    assert (the(cache).is_void, the(cache, "g").is_void) == (True, False)


def test_volatility_is_kept(load: Load) -> None:
    cache = load(
        " ".join(
            f"create function api.{volatility.name}() returns int {volatility.name} {BODY};"
            for volatility in Volatility
        )
    )
    found = {name.name: routine.volatility for name, (routine,) in cache.routines.items()}
    assert found == {volatility.name.lower(): volatility for volatility in Volatility}


def test_only_settings_that_may_be_hoisted_are_kept(load: Load) -> None:
    cache = load(
        f"""create function api.f() returns int
            set work_mem = '1MB' set statement_timeout = '5s' {BODY}""",
        db_hoisted_tx_settings=("statement_timeout",),
    )
    assert the(cache).settings == (("statement_timeout", "5s"),)


ISOLATED = f"""create function api.f() returns int
    set default_transaction_isolation = 'REPEATABLE READ' {BODY}"""


def test_isolation_is_kept_apart(load: Load) -> None:
    found = the(load(ISOLATED))
    assert (found.isolation, found.settings) == ("repeatable read", ())


def test_isolation_that_may_not_be_hoisted_is_dropped(load: Load) -> None:
    cache = load(ISOLATED, db_hoisted_tx_settings=())
    assert the(cache).isolation is None


def test_the_comment_is_kept(load: Load) -> None:
    cache = load(f"""
        create function api.f() returns int {BODY};
        comment on function api.f() is 'does it';
    """)
    assert the(cache).description == "does it"


FIELD = "create table api.things (id int); create table api.others (id int);"


def test_functions_of_a_row_are_computed_fields_of_its_relation(load: Load) -> None:
    cache = load(f"""{FIELD}
        create function api.size(api.things) returns int {BODY};
        create function api.shape(t api.things) returns text {BODY};
    """)
    assert cache.computed_fields == {api("things"): {"size", "shape"}}


def test_functions_with_more_arguments_or_other_rows_are_not(load: Load) -> None:
    cache = load(
        f"""{FIELD}
        create function api.a(api.things, int) returns int {BODY};
        create function api.c(anyelement) returns int {BODY};
        create aggregate api.d(api.things) (sfunc = array_append, stype = api.things[]);
    """
    )
    assert not cache.computed_fields


@pytest.mark.parametrize(("path", "fields"), [(("extra",), {"size"}), ((), None)])
def test_a_computed_field_is_found_on_the_search_path(
    load: Load, path: tuple[str, ...], fields: set[str] | None
) -> None:
    cache = load(
        f"""{FIELD} create schema extra;
            create function extra.size(api.things) returns int {BODY};
        """,
        db_extra_search_path=path,
    )
    assert cache.computed_fields.get(api("things")) == fields


def test_composite_types_and_views_have_computed_fields(load: Load) -> None:
    cache = load(f"""{FIELD}
        create type api.pair as (a int, b int);
        create view api.seen as table api.things;
        create function api.size(api.pair) returns int {BODY};
        create function api.size(api.seen) returns int {BODY};
    """)
    assert set(cache.computed_fields) == {api("pair"), api("seen")}


def test_a_table_has_the_computed_fields_of_those_it_inherits_from(load: Load) -> None:
    cache = load(f"""{FIELD}
        create table api.special () inherits (api.things);
        create table api.very_special () inherits (api.special);
        create function api.size(api.things) returns int {BODY};
    """)
    assert set(cache.computed_fields) == {api("things"), api("special"), api("very_special")}
