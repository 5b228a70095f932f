"""A shape's statements as a lane sends them: what all of its requests share is bytes already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from passeplat.postgres import wire
from passeplat.postgres.flight import Bound
from passeplat.postgres.statements import Key
from passeplat.query.context import ContextTemplate
from passeplat.query.template import Template, Value


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    context: Key
    number: int  # of the values of the context
    before: bytes  # those that come before the claims
    asked: bytes
    after: bytes  # those that come after headers and cookies
    statements: tuple[tuple[Key, Template], ...]

    def bound(self, payload: bytes, sender: bytes, values: Sequence[Value]) -> list[Bound]:
        """`payload`: the claims. `sender`: headers and cookies, packed."""
        claims = wire.packed(payload)
        given = wire.arguments(self.number, self.before, claims, self.asked, sender, self.after)
        reads = [(self.context, given)]
        for key, template in self.statements:
            filled = template.filled(values)
            reads.append((key, wire.arguments(len(filled), wire.packed(*filled))))
        return reads


def pack(context: ContextTemplate, statements: Iterable[Template], scope: str) -> Packed:
    number = len(context.filled(b"", b"", b""))
    return Packed(
        (context.sql, ""),
        number,
        wire.packed(*context.before),
        wire.packed(*context.asked),
        wire.packed(*context.after),
        tuple(((each.sql, scope), each) for each in statements),
    )
