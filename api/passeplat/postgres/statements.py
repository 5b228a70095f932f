"""Which prepared statements a session holds: (SQL, scope) in, the name it was prepared under out.

Names are given once and never again, so a name says which text was prepared even if a statement
was closed, dropped behind our back, or prepared twice. They are random, so that nobody can take
one in advance.
"""

from secrets import token_hex
from typing import TypeAlias

Key: TypeAlias = tuple[str, str]
"""SQL text and the scope its plan belongs to."""


class Statements:
    """At most `limit` names; the least recently used go first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._names: dict[Key, bytes] = {}  # in order of use
        self._unwanted: list[bytes] = []

    def __len__(self) -> int:
        return len(self._names)

    def find(self, key: Key) -> bytes | None:
        name = self._names.pop(key, None)
        if name is not None:
            self._names[key] = name
        return name

    def new_name(self) -> bytes:
        return b"passeplat_" + token_hex(12).encode()

    def remember(self, key: Key, name: bytes) -> None:
        """The server says that `name` is prepared: only now may it be used without a Parse."""
        if key in self._names:
            self._unwanted.append(name)
            return
        self._names[key] = name
        if len(self._names) > self._limit:
            self.forget(next(iter(self._names)))

    def forget(self, key: Key) -> None:
        name = self._names.pop(key, None)
        if name is not None:
            self._unwanted.append(name)

    def take_unwanted(self) -> list[bytes]:
        """The names to close with the next message to the server."""
        unwanted, self._unwanted = self._unwanted, []
        return unwanted
