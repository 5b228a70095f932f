"""What is written from a value reads back as that value; readers and grammar accept the same."""

from collections.abc import Callable
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from passeplat.errors import QueryStringError
from passeplat.request import grammar
from passeplat.request.explain import accepts, explain
from passeplat.request.fields import read_names, read_relations, read_tree_path
from passeplat.request.filters import COMPARISONS, FULL_TEXT, QUANTIFIABLE, read_filter
from passeplat.request.logic import read_logic
from passeplat.request.model import (
    Compare,
    Embed,
    Field,
    Filter,
    FullText,
    In,
    Is,
    IsDistinct,
    JsonStep,
    Logic,
    Operation,
    OrderTerm,
    SelectField,
    SelectItem,
)
from passeplat.request.order import read_order
from passeplat.request.select import read_select
from passeplat.request.syntax import Mismatch

# Writing: values to text


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written_name(name: str) -> str:
    simple = name.replace("_", "a").isalnum() and name.isascii() and name != "count"
    return name if simple else quoted(name)


def written_field(field: Field) -> str:
    steps = (step.arrow + written_key(step.key) for step in field.path)
    return written_name(field.name) + "".join(steps)


def written_key(key: str | int) -> str:
    return str(key) if isinstance(key, int) else quoted(key)


def written_item(item: SelectItem) -> str:
    alias = "" if item.alias is None else f"{written_name(item.alias)}:"
    if isinstance(item, SelectField):
        return alias + written_column(item)
    spread = "..." if item.spread else ""
    hint = "" if item.hint is None else f"!{written_name(item.hint)}"
    join = "" if item.join is None else f"!{item.join}"
    inside = ",".join(map(written_item, item.select))
    return f"{spread}{alias}{written_name(item.target)}{hint}{join}({inside})"


def written_column(item: SelectField) -> str:
    cast = "" if item.cast is None else f"::{item.cast}"
    aggregate_cast = "" if item.aggregate_cast is None else f"::{item.aggregate_cast}"
    if item.field.name == "*":
        return "*" if item.aggregate is None else f"count(){aggregate_cast}"
    aggregate = "" if item.aggregate is None else f".{item.aggregate}()"
    return written_field(item.field) + cast + aggregate + aggregate_cast


def written_term(term: OrderTerm) -> str:
    field = written_field(term.field)
    whole = field if term.relation is None else f"{written_name(term.relation)}({field})"
    direction = "" if term.direction is None else f".{term.direction}"
    return whole + direction + ("" if term.nulls is None else f".nulls{term.nulls}")


def written_operation(operation: Operation, value: Callable[[str], str]) -> str:
    match operation:
        case Compare(operator, text, quantifier):
            return f"{operator}{f'({quantifier})' if quantifier else ''}.{value(text)}"
        case In(values):
            return f"in.({','.join(map(quoted, values))})"
        case Is(word):
            return f"is.{word}"
        case IsDistinct(text):
            return f"isdistinct.{value(text)}"
        case FullText(operator, text, language):
            return f"{operator}{f'({language})' if language else ''}.{value(text)}"


def written_condition(condition: Filter | Logic) -> str:
    negation = "not." if condition.negated else ""
    if isinstance(condition, Filter):
        operation = written_operation(condition.operation, quoted)
        return f"{written_field(condition.field)}.{negation}{operation}"
    return (
        f"{negation}{condition.operator}({','.join(map(written_condition, condition.conditions))})"
    )


# Values of every kind

characters = st.characters(exclude_categories=["Cs"])
names = st.one_of(st.from_regex(r"[a-z_]{1,6}", fullmatch=True), st.text(characters, min_size=1))
keys = st.one_of(st.integers(-999_999_999, 999_999_999), st.text(characters))
fields = st.builds(
    Field,
    names.filter(lambda name: name != "*"),
    st.lists(st.builds(JsonStep, st.sampled_from(["->", "->>"]), keys), max_size=3).map(tuple),
)
casts = st.none() | st.sampled_from(["text", "int", "_int4", "double precision", "my_type"])
aggregates = st.sampled_from(["sum", "avg", "count", "max", "min"])


def columns() -> st.SearchStrategy[SelectField]:
    aliases = st.none() | names
    plain = st.builds(SelectField, fields, aliases, casts)
    aggregated = st.builds(SelectField, fields, aliases, casts, aggregates, casts)
    counts = st.builds(
        SelectField, st.just(Field("*")), aliases, st.none(), st.just("count"), casts
    )
    return st.one_of(plain, aggregated, counts, st.just(SelectField(Field("*"))))


def embeds(inside: st.SearchStrategy[SelectItem]) -> st.SearchStrategy[Embed]:
    select = st.lists(inside, max_size=3).map(tuple)
    joins = st.none() | st.sampled_from(["inner", "left"])
    hints = st.none() | names.filter(lambda name: name not in {"inner", "left"})
    plain = st.builds(Embed, names, select, st.none() | names, hints, joins)
    spread = st.builds(Embed, names, select, st.none(), hints, joins, st.just(True))
    return plain | spread


items = st.recursive(columns(), embeds, max_leaves=8)
selects = st.lists(items, min_size=1, max_size=4).map(tuple)
orders = st.lists(
    st.builds(
        OrderTerm,
        fields,
        st.none() | names,
        st.sampled_from([None, "asc", "desc"]),
        st.sampled_from([None, "first", "last"]),
    ),
    min_size=1,
    max_size=4,
).map(tuple)

values = st.text(characters)
operations: st.SearchStrategy[Operation] = st.one_of(
    st.builds(Compare, st.sampled_from(sorted(COMPARISONS)), values),
    st.builds(
        Compare,
        st.sampled_from(sorted(QUANTIFIABLE)),
        values,
        st.sampled_from([None, "any", "all"]),
    ),
    st.builds(In, st.lists(values, min_size=1, max_size=4).map(tuple)),
    st.builds(Is, st.sampled_from(["null", "not_null", "true", "false", "unknown"])),
    st.builds(IsDistinct, values),
    st.builds(
        FullText,
        st.sampled_from(sorted(FULL_TEXT)),
        values,
        st.none() | st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
    ),
)
filters = st.builds(Filter, fields, operations, st.booleans())


def groups(inside: st.SearchStrategy[Filter | Logic]) -> st.SearchStrategy[Logic]:
    conditions = st.lists(inside, min_size=1, max_size=3).map(tuple)
    return st.builds(Logic, st.sampled_from(["and", "or"]), conditions, st.booleans())


logics = groups(st.recursive(filters, groups, max_leaves=6))


@given(selects)
def test_a_select_reads_back(select: tuple[SelectItem, ...]) -> None:
    assert read_select(",".join(map(written_item, select))) == select


@given(orders)
def test_an_order_reads_back(order: tuple[OrderTerm, ...]) -> None:
    assert read_order(",".join(map(written_term, order))) == order


@given(operations, st.booleans())
def test_a_filter_reads_back(operation: Operation, negated: bool) -> None:
    text = ("not." if negated else "") + written_operation(operation, str)
    assert read_filter(text) == (operation, negated)


@given(logics)
def test_logic_reads_back(logic: Logic) -> None:
    assert read_logic(written_condition(logic)) == logic


@given(st.lists(names, max_size=3), fields)
def test_a_path_reads_back(relations: list[str], field: Field) -> None:
    text = "".join(f"{written_name(name)}." for name in relations) + written_field(field)
    assert read_tree_path(text) == (tuple(relations), field)


@given(selects)
def test_spaces_around_items_change_nothing(select: tuple[SelectItem, ...]) -> None:
    assert read_select(" , \t".join(map(written_item, select))) == select


# The readers and the grammar

pieces = st.sampled_from(
    [
        *'ab1_ .,:!()*->"\\{}$é\t',
        *("->", "->>", "::", "...", "()", "count", "count()", "sum", ".max()", "::int"),
        *(
            "not.",
            "and(",
            "or(",
            "eq.",
            "in.(",
            "is.",
            "null",
            "isdistinct.",
            "fts(",
            "cs.",
            "like",
        ),
        *("(any)", ".asc", ".desc", ".nullsfirst", "!inner", "!left", '"a b"', "{1,2}", "a.eq.1"),
    ]
)
nearly = st.lists(pieces, max_size=12).map("".join)


def reads(reader: Callable[[str], Any], text: str) -> bool:
    try:
        reader(text)
    except Mismatch:
        return False
    except QueryStringError:  # refused for its depth or its cast, not for its syntax
        return True
    return True


@given(nearly.filter(str.strip))
@example("a!left_x(b)")
@example("*,a")
@example("a- ")
def test_select_reads_what_the_grammar_accepts(text: str) -> None:
    assert reads(read_select, text) == accepts(grammar.SELECT, text)


@given(nearly)
def test_order_reads_what_the_grammar_accepts(text: str) -> None:
    assert reads(read_order, text) == accepts(grammar.ORDER, text)


@given(nearly)
def test_filters_read_what_the_grammar_accepts(text: str) -> None:
    assert reads(read_filter, text) == accepts(grammar.FILTER, text)


@given(nearly, st.sampled_from(["and", "or", "not.and", "not.or"]))
def test_logic_reads_what_the_grammar_accepts(text: str, operator: str) -> None:
    assert reads(read_logic, f"{operator}({text})") == accepts(grammar.LOGIC, f"{operator}({text})")


@given(nearly)
def test_names_read_what_the_grammar_accepts(text: str) -> None:
    assert reads(read_names, text) == accepts(grammar.NAMES, text)


@given(nearly)
def test_paths_read_what_the_grammar_accepts(text: str) -> None:
    assert reads(read_tree_path, text) == accepts(grammar.TREE_PATH, text)


@given(nearly)
def test_paths_without_a_field_are_paths(text: str) -> None:
    assert not reads(read_relations, text) or accepts(grammar.TREE_PATH, text)


@given(nearly)
def test_a_refused_text_is_explained_inside_of_it(text: str) -> None:
    failure = explain(grammar.SELECT, text)
    assert 0 <= failure.position <= len(text) + 1
