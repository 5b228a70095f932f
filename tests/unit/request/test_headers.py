"""What becomes of header fields and cookies."""

from passeplat.request.headers import read_cookies, read_headers, without_cookies


def test_names_are_in_lower_case() -> None:
    assert read_headers([(b"X-Client-Info", b"Test")]) == {"x-client-info": "Test"}


def test_fields_of_one_name_are_joined() -> None:
    fields = read_headers(
        [(b"Prefer", b"a"), (b"prefer", b"b"), (b"Cookie", b"c"), (b"Cookie", b"d")]
    )
    assert fields == {"prefer": "a, b", "cookie": "c; d"}


def test_values_are_utf8_or_else_latin1() -> None:
    fields = read_headers([(b"a", "é".encode()), (b"b", b"\xe9"), (b"\xe9", b"")])
    assert fields == {"a": "é", "b": "é", "é": ""}


def test_authorization_is_handed_on_and_cookies_are_not() -> None:
    fields = read_headers([(b"Authorization", b"Bearer x"), (b"Cookie", b"a=1")])
    assert without_cookies(fields) == (("authorization", "Bearer x"),)


def test_cookies_are_read_apart() -> None:
    fields = read_headers([(b"Cookie", b"a=1; b = x=y ;c; =d; a=2;"), (b"Cookie", b"e=")])
    assert read_cookies(fields) == (("a", "1"), ("b", "x=y"), ("e", ""))


def test_no_cookies_are_none() -> None:
    assert read_cookies({}) == ()
