"""What `Accept` and `Content-Type` say."""

import pytest

from passeplat.request.media_type import parse_accept, parse_content_type
from passeplat.request.model import MediaType


def names(header: str | None) -> list[str]:
    return [media_type.name for media_type in parse_accept(header)]


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        (None, ["*/*"]),
        ("", ["*/*"]),
        (" , ", ["*/*"]),
        ("*/*", ["*/*"]),
        ("text/csv", ["text/csv"]),
        ("Text/CSV", ["text/csv"]),
        ("text/csv, application/json", ["text/csv", "application/json"]),
        ("text/csv;q=0.5, application/json", ["application/json", "text/csv"]),
        (
            "text/csv;q=0.5, text/xml;q=0.9, text/plain;q=0.5",
            ["text/xml", "text/csv", "text/plain"],
        ),
        ("*/*, image/*, image/png", ["image/png", "image/*", "*/*"]),
        ("*/*;q=0.8, text/html;q=0.1", ["*/*", "text/html"]),
        ("text/csv;q=0, application/json", ["application/json"]),
        ("text/csv;Q=0.000, */*", ["*/*"]),
        ("text/csv;q=0", []),
        ("text/csv;q=high, text/xml;q=0.9", ["text/csv", "text/xml"]),
        ("text/csv;q=1e9;x=1", ["text/csv"]),
        ("text, /, ;;, a/b/c", ["text", "/", "a/b/c"]),
    ],
)
def test_media_types_come_best_first(header: str | None, accepted: list[str]) -> None:
    assert names(header) == accepted


def test_parameters_are_kept_without_their_weight() -> None:
    header = 'application/vnd.pgrst.plan+json; q=0.9; For="text/csv, x;y"; options=analyze|wal;'
    assert parse_accept(header) == (
        MediaType(
            "application/vnd.pgrst.plan+json",
            (("for", "text/csv, x;y"), ("options", "analyze|wal")),
        ),
    )


def test_a_quoted_parameter_is_unescaped() -> None:
    (media_type,) = parse_accept(r'a/b;c="say \"hi\" \\"')
    assert media_type.parameter("c") == 'say "hi" \\'


@pytest.mark.parametrize("header", ['a/b;c="', '"', 'a/b;c="d, e/f', '",",', "a/b;=;=;c", '";"'])
def test_unbalanced_quotes_harm_nobody(header: str) -> None:
    assert parse_accept(header)


def test_only_the_beginning_of_an_endless_list_is_read() -> None:
    assert len(names("a/b," * 10_000)) == 100


@pytest.mark.parametrize(
    ("header", "content_type"),
    [
        (None, MediaType("application/json")),
        ("application/json", MediaType("application/json")),
        (
            "Application/JSON; charset=utf-8",
            MediaType("application/json", (("charset", "utf-8"),)),
        ),
        ("text/csv", MediaType("text/csv")),
        ("", MediaType("")),
        (";;", MediaType("")),
    ],
)
def test_a_body_is_json_unless_the_client_says_otherwise(
    header: str | None, content_type: MediaType
) -> None:
    assert parse_content_type(header) == content_type
