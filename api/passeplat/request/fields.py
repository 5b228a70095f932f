"""Names and JSON paths of the query string: the text a pattern found becomes a Field."""

import re

from passeplat.request.limits import MAX_DEPTH
from passeplat.request.model import EmbedPath, Field, JsonStep
from passeplat.request.patterns import ANY_NAME, INDEX, KEY, PATH, QUOTED, WORD
from passeplat.request.syntax import Mismatch, too_deep

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PLAIN = re.compile(rf"{WORD}(?:\.{WORD}){{0,{MAX_DEPTH}}}", re.ASCII)
_STEP = re.compile(rf"(->>?+)(?:({QUOTED})|({INDEX})|({KEY}))", re.DOTALL)
_NAME = re.compile(ANY_NAME, re.DOTALL)
_NAMES = re.compile(rf"{ANY_NAME}(?:[ \t]*+,[ \t]*+{ANY_NAME})*+", re.DOTALL)
_RELATIONS = re.compile(rf"{ANY_NAME}(?:\.{ANY_NAME})*+", re.DOTALL)
_TREE_PATH = re.compile(rf"((?:{ANY_NAME}\.)*+)({ANY_NAME})({PATH})", re.DOTALL)


def unquoted(text: str) -> str:
    """What stands between quotes, without the backslashes that escape."""
    inside = text[1:-1]
    return _ESCAPED.sub(r"\1", inside) if "\\" in inside else inside


def name_of(text: str) -> str:
    return unquoted(text) if text[0] == '"' else text.strip(" ")


def field_of(name: str, path: str) -> Field:
    return Field(name_of(name), _steps(path) if path else ())


def _steps(path: str) -> tuple[JsonStep, ...]:
    steps = tuple(map(_step, _STEP.finditer(path)))
    if len(steps) > MAX_DEPTH:
        raise too_deep("JSON paths")
    return steps


def _step(found: re.Match[str]) -> JsonStep:
    arrow, quoted, index, key = found.groups()
    return JsonStep(
        "->>" if arrow == "->>" else "->",
        int(index) if index else unquoted(quoted) if quoted else key.strip(),
    )


def read_names(text: str) -> tuple[str, ...]:
    """`a,b,"c d"`, without duplicates."""
    found = _NAMES.match(text)
    if found is None or found.end() != len(text):
        raise Mismatch(found.end() if found else 0)
    return tuple(dict.fromkeys(map(name_of, _NAME.findall(text))))


def read_tree_path(key: str) -> tuple[EmbedPath, Field]:
    """`rel.rel2.column->json`: where it belongs and which field is meant."""
    if _PLAIN.fullmatch(key):
        *above, name = key.split(".")
        return tuple(above), Field(name)
    found = _TREE_PATH.fullmatch(key)
    if found is None:
        raise Mismatch(0)
    relations, name, path = found.groups()
    return _embed_path(relations), field_of(name, path)


def read_relations(text: str) -> EmbedPath:
    """`rel.rel2`: a path without a field at its end."""
    if _RELATIONS.fullmatch(text) is None:
        raise Mismatch(0)
    return _embed_path(text)


def _embed_path(relations: str) -> EmbedPath:
    path = tuple(map(name_of, _NAME.findall(relations)))
    if len(path) > MAX_DEPTH:
        raise too_deep("embeds")
    return path
