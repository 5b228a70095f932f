"""Many values made or freed a few at a time, for both keep other threads from going on."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from passeplat.schema_cache.model import SchemaCache
from passeplat.schema_cache.relationships import Relationships

T = TypeVar("T")

FEW = 200


def converted(values: list[Any], convert: Callable[[Any], T]) -> list[T]:
    """Empties the list: afterwards, for the collector counts what is made against what is freed,
    and would come late and take long."""
    found = [convert(each) for each in values]
    for _ in freed([values]):
        pass
    return found


def parts(cache: SchemaCache) -> list[list[Any]]:
    """What is large in it: who holds that frees little by letting the cache itself go."""
    found: list[list[Any]] = [list(cache.tables.values()), list(cache.routines.values())]
    if isinstance(cache.relationships, Relationships):
        found += cache.relationships.parts()
    return found


def freed(lists: Iterable[list[Any]]) -> Iterator[None]:
    """Empties them, step by step."""
    for each in lists:
        while each:
            del each[-FEW:]
            yield
