"""The claims of a token and a path become the role it asks for, or none."""

import json
import operator
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, assert_never

from passeplat.config.json_path import (
    Comparison,
    Every,
    Index,
    Literal,
    Name,
    Not,
    Operand,
    Path,
    Search,
    Segment,
    Selector,
    Slice,
    Some,
    Test,
    Where,
    Wildcard,
)

_MOST_NODES = 10_000  # of one segment: a path that finds more is not one of a role
_NOTHING = object()  # where a path of a comparison finds no node; equal to itself alone

_ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def find_role(path: Path, claims: Mapping[str, Any]) -> str | None:
    """The first node as text: a text as it is, anything else as JSON; None where there is none.

    Raises ValueError or RecursionError for claims too many or too deep to look through.
    """
    for value in _nodes(path, claims, claims):
        return value if isinstance(value, str) else _as_json(value)
    return None


def _as_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _nodes(path: Path, root: Any, current: Any) -> list[Any]:
    nodes = [root if path.from_root else current]
    for segment in path.segments:
        nodes = list(islice(_step(segment, nodes, root), _MOST_NODES + 1))
        if len(nodes) > _MOST_NODES:
            raise ValueError("too many nodes")
    return nodes


def _step(segment: Segment, nodes: Iterable[Any], root: Any) -> Iterator[Any]:
    for node in nodes:
        for start in _with_descendants(node) if segment.descendants else (node,):
            for selector in segment.selectors:
                yield from _select(selector, start, root)


def _with_descendants(node: Any) -> Iterator[Any]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(_children(node)))


def _children(node: Any) -> list[Any]:
    match node:
        case dict():
            return list(node.values())
        case list():
            return node
        case _:
            return []


def _select(selector: Selector, node: Any, root: Any) -> Iterable[Any]:
    match selector:
        case Name(name):
            return [node[name]] if isinstance(node, dict) and name in node else []
        case Index(index):
            return _item(node, index) if isinstance(node, list) else []
        case Slice(start, stop, step):
            return node[start:stop:step] if isinstance(node, list) and step != 0 else []
        case Wildcard():
            return _children(node)
        case Where(test):
            return (child for child in _children(node) if _holds(test, child, root))
        case _ as other:
            assert_never(other)


def _item(node: list[Any], index: int) -> list[Any]:
    return [node[index]] if -len(node) <= index < len(node) else []


def _holds(test: Test, current: Any, root: Any) -> bool:
    match test:
        case Path():
            return bool(_nodes(test, root, current))
        case Comparison(left, sign, right):
            return _compare(_value(left, current, root), sign, _value(right, current, root))
        case Search(subject, pattern):
            value = _value(subject, current, root)
            return isinstance(value, str) and bool(pattern.search(value))
        case Not(inner):
            return not _holds(inner, current, root)
        case Every(tests):
            return all(_holds(each, current, root) for each in tests)
        case Some(tests):
            return any(_holds(each, current, root) for each in tests)
        case _ as other:
            assert_never(other)


def _value(operand: Operand, current: Any, root: Any) -> Any:
    match operand:
        case Literal(value):
            return value
        case Path():
            return next(iter(_nodes(operand, root, current)), _NOTHING)
        case _ as other:
            assert_never(other)


def _compare(left: Any, sign: str, right: Any) -> bool:
    if sign in {"==", "!="}:
        return _equal(left, right) == (sign == "==")
    if not _ordered(left, right):
        return sign in {"<=", ">="} and _equal(left, right)
    return bool(_ORDERS[sign](left, right))


def _ordered(left: Any, right: Any) -> bool:
    texts = isinstance(left, str) and isinstance(right, str)
    return texts or (_is_number(left) and _is_number(right))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(left: Any, right: Any) -> bool:
    """As JSON has it: to Python true is the number 1."""
    match left, right:
        case dict(), dict():
            return left.keys() == right.keys() and all(_equal(left[k], right[k]) for k in left)
        case list(), list():
            return len(left) == len(right) and all(map(_equal, left, right))
        case _:
            return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)
