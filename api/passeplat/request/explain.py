"""A text the grammar refuses becomes what was found and what was expected, and where.

The rules are those of Haskell's Parsec, which PostgREST reads query strings with, because clients
and people know its sentences: of several failures the one that came furthest counts; failures at
one place are told together; a name given to a choice replaces what the choice expected if it
consumed nothing. Only what failed comes here, so this is written for exactness, not for speed.
"""

import re
from typing import NamedTuple, assert_never

from passeplat.request.grammar import (
    RULES,
    Attempt,
    Chars,
    Choice,
    End,
    Named,
    Node,
    Not,
    Peek,
    Repeat,
    Rule,
    Series,
    Some,
    Terminal,
    Text,
    Unless,
    Word,
)


class Failure(NamedTuple):
    position: int
    found: str | None = None  # the character that was refused, "" at the end; None if unknown
    surprises: tuple[str, ...] = ()  # refused by Not or End, said instead of `found`
    expected: tuple[str, ...] = ()

    def sentence(self) -> str:
        unexpected = _enumerate(self.surprises) or self._found()
        expected = _enumerate(self.expected)
        parts = (f"unexpected {unexpected}" if unexpected else "", f"expecting {expected}")
        return " ".join(parts if expected else parts[:1]) or "unknown parse error"

    def _found(self) -> str:
        match self.found:
            case None:
                return ""
            case "":
                return "end of input"
            case character:
                return show(character)


class Reading(NamedTuple):
    """How far a node came: `end` is None if it failed; `failure` is what would have come next."""

    end: int | None
    consumed: bool
    failure: Failure | None


def explain(node: Node, text: str) -> Failure:
    """Why the grammar refuses the text."""
    return _read(node, text, 0).failure or Failure(len(text))


def accepts(node: Node, text: str) -> bool:
    return _read(node, text, 0).end is not None


def show(text: str, quote: str = '"') -> str:
    """As Haskell writes it: other than ASCII by number."""
    return quote + "".join(_show_character(character, quote) for character in text) + quote


_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _show_character(character: str, quote: str) -> str:
    if character == quote:
        return "\\" + quote
    plain = character.isascii() and character.isprintable()
    return _ESCAPES.get(character) or (character if plain else f"\\{ord(character)}")


def _enumerate(names: tuple[str, ...]) -> str:
    """`a, b or c`, each once."""
    distinct = tuple(dict.fromkeys(names))
    if len(distinct) < 2:  # noqa: PLR2004  one needs no "or"
        return "".join(distinct)
    return f"{', '.join(distinct[:-1])} or {distinct[-1]}"


def _merge(one: Failure | None, other: Failure | None) -> Failure | None:
    if one is None or other is None:
        return one or other
    if one.position != other.position:
        return max(one, other, key=lambda failure: failure.position)
    return Failure(
        one.position,
        other.found if one.found is None else one.found,
        one.surprises + other.surprises,
        one.expected + other.expected,
    )


def _next(text: str, position: int, *expected: str) -> Failure:
    return Failure(position, text[position : position + 1], (), expected)


def _read(node: Node, text: str, position: int) -> Reading:
    match node:
        case Series(parts):
            return _read_series(parts, text, position)
        case Choice(options):
            return _read_choice(options, text, position)
        case Repeat(inner):
            return _read_repeat(inner, text, position)
        case Attempt(inner):
            reading = _read(inner, text, position)
            return reading._replace(consumed=reading.consumed and reading.end is not None)
        case Named(inner, name):
            return _read_named(inner, name, text, position)
        case Peek(inner):
            reading = _read(inner, text, position)
            return reading if reading.end is None else Reading(position, False, None)
        case Rule(name):
            return _read(RULES[name], text, position)
        case _:
            return _read_terminal(node, text, position)


def _read_terminal(node: Terminal, text: str, position: int) -> Reading:
    match node:
        case Text(expected):
            return _read_text(expected, text, position)
        case Word(word):
            return _read_word(word, text, position)
        case Some(pattern, names):
            end = _end(pattern, text, position)
            return Reading(end or None, bool(end), _next(text, end or position, *names))
        case Chars(pattern):
            end = _end(pattern, text, position) or position
            return Reading(end, end > position, _next(text, end))
        case Not(character):
            return _read_not(character, text, position)
        case Unless(pattern):
            return Reading(None if pattern.match(text, position) else position, False, None)
        case End():
            return _read_end(text, position)
        case _:
            assert_never(node)


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Where the pattern stops matching, 0 if it does not."""
    found = pattern.match(text, position)
    return found.end() if found else 0


def _read_text(expected: str, text: str, position: int) -> Reading:
    if text.startswith(expected, position):
        return Reading(position + len(expected), True, None)
    same = 0
    while text[position + same : position + same + 1] == expected[same]:
        same += 1
    found = text[position + same : position + same + 1]
    return Reading(None, same > 0, Failure(position, found, (), (show(expected),)))


def _read_word(word: str, text: str, position: int) -> Reading:
    for index, letter in enumerate(word):
        if text[position + index : position + index + 1] not in {letter, letter.upper()}:
            return Reading(None, index > 0, _next(text, position + index, show(letter)))
    return Reading(position + len(word), True, None)


def _read_series(parts: tuple[Node, ...], text: str, position: int) -> Reading:
    consumed, failure = False, None
    for part in parts:
        reading = _read(part, text, position)
        failure = reading.failure if reading.consumed else _merge(failure, reading.failure)
        consumed |= reading.consumed
        if reading.end is None:
            return Reading(None, consumed, failure)
        position = reading.end
    return Reading(position, consumed, failure)


def _read_choice(options: tuple[Node, ...], text: str, position: int) -> Reading:
    failure = None
    for option in options:
        reading = _read(option, text, position)
        if reading.consumed:
            return reading
        failure = _merge(failure, reading.failure)
        if reading.end is not None:
            return reading._replace(failure=failure)
    return Reading(None, False, failure)


def _read_repeat(node: Node, text: str, position: int) -> Reading:
    consumed = False
    while True:
        reading = _read(node, text, position)
        if reading.end is None:
            end = None if reading.consumed else position
            return Reading(end, consumed or reading.consumed, reading.failure)
        position, consumed = reading.end, True


def _read_named(node: Node, name: str, text: str, position: int) -> Reading:
    reading = _read(node, text, position)
    if reading.consumed or (reading.end is not None and reading.failure is None):
        return reading
    failure = reading.failure or Failure(position)
    return reading._replace(failure=failure._replace(expected=(name,)))


def _read_not(character: str, text: str, position: int) -> Reading:
    if text[position : position + 1] == character:
        return Reading(None, False, Failure(position + 1, None, (show(character, "'"),)))
    return Reading(position, False, _next(text, position, show(character)))


def _read_end(text: str, position: int) -> Reading:
    if position == len(text):
        return Reading(position, False, _next(text, position, "end of input"))
    surprise = show(text[position], "'")
    return Reading(None, False, Failure(position, None, (surprise,), ("end of input",)))
