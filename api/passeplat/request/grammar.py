"""The syntax of the query string as data: what may stand where, and what it is called in messages.

The scanners of this folder decide what a text means; they are written for speed and say no more
than "not here". This is the same language written for `explain`, which tells a client what was
expected, with the words PostgREST has for it. Both accept the same texts (tested).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from passeplat.request.patterns import AFTER_DASH, IDENTIFIER, INDEX_DIGITS, WORD


@dataclass(frozen=True, slots=True)
class Text:
    """Exactly this text, refused as a whole: the place of an error is where it should begin."""

    text: str


@dataclass(frozen=True, slots=True)
class Word:
    """This text in any case, refused at the first letter that differs."""

    text: str


@dataclass(frozen=True, slots=True)
class Some:
    """One or more characters of a pattern; `names` says which would have been welcome."""

    pattern: re.Pattern[str]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chars:
    """As many characters of a pattern as there are, also none."""

    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Series:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The first that consumes anything is final, even if it fails: see Attempt."""

    options: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    node: "Node"


@dataclass(frozen=True, slots=True)
class Attempt:
    """If it fails, nothing was consumed, but how far it came is remembered."""

    node: "Node"


@dataclass(frozen=True, slots=True)
class Named:
    """What is expected here is called by this name, unless something was consumed."""

    node: "Node"
    name: str


@dataclass(frozen=True, slots=True)
class Peek:
    node: "Node"


@dataclass(frozen=True, slots=True)
class Not:
    """The next character is not this one."""

    character: str


@dataclass(frozen=True, slots=True)
class Unless:
    """The pattern does not match here; nothing is said if it does."""

    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class End:
    pass


@dataclass(frozen=True, slots=True)
class Rule:
    """A name of RULES: how the grammar contains itself."""

    name: str


Terminal: TypeAlias = Text | Word | Some | Chars | Not | Unless | End
Node: TypeAlias = Terminal | Series | Choice | Repeat | Attempt | Named | Peek | Rule

NOTHING = Series(())


def series(*parts: Node) -> Series:
    return Series(parts)


def choice(*options: Node) -> Choice:
    return Choice(options)


def optional(*parts: Node) -> Choice:
    return Choice((Series(parts), NOTHING))


def attempt(*parts: Node) -> Attempt:
    return Attempt(Series(parts))


def texts(*options: str) -> Choice:
    return Choice(tuple(Attempt(Text(option)) for option in options))


SPACES = Chars(re.compile(r"[ \t]*"))


def spaced(node: Node) -> Series:
    return series(SPACES, node, SPACES)


def separated(node: Node, separator: Node, plain: str | None = None) -> Series:
    """`plain` is what a node often looks like: those between others are passed over in one step."""
    passed = Chars(re.compile(rf"(?:,{plain}(?=,))*+", re.ASCII)) if plain else NOTHING
    return series(node, passed, Repeat(series(separator, node)))


def _quoted(inside: str) -> Series:
    return series(Text('"'), _inside_quotes(inside), Text('"'))


def _inside_quotes(quantifier: str) -> Node:
    pattern = re.compile(rf'(?:[^"\\]|\\.){quantifier}', re.DOTALL)
    return Some(pattern) if quantifier == "+" else Chars(pattern)


COMMA = Attempt(spaced(Text(",")))
DELIMITER = Named(Text("."), "delimiter (.)")
IDENTIFIER_CHARACTERS = Some(re.compile(IDENTIFIER), ("letter", "digit"))
DASH = attempt(Text("-"), Not(">"))
_CHARACTERS_AFTER_DASH = Some(re.compile(AFTER_DASH), ("letter", "digit"))
_NAME = series(IDENTIFIER_CHARACTERS, Repeat(series(DASH, _CHARACTERS_AFTER_DASH)))
FIELD_NAME = Named(
    choice(_quoted("+"), _NAME),
    "field name (* or [a..z0..9_$])",
)

_KEY_CHARACTERS = Some(re.compile(r"[^(\-:.,>)]+"))
_INDEX_END = choice(
    attempt(Peek(Text("->"))),
    attempt(Peek(series(SPACES, choice(texts("::", ".", ",", ")"), End())))),
)
_INDEX = attempt(
    optional(Text("-")), Some(re.compile(INDEX_DIGITS, re.ASCII), ("digit",)), _INDEX_END
)
_KEY = Named(
    choice(_quoted("*"), separated(_KEY_CHARACTERS, DASH)),
    "any non reserved character different from: .,>()",
)
JSON_PATH = Repeat(series(texts("->>", "->"), choice(_INDEX, Attempt(_KEY))))
FIELD = spaced(series(FIELD_NAME, JSON_PATH))

NAMES = series(separated(FIELD_NAME, COMMA), End())
TREE_PATH = series(separated(FIELD_NAME, DELIMITER), JSON_PATH, End())

_QUOTED_VALUE = attempt(_quoted("*"), Unless(re.compile(r"[^,)]")))
_LIST_ELEMENT = choice(_QUOTED_VALUE, Chars(re.compile(r"[^,)]*")))
_LIST = series(spaced(Text("(")), separated(_LIST_ELEMENT, Text(",")), spaced(Text(")")))
_REST = Chars(re.compile(r".*", re.DOTALL))
_LOGIC_VALUE = choice(
    _QUOTED_VALUE,
    attempt(Text("{"), Chars(re.compile(r"[^{}]*")), Text("}")),
    Chars(re.compile(r"[^,)]*")),
)
_IS = Named(
    choice(*(Attempt(Word(word)) for word in ("null", "not_null", "true", "false", "unknown"))),
    "isVal: (null, not_null, true, false, unknown)",
)
_SIMPLE = ("neq", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj")
_QUANTIFIABLE = ("eq", "gte", "gt", "lte", "lt", "like", "ilike", "match", "imatch")


def _in_parentheses(node: Node) -> Choice:
    return optional(attempt(Text("("), node, Text(")")))


def _operation(value: Node) -> Series:
    operators = choice(
        series(attempt(Text("in"), DELIMITER), _LIST),
        series(attempt(Text("is"), DELIMITER), _IS),
        series(attempt(Text("isdistinct"), DELIMITER), value),
        attempt(
            texts("fts", "plfts", "phfts", "wfts"),
            _in_parentheses(IDENTIFIER_CHARACTERS),
            DELIMITER,
            value,
        ),
        attempt(texts(*_SIMPLE), DELIMITER, value),
        attempt(texts(*_QUANTIFIABLE), _in_parentheses(texts("any", "all")), DELIMITER, value),
    )
    return series(
        optional(attempt(Text("not"), DELIMITER)), Named(operators, "operator (eq, gt, ...)")
    )


FILTER = series(_operation(_REST), End())

_PLAIN_CONDITION = rf"{WORD}\.(?:n?eq|[gl]te?|i?like)\.[^,()\"{{}}]*+"
_LOGIC_GROUP = series(
    Named(choice(attempt(Text("not"), DELIMITER), NOTHING), "negation operator (not)"),
    Named(choice(Attempt(Text("and")), Text("or")), "logic operator (and, or)"),
    spaced(Text("(")),
    separated(Rule("condition"), COMMA, _PLAIN_CONDITION),
    spaced(Text(")")),
)
_CONDITION = choice(attempt(FIELD, DELIMITER, _operation(_LOGIC_VALUE)), _LOGIC_GROUP)
LOGIC = series(_LOGIC_GROUP, End())

_DIRECTION = optional(choice(attempt(DELIMITER, Text("asc")), attempt(DELIMITER, Text("desc"))))
_NULLS = optional(
    choice(attempt(DELIMITER, Text("nullsfirst")), attempt(DELIMITER, Text("nullslast")))
)
_ORDER_END = choice(attempt(Peek(Text(","))), Attempt(End()))
_ORDER_TERM = choice(
    attempt(FIELD_NAME, Text("("), FIELD, Text(")"), _DIRECTION, _NULLS, SPACES, _ORDER_END),
    series(FIELD, _DIRECTION, _NULLS, SPACES, _ORDER_END),
)
ORDER = series(separated(series(SPACES, _ORDER_TERM), Text(","), WORD), End())

_ALIAS = optional(attempt(FIELD_NAME, Text(":"), Not(":")))
_CAST = optional(Text("::"), IDENTIFIER_CHARACTERS)
_AGGREGATE = optional(
    attempt(
        Text("."),
        choice(Text("sum"), Text("avg"), Text("count"), Attempt(Text("max")), Attempt(Text("min"))),
        Text("()"),
    )
)
_ITEM_END = series(SPACES, choice(attempt(Peek(Text(")"))), attempt(Peek(Text(","))), End()))
_END_OF_WORD = Unless(re.compile(r"[\w$-]"))
_EMBED_PARAMETER = optional(
    Text("!"),
    choice(attempt(Text("left"), _END_OF_WORD), attempt(Text("inner"), _END_OF_WORD), FIELD_NAME),
    SPACES,
)
_EMBED_PARAMETERS = series(SPACES, _EMBED_PARAMETER, _EMBED_PARAMETER, Peek(Text("(")))
_COUNT = Unless(re.compile(r" *count *\("))
_CHILDREN = series(Text("("), Rule("select"), SPACES, Text(")"), SPACES)
_SELECT_ITEM = choice(
    series(attempt(SPACES, Text("..."), _COUNT, FIELD_NAME, _EMBED_PARAMETERS), _CHILDREN),
    series(attempt(SPACES, _ALIAS, _COUNT, FIELD_NAME, _EMBED_PARAMETERS), _CHILDREN),
    series(
        SPACES,
        choice(
            attempt(Text("*"), _ITEM_END),
            attempt(_ALIAS, Text("count()"), _CAST, _ITEM_END),
            series(_ALIAS, FIELD, _CAST, _AGGREGATE, _CAST, _ITEM_END),
        ),
        SPACES,
    ),
)
_SELECT = choice(separated(_SELECT_ITEM, COMMA, WORD), NOTHING)
SELECT = series(_SELECT, End())

RULES: Mapping[str, Node] = {"condition": _CONDITION, "select": _SELECT}
