"""A statement without its values: what was built for marks instead of values, to be filled again.

The marks are put into a request where its values were. Where a parameter is a mark afterwards, in
one of the forms that building gives to values, it stands for the value. A mark anywhere else means
that the statement depends on the value, and then there is no template.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from passeplat.postgres.model import Query
from passeplat.query.params import array_literal, encode

Value: TypeAlias = str | tuple[str, ...] | bytes
"""A decoded value of the query string, the elements of a list, or the body."""

_Form: TypeAlias = Callable[[Value], bytes]


@dataclass(frozen=True, slots=True)
class Template:
    sql: str
    constant: tuple[bytes | None, ...]  # the parameters, None where a value belongs
    slots: tuple[tuple[int, int, _Form], ...]  # parameter, number of the value, its form there

    def filled(self, values: Sequence[Value]) -> tuple[bytes | None, ...]:
        """The parameters. Raises QueryStringError on a value that no parameter can be."""
        params = list(self.constant)
        for parameter, number, form in self.slots:
            params[parameter] = form(values[number])
        return tuple(params)


def template(query: Query, marks: Sequence[str]) -> Template | None:
    """`marks`: one for each value, of letters and digits that occur nowhere else, then a `*`, which
    shows where a pattern is made of it."""
    forms = dict(pair for number, mark in enumerate(marks) for pair in _forms(mark, number))
    found = [None if given is None else forms.get(given) for given in query.params]
    made = Template(
        query.sql,
        tuple(
            given if form is None else None for given, form in zip(query.params, found, strict=True)
        ),
        tuple((position, *form) for position, form in enumerate(found) if form is not None),
    )
    return None if any(_shows(made, mark[:-1]) for mark in marks) else made


def _forms(mark: str, number: int) -> tuple[tuple[bytes, tuple[int, _Form]], ...]:
    return (
        (mark.encode(), (number, _as_it_is)),
        (mark.replace("*", "%").encode(), (number, _pattern)),
        (array_literal((mark,)).encode(), (number, _array)),
    )


def _as_it_is(value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    assert isinstance(value, str)  # noqa: S101 - a list is bound as an array
    return encode(value)


def _pattern(value: Value) -> bytes:
    assert isinstance(value, str)  # noqa: S101 - patterns are made of texts
    return encode(value.replace("*", "%"))


def _array(value: Value) -> bytes:
    assert not isinstance(value, bytes)  # noqa: S101 - a body is none
    return encode(array_literal((value,) if isinstance(value, str) else value))


def _shows(made: Template, mark: str) -> bool:
    raw = mark.encode()
    return mark in made.sql or any(each is not None and raw in each for each in made.constant)
