"""The protocol's bytes: what is encoded is what a server would read, and the other way round."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passeplat.errors import DatabaseError, InvalidIdentifier
from passeplat.postgres import wire

VALUES = st.lists(st.none() | st.binary(max_size=300), max_size=20)
MESSAGES = st.lists(st.tuples(st.integers(65, 122), st.binary(max_size=200)), max_size=20)
NAMES = st.binary(max_size=40).map(lambda name: name.replace(b"\0", b""))
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + struct.pack("!I", len(body) + 4) + body


def column(value: bytes | None) -> bytes:
    return struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value


def read(stream: bytes) -> list[tuple[int, bytes]]:
    """The messages of a whole stream, decoded without the code under test."""
    found = []
    while stream:
        size = struct.unpack_from("!I", stream, 1)[0]
        found.append((stream[0], stream[5 : size + 1]))
        stream = stream[size + 1 :]
    return found


@given(VALUES)
def test_a_row_gives_its_columns(values: list[bytes | None]) -> None:
    body = struct.pack("!H", len(values)) + b"".join(map(column, values))
    assert wire.row(b"before" + body, 6) == tuple(values)


@given(NAMES, VALUES)
def test_bound_values_are_those_the_server_reads(name: bytes, values: list[bytes | None]) -> None:
    bind, execute = read(b"".join(wire.bind_execute(name, tuple(values))))
    formats = b"\0\1\0\1"
    head = b"\0" + name + b"\0" + b"\0\0" + struct.pack("!H", len(values))
    assert bind == (ord("B"), head + b"".join(map(column, values)) + formats)
    assert execute == (ord("E"), b"\0\0\0\0\0")


@given(NAMES, VALUES, st.integers(0, 20))
def test_values_packed_in_advance_are_bound_alike(
    name: bytes, values: list[bytes | None], cut: int
) -> None:
    parts = wire.packed(*values[:cut]), wire.packed(*values[cut:])
    ready = wire.bound(name, wire.arguments(len(values), *parts))
    assert ready == b"".join(wire.bind_execute(name, tuple(values)))


@given(NAMES, TEXTS)
def test_a_statement_is_parsed_under_its_name(name: bytes, sql: str) -> None:
    assert read(wire.parse(name, sql)) == [
        (ord("P"), name + b"\0" + sql.encode() + b"\0" + b"\0\0")
    ]


@given(NAMES)
def test_closing_names_the_statement(name: bytes) -> None:
    assert read(wire.close(name)) == [(ord("C"), b"S" + name + b"\0")]


def test_a_nul_in_a_statement_is_refused() -> None:
    with pytest.raises(InvalidIdentifier):
        wire.parse(b"", "select 'a\0b'")


def test_more_parameters_than_the_protocol_counts_are_refused() -> None:
    for bind in (
        lambda: wire.bind_execute(b"", (None,) * 65536),
        lambda: wire.arguments(65536, b""),
    ):
        with pytest.raises(DatabaseError) as caught:
            bind()
        assert caught.value.sqlstate == "54023"


@given(MESSAGES, st.lists(st.integers(0, 4000), max_size=30))
def test_messages_are_the_same_in_whatever_pieces_they_arrive(
    messages: list[tuple[int, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(message(*one) for one in messages)
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    reader = wire.Reader()
    found = [
        (kind, buffer[start:end])
        for begin, stop in pairwise(places)
        for kind, buffer, start, end in reader.feed(stream[begin:stop])
    ]
    assert found == messages


@given(MESSAGES)
def test_messages_may_arrive_byte_by_byte(messages: list[tuple[int, bytes]]) -> None:
    reader = wire.Reader()
    found = [
        (kind, buffer[start:end])
        for byte in b"".join(message(*one) for one in messages)
        for kind, buffer, start, end in reader.feed(bytes([byte]))
    ]
    assert found == messages


def test_a_big_message_in_small_pieces_is_copied_once() -> None:
    """Linear: 40 MB in 16 kB pieces, quadratic copying would move 50 GB."""
    body = bytes(40_000_000)
    stream = message(wire.DATA_ROW, body)
    reader = wire.Reader()
    pieces = [stream[place : place + 16384] for place in range(0, len(stream), 16384)]
    buffers = [buffer for piece in pieces for _, buffer, _, _ in reader.feed(piece)]
    assert [len(buffer) for buffer in buffers] == [len(stream)]


@given(st.dictionaries(st.sampled_from("SVCMDHPpqWstcdnFLR"), TEXTS.filter(bool)))
def test_error_fields_come_by_letter(fields: dict[str, str]) -> None:
    body = b"".join(f"{letter}{text}\0".encode() for letter, text in fields.items()) + b"\0"
    assert wire.fields(b"before" + body, 6, 6 + len(body)) == fields


def test_an_error_in_another_encoding_is_still_readable() -> None:
    body = b"Mno es v\xe1lido\0\0"
    assert wire.fields(body, 0, len(body)) == {"M": "no es v\ufffdlido"}


@given(st.lists(st.binary(max_size=60), max_size=20), st.data())
def test_streamed_rows_are_whole_in_whatever_pieces_they_come(
    values: list[bytes], data: st.DataObject
) -> None:
    rows = (message(wire.DATA_ROW, b"\0\1" + column(value)) for value in values)
    stream = b"".join(rows) + message(wire.COMMAND_COMPLETE, b"SELECT")
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8).map(sorted))
    reader, taken, others = wire.Reader(), list[bytes](), list[int]()
    reader.rows = taken
    for start, end in pairwise((0, *cuts, len(stream))):
        others += [kind for kind, *_ in reader.feed(stream[start:end])]
    assert (taken, others) == (values, [wire.COMMAND_COMPLETE])


ANSWERS = st.lists(st.lists(VALUES, max_size=3), max_size=4)


def answer(statements: list[list[list[bytes | None]]]) -> list[bytes]:
    """The messages that prepared statements with these rows are answered with."""
    messages = []
    for rows in statements:
        messages.append(message(wire.BIND_COMPLETE, b""))
        for row in rows:
            body = struct.pack("!H", len(row)) + b"".join(map(column, row))
            messages.append(message(wire.DATA_ROW, body))
        messages.append(message(wire.COMMAND_COMPLETE, b"SELECT 1\0"))
    return [*messages, message(wire.READY_FOR_QUERY, b"I")]


@given(ANSWERS)
def test_an_uneventful_answer_is_taken_at_once(statements: list[list[list[bytes | None]]]) -> None:
    stream = b"".join(answer(statements))
    taken = wire.take_answer(b"before" + stream + b"after", 6, len(statements))
    assert taken is not None
    answers, end = taken
    assert end == 6 + len(stream)
    found = [[list(wire.row(b"before" + stream, row)) for row in rows] for rows in answers]
    assert found == statements


@given(ANSWERS, st.data())
def test_an_answer_that_is_not_all_there_is_not_taken(
    statements: list[list[list[bytes | None]]], data: st.DataObject
) -> None:
    stream = b"".join(answer(statements))
    cut = data.draw(st.integers(0, len(stream) - 1))
    assert wire.take_answer(stream[:cut], 0, len(statements)) is None


@given(ANSWERS, st.sampled_from("1ENSAnt3"), st.data())
def test_an_answer_with_anything_else_in_it_is_not_taken(
    statements: list[list[list[bytes | None]]], kind: str, data: st.DataObject
) -> None:
    messages = answer(statements)
    place = data.draw(st.integers(0, len(messages) - 1))
    messages.insert(place, message(ord(kind), b"whatever"))
    assert wire.take_answer(b"".join(messages), 0, len(statements)) is None


@pytest.mark.parametrize("state", [b"T", b"E"])
def test_an_answer_within_a_transaction_is_not_taken(state: bytes) -> None:
    *messages, _ = answer([[[b"1"]]])
    ready = message(wire.READY_FOR_QUERY, state)
    assert wire.take_answer(b"".join((*messages, ready)), 0, 1) is None
