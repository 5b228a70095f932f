"""The text of jwt-role-claim-key becomes a path: RFC 9535 JSONPath with search().

https://www.rfc-editor.org/rfc/rfc9535
"""

import json
import re
from dataclasses import dataclass

from passeplat.config.js_path import modern
from passeplat.errors import SettingError

_LONGEST = 1000  # characters; parentheses nest no deeper than a recursion can follow

_TOKEN = re.compile(
    r"""[ \t\n\r]*(?:
      (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<number>-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,15})?(?:[eE][+-]?[0-9]{1,2})?)
    | (?P<name>[^\x00-@\[-^`{-\x7f][^\x00-/:-@\[-^`{-\x7f]*)
    | (?P<sign>\.\.|&&|\|\||[=!<>]=|[$@.\[\]()?*,:!<>])
    )[ \t\n\r]*""",
    re.VERBOSE,
)
_END = re.compile(r"(\\.|\[(?:\\.|[^\]\\])*\])|\$", re.DOTALL)
_SHORTHAND = re.compile(r"[^\x00-@\[-^`{-\x7f][^\x00-/:-@\[-^`{-\x7f]*")


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    index: int


@dataclass(frozen=True, slots=True)
class Slice:
    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class Wildcard:
    pass


@dataclass(frozen=True, slots=True)
class Where:
    test: "Test"


Selector = Name | Index | Slice | Wildcard | Where


@dataclass(frozen=True, slots=True)
class Segment:
    selectors: tuple[Selector, ...]
    descendants: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """From the root (`$`) or, within a filter, from the current node (`@`)."""

    segments: tuple[Segment, ...]
    from_root: bool = True

    @property
    def is_singular(self) -> bool:
        """Whether it finds at most one node, which is what a comparison takes."""
        return all(
            not each.descendants
            and len(each.selectors) == 1
            and isinstance(each.selectors[0], Name | Index)
            for each in self.segments
        )


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | int | float | bool | None


Operand = Literal | Path


@dataclass(frozen=True, slots=True)
class Comparison:
    left: Operand
    operator: str
    right: Operand


@dataclass(frozen=True, slots=True)
class Search:
    subject: Operand
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Not:
    test: "Test"


@dataclass(frozen=True, slots=True)
class Every:
    tests: tuple["Test", ...]


@dataclass(frozen=True, slots=True)
class Some:
    tests: tuple["Test", ...]


Test = Comparison | Search | Not | Every | Some | Path  # a path alone: something is there


def parse_path(text: str) -> Path:
    """Raises SettingError with PostgREST's sentence."""
    try:
        return _parse(modern(text))
    except (_Malformed, re.error, ValueError, RecursionError):
        raise SettingError(f"failed to parse role-claim-key value ({text})") from None


class _Malformed(Exception):
    pass


_Tokens = list[str]  # the next one last


def _parse(text: str) -> Path:
    if len(text) > _LONGEST:
        raise _Malformed
    tokens = _tokenize(text)
    _take(tokens, "$")
    path = Path(_segments(tokens))
    if tokens:
        raise _Malformed
    return path


def _tokenize(text: str) -> _Tokens:
    at, tokens = 0, []
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise _Malformed
        tokens.append(token[0].strip(" \t\n\r"))
        at = token.end()
    return tokens[::-1]


def _take(tokens: _Tokens, expected: str) -> None:
    if not tokens or tokens.pop() != expected:
        raise _Malformed


def _next(tokens: _Tokens) -> str:
    return tokens[-1] if tokens else ""


def _accept(tokens: _Tokens, sign: str) -> bool:
    found = _next(tokens) == sign
    if found:
        tokens.pop()
    return found


def _segments(tokens: _Tokens) -> tuple[Segment, ...]:
    segments = []
    while _next(tokens) in {".", "..", "["}:
        sign = _next(tokens)
        if sign != "[":
            tokens.pop()
        in_brackets = sign == "[" or (sign == ".." and _next(tokens) == "[")
        selectors = _bracketed(tokens) if in_brackets else (_shorthand(tokens),)
        segments.append(Segment(selectors, sign == ".."))
    return tuple(segments)


def _shorthand(tokens: _Tokens) -> Selector:
    if _accept(tokens, "*"):
        return Wildcard()
    if not _SHORTHAND.fullmatch(_next(tokens)):
        raise _Malformed
    return Name(tokens.pop())


def _bracketed(tokens: _Tokens) -> tuple[Selector, ...]:
    _take(tokens, "[")
    selectors = [_selector(tokens)]
    while _accept(tokens, ","):
        selectors.append(_selector(tokens))
    _take(tokens, "]")
    return tuple(selectors)


def _selector(tokens: _Tokens) -> Selector:
    if _accept(tokens, "*"):
        return Wildcard()
    if _accept(tokens, "?"):
        return Where(_some(tokens))
    if _next(tokens).startswith(("'", '"')):
        return Name(_text(tokens.pop()))
    start = _integer(tokens)
    if _next(tokens) == ":":
        return _slice(tokens, start)
    if start is None:
        raise _Malformed
    return Index(start)


def _slice(tokens: _Tokens, start: int | None) -> Slice:
    _take(tokens, ":")
    stop = _integer(tokens)
    step = _integer(tokens) if _accept(tokens, ":") else None
    return Slice(start, stop, step)


def _integer(tokens: _Tokens) -> int | None:
    return int(tokens.pop()) if _next(tokens).lstrip("-").isdigit() else None


def _some(tokens: _Tokens) -> Test:
    tests = [_every(tokens)]
    while _accept(tokens, "||"):
        tests.append(_every(tokens))
    return tests[0] if len(tests) == 1 else Some(tuple(tests))


def _every(tokens: _Tokens) -> Test:
    tests = [_test(tokens)]
    while _accept(tokens, "&&"):
        tests.append(_test(tokens))
    return tests[0] if len(tests) == 1 else Every(tuple(tests))


def _test(tokens: _Tokens) -> Test:
    if _accept(tokens, "!"):
        return Not(_test(tokens))
    if _accept(tokens, "("):
        test = _some(tokens)
        _take(tokens, ")")
        return test
    if _accept(tokens, "search"):
        return _search(tokens)
    return _comparison(tokens)


def _search(tokens: _Tokens) -> Search:
    _take(tokens, "(")
    subject = _compared(_operand(tokens))
    _take(tokens, ",")
    pattern = _operand(tokens)
    _take(tokens, ")")
    match pattern:
        case Literal(str() as text):
            return Search(subject, _pattern(text))
        case _:
            raise _Malformed


def _pattern(text: str) -> re.Pattern[str]:
    """A dollar is the end of the text itself, not also the place before a last newline."""
    return re.compile(_END.sub(lambda found: found[1] or r"\Z", text))


def _comparison(tokens: _Tokens) -> Test:
    left = _operand(tokens)
    if _next(tokens) in {"==", "!=", "<=", ">=", "<", ">"}:
        operator = tokens.pop()
        return Comparison(_compared(left), operator, _compared(_operand(tokens)))
    if isinstance(left, Literal):
        raise _Malformed
    return left


def _compared(operand: Operand) -> Operand:
    if isinstance(operand, Path) and not operand.is_singular:
        raise _Malformed
    return operand


def _operand(tokens: _Tokens) -> Operand:
    if not tokens:
        raise _Malformed
    first = tokens.pop()
    if first in {"$", "@"}:
        return Path(_segments(tokens), from_root=first == "$")
    if first.startswith(("'", '"')):
        return Literal(_text(first))
    if first in _WORDS:
        return Literal(_WORDS[first])
    return Literal(_number(first))


_WORDS = {"true": True, "false": False, "null": None}


def _number(token: str) -> int | float:
    number = json.loads(token)
    if not isinstance(number, int | float):
        raise _Malformed
    return number


def _text(token: str) -> str:
    """A single- or double-quoted text of JSONPath, by way of JSON's escapes."""
    inner = token[1:-1]
    if token.startswith("'"):
        inner = re.sub(r"\\(.)|(\")", _requote, inner)
    text: str = json.loads(f'"{inner}"')
    return text


def _requote(found: re.Match[str]) -> str:
    if found[2]:
        return '\\"'
    return "'" if found[1] == "'" else found[0]
