"""Every way to read, generated: catalogue and values in, questions out."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from tests.security.tenancy import Ask, Tenants, Values, ask

from passeplat.schema_cache.model import Routine, Table, Volatility

_INCOMPARABLE = frozenset({"json", "xml"})
_COUNTED = {"Prefer": "count=exact"}


def whole(_: Tenants, table: Table) -> Iterator[Ask]:
    """The relation in every form that shows or counts its rows."""
    name = table.name
    yield ask("GET", name)
    yield ask("HEAD", name, **_COUNTED)
    yield ask("GET", name, **_COUNTED)
    yield ask("GET", name, ("limit", "0"), **_COUNTED)
    yield ask("GET", name, ("order", next(iter(table.columns))), Range="0-0", **_COUNTED)
    yield ask("GET", name, Accept="application/vnd.pgrst.array+json;nulls=stripped")
    yield ask("GET", name, ("order", ",".join(table.columns)), Accept="text/csv")


def beyond(_: Tenants, table: Table) -> Iterator[Ask]:
    """What shows no row, but might show that there are some."""
    name = table.name
    yield ask("GET", name, ("offset", "10000"), **_COUNTED)
    yield ask("GET", name, ("order", next(iter(table.columns))), Range="100-", **_COUNTED)
    yield ask("HEAD", name, Range="1000-2000", **_COUNTED)
    yield ask("GET", name, Accept="application/vnd.pgrst.object+json")
    yield ask("GET", name, ("select", "count()"))
    yield ask("GET", name, Accept="application/vnd.pgrst.plan+json;options=analyze")
    yield ask("OPTIONS", name)


def by_value(tenants: Tenants, table: Table) -> Iterator[Ask]:
    """Filters that hold for rows of the other tenant."""
    rows = tenants.samples(table)
    for row, column in product(rows, table.columns.values()):
        if column.type not in _INCOMPARABLE:
            for query in _filters(column.name, row[column.name]):
                yield ask("GET", table.name, *query, **_COUNTED)
    for row in rows:
        every = (equal(name, row[name]) for name in table.columns)
        yield ask("GET", table.name, ("select", next(iter(table.columns))), *every)


def _filters(name: str, value: Any) -> Iterator[tuple[tuple[str, str], ...]]:
    if value is None:
        yield ((name, "is.null"),)
        return
    quoted = _quoted(text_of(value))
    yield (equal(name, value),)
    yield (("or", f"({name}.in.({quoted}),not.and({name}.lte.{quoted},{name}.gte.{quoted}))"),)


def equal(name: str, value: Any) -> tuple[str, str]:
    return (name, "is.null" if value is None else f"eq.{text_of(value)}")


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else str(value).lower()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def ordered(tenants: Tenants, table: Table) -> Iterator[Ask]:
    """The place of a row in an order tells how many are before it."""
    computed = sorted(tenants.cache.computed_fields.get(table.name, ()))
    for name in (*table.columns, *computed):
        for way in ("asc", "desc"):
            order = ("order", f"{name}.{way}")
            yield ask("GET", table.name, ("select", name), order, ("limit", "5"), **_COUNTED)


def embeds(tenants: Tenants, table: Table) -> Iterator[Ask]:
    """Along every relationship."""
    name = table.name
    for relationship, spelling in tenants.spelled[name]:
        target = spelling.partition("!")[0]
        columns = list(tenants.cache.tables[relationship.foreign_table].columns)
        yield ask("GET", name, ("select", f"*,{spelling}(*)"), **_COUNTED)
        yield ask("GET", name, ("select", f"{spelling}!inner(*)"), **_COUNTED)
        yield ask("GET", name, ("select", f"*,{spelling}()"), (target, "not.is.null"), **_COUNTED)
        least = ((f"{target}.limit", "1"), (f"{target}.order", ",".join(columns)))
        yield ask("GET", name, ("select", f"*,{spelling}(*)"), *least)
        yield ask("GET", name, ("select", f"...{spelling}!inner(*)"))
        if relationship.to_one:
            order = ("order", f"{target}({columns[0]}).desc")
            yield ask("GET", name, ("select", f"{spelling}({columns[0]})"), order)


def embeds_of_embeds(tenants: Tenants, table: Table) -> Iterator[Ask]:
    """Where every relationship leads, along every other."""
    first = (("order", ",".join(table.columns)), ("limit", "3"))
    for relationship, spelling in tenants.spelled[table.name]:
        target = spelling.partition("!")[0]
        columns = ",".join(tenants.cache.tables[relationship.foreign_table].columns)
        few = ((f"{target}.order", columns), (f"{target}.limit", "3"))
        for _, onward in tenants.spelled[relationship.foreign_table]:
            select = ("select", f"{spelling}!inner({onward}!inner(*))")
            yield ask("GET", table.name, select, *first, *few)


def embeds_by_value(tenants: Tenants, table: Table) -> Iterator[Ask]:
    """Filters on what is embedded, that hold for a row of the other tenant's."""
    for _, spelling in tenants.spelled[table.name]:
        target = spelling.partition("!")[0]
        select = ("select", f"*,{spelling}!inner(*)")
        for name, value in tenants.embedded(table, spelling).items():
            where, condition = equal(f"{target}.{name}", value)
            yield ask("GET", table.name, select, (where, condition), **_COUNTED)


def calls(routine: Routine, values: Values) -> Iterator[Ask]:
    """With values that stand in rows, each argument in turn."""
    usual = {
        each.name: values[each.type][0]
        for each in routine.parameters
        if each.required and values.get(each.type)
    }
    yield from _call(routine, usual)
    for parameter in routine.parameters:
        for value in values.get(parameter.type, ()):
            yield from _call(routine, usual | {parameter.name: value})


def _call(routine: Routine, arguments: Mapping[str, Any]) -> Iterator[Ask]:
    yield ask("POST", routine.name, rpc=True, body=arguments, **_COUNTED)
    if routine.volatility is not Volatility.VOLATILE:
        query = ((name, text_of(value)) for name, value in arguments.items())
        yield ask("GET", routine.name, *query, rpc=True, **_COUNTED)
