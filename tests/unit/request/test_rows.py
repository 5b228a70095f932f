"""A body that is cut in parts has the rows of the whole."""

import csv
import io
import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from passeplat.errors import InvalidBody
from passeplat.request.rows import end_of_rows, header_of
from passeplat.request.tabular import read_csv

CELLS = st.text(st.sampled_from('ab,"\n\r;ü '), max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12), st.data())
def test_parts_of_csv_have_the_rows_of_the_whole(
    rows: list[tuple[str, str]], data: st.DataObject
) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("one", "two"), *rows])
    raw = text.getvalue().encode()
    cut = data.draw(st.integers(raw.index(b"\n") + 1, len(raw)))
    end = end_of_rows("text/csv", raw[:cut])
    parts = raw[:end], header_of("text/csv", raw) + raw[end:]
    read = [row for part in parts for row in json.loads(read_csv(part)[1])]
    assert read == json.loads(read_csv(raw)[1])


@given(st.text(st.sampled_from('ab",\r\n'), max_size=40))
def test_a_header_is_read_as_the_first_line_is(text: str) -> None:
    raw = text.encode()
    header = header_of("text/csv", raw)
    if header:
        with suppress(InvalidBody):  # what is no table is refused in any case
            assert read_csv(raw)[0] == read_csv(header)[0]


def test_lines_of_json_end_where_the_last_one_does() -> None:
    assert end_of_rows("application/x-ndjson", b'{"a":1}\n{"a":2}\n{"a"') == 16
    assert end_of_rows("application/x-ndjson", b'{"a":1}') == 0
    assert header_of("application/x-ndjson", b'{"a":1}\n') == b""
