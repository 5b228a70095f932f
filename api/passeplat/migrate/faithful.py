"""PostgreSQL's text of something goes in, text that PostgreSQL reads as the same comes out.

It writes `(ARRAY['a'::character varying])::text[]` for a cast of the array, and reads it as casts
of the elements: what is restored from a dump is not always what was dumped. A cast of the array to
its own type in between keeps the two apart, and leaves no trace.
"""

import re

_CAST_ARRAY = re.compile(
    r"\((?P<array>ARRAY\[(?P<elements>"
    r"'(?:[^']|'')*'::(?P<type>[a-z][a-z ]*[a-z](?:\(\d+\))?)"
    r"(?:, '(?:[^']|'')*'::(?P=type))*"
    r"|-?\d+(?:, -?\d+)*"
    r")\])\)(?=::[\w\". ]+\[\])"
)


def faithful(text: str) -> str:
    if "(ARRAY[" not in text:
        return text
    return _CAST_ARRAY.sub(_kept_apart, text)


def _kept_apart(found: re.Match[str]) -> str:
    return f"(({found['array']})::{found['type'] or 'integer'}[])"
