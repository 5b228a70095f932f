"""A word and candidates → the candidate most like it.

Judged as PostgREST does: candidates that share groups of three letters with the word (of two, if
that leads nowhere) are put on a short list; of those the one counts that takes the fewest changes.
"""

import re
from collections.abc import Iterable
from heapq import nlargest
from operator import itemgetter

_IGNORED = re.compile(r"[^\w, ]+")
_GROUP_SIZES = (3, 2)
_SHORT_LIST = 50
_LONGEST = 256
"""Comparing takes the product of two lengths, and what is asked for may be long."""


def closest(word: str, candidates: Iterable[str], least: float) -> str | None:
    """The candidate most like `word`; None if all are less than `least` (0 to 1) alike. Letter case
    does not count."""
    eligible = [c for c in candidates if _may_reach(least, len(word), len(c))]
    for size in _GROUP_SIZES:
        short_list = nlargest(_SHORT_LIST, _shared_groups(word, eligible, size), itemgetter(0, 1))
        alike = [(similarity(word, c), c) for _, _, c in short_list]
        best, name = max(alike, key=lambda pair: pair[0], default=(-1.0, ""))
        if best >= least:
            return name
    return None


def similarity(a: str, b: str) -> float:
    """The share of letters that can stay where they are: from 0 to 1 for the same word."""
    longest = max(len(a), len(b))
    return 1 - _changes(a.lower(), b.lower()) / longest if longest else 1.0


def _may_reach(least: float, *lengths: int) -> bool:
    return max(lengths) <= _LONGEST and min(lengths) >= least * max(lengths)


def _shared_groups(
    word: str, candidates: Iterable[str], size: int
) -> Iterable[tuple[int, int, str]]:
    """How many groups of letters of the word a candidate has, and how little else."""
    padded = _padded(word)
    groups = {padded[start : start + size] for start in range(len(padded) - size + 1)}
    for candidate in candidates:
        if shared := sum(map(_padded(candidate).__contains__, groups)):
            yield shared, -len(candidate), candidate


def _padded(text: str) -> str:
    return f"-{_IGNORED.sub('', text.lower())}-"


def _changes(a: str, b: str) -> int:
    """How many letters to put in, take out or replace to make one of the other (Levenshtein)."""
    row = list(range(len(b) + 1))
    for place, letter in enumerate(a, 1):
        diagonal, row[0] = row[0], place
        for other, letter_of_b in enumerate(b, 1):
            change = diagonal + (letter != letter_of_b)
            diagonal = row[other]
            row[other] = min(change, diagonal + 1, row[other - 1] + 1)
    return row[-1]
