"""A bounded memory of what was costly to find out, evicting by SIEVE: what was asked for stays.

https://cachemon.github.io/SIEVE-website/
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass(slots=True)
class Counts:
    """For the metrics; outlives the cache that a reload replaces."""

    requests: int = 0
    hits: int = 0
    evictions: int = 0


class _Node(Generic[V]):
    __slots__ = ("key", "newer", "older", "value", "visited")

    def __init__(self, key: Hashable, value: V, older: "_Node[V] | None") -> None:
        self.key = key
        self.value = value
        self.visited = False
        self.older = older
        self.newer: _Node[V] | None = None


class Sieve(Generic[V]):
    """At most `limit` values; none at all if the limit is 0. Used by one thread."""

    __slots__ = ("_hand", "_newest", "_nodes", "_oldest", "counts", "limit")

    def __init__(self, limit: int, counts: Counts) -> None:
        self.limit = limit
        self.counts = counts
        self._nodes: dict[Hashable, _Node[V]] = {}
        self._newest: _Node[V] | None = None
        self._oldest: _Node[V] | None = None
        self._hand: _Node[V] | None = None  # where the search for what to evict goes on

    def __len__(self) -> int:
        return len(self._nodes)

    def get(self, key: Hashable) -> V | None:
        self.counts.requests += 1
        node = self._nodes.get(key)
        if node is None:
            return None
        self.counts.hits += 1
        node.visited = True
        return node.value

    def peek(self, key: Hashable) -> V | None:
        """As `get`, but as if nobody had asked."""
        node = self._nodes.get(key)
        return None if node is None else node.value

    def put(self, key: Hashable, value: V) -> None:
        if node := self._nodes.get(key):
            node.value = value
        elif self.limit > 0:
            self._insert(key, value)

    def _insert(self, key: Hashable, value: V) -> None:
        if len(self._nodes) >= self.limit:
            self._evict()
        node = _Node(key, value, self._newest)
        if self._newest is not None:
            self._newest.newer = node
        self._newest = self._nodes[key] = node
        self._oldest = self._oldest or node

    def _evict(self) -> None:
        node = self._hand or self._oldest
        while node is not None and node.visited:
            node.visited = False
            node = node.newer or self._oldest
        if node is not None:
            self._hand = node.newer
            self._unlink(node)
            self.counts.evictions += 1

    def _unlink(self, node: _Node[V]) -> None:
        del self._nodes[node.key]
        if node.newer is None:
            self._newest = node.older
        else:
            node.newer.older = node.older
        if node.older is None:
            self._oldest = node.newer
        else:
            node.older.newer = node.newer
