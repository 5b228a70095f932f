"""What asks for too much is refused at once."""

import time
from dataclasses import replace

import pytest

from passeplat.config import Config
from passeplat.errors import ApiError, QueryStringError, UrlTooLong
from passeplat.request.limits import MAX_DEPTH, MAX_ITEMS, MAX_PARAMETERS
from passeplat.request.measure import check_query, check_url
from passeplat.request.model import In
from passeplat.request.query_string import parse_query_string

AT_ONCE = 0.5  # seconds of CPU: ten times what is promised, for slow machines


def refused(query: str) -> ApiError:
    start = time.process_time()
    with pytest.raises(QueryStringError) as caught:
        parse_query_string(query.encode())
    assert time.process_time() - start < AT_ONCE
    return caught.value


def nested(before: str, inside: str, depth: int) -> str:
    return before * depth + inside + ")" * depth


def test_embeds_nest_as_deep_as_the_limit() -> None:
    assert parse_query_string(("select=" + nested("a(", "b", MAX_DEPTH)).encode()).select


def test_logic_nests_as_deep_as_the_limit() -> None:
    inside = nested("and(", "a.eq.1", MAX_DEPTH - 1)
    assert parse_query_string(f"or=({inside})".encode()).conditions


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 100_000])
@pytest.mark.parametrize("key", ["select", "or"])
def test_deeper_is_refused(key: str, depth: int) -> None:
    value = nested("a(", "b", depth) if key == "select" else f"({nested('and(', 'a.eq.1', depth)})"
    assert "too deeply" in refused(f"{key}={value}").message


@pytest.mark.parametrize(
    "query",
    [
        "a" + "->a" * (MAX_DEPTH + 1) + "=eq.1",
        "a." * (MAX_DEPTH + 1) + "a=eq.1",
        "a." * (MAX_DEPTH + 1) + "limit=1",
        '"a".' * (MAX_DEPTH + 1) + "a=eq.1",
        "order=a" + "->a" * (MAX_DEPTH + 1),
    ],
)
def test_paths_have_an_end(query: str) -> None:
    assert "too deeply" in refused(query).message


@pytest.mark.parametrize(
    "query",
    [
        "&".join(["a=eq.1"] * (MAX_PARAMETERS + 1)),
        "select=" + ",".join(["a"] * (MAX_ITEMS + 1)),
        "select=" + ",".join(["a(b)"] * (MAX_ITEMS + 1)),
        "order=" + ",".join(["a"] * (MAX_ITEMS + 1)),
        "or=(" + ",".join(["a.eq.1"] * (MAX_ITEMS + 1)) + ")",
        "or=(" + ",".join(["a.eq.1"] * 150_000) + ")",
    ],
)
def test_lists_have_an_end(query: str) -> None:
    assert "too many" in refused(query).message


@pytest.mark.parametrize(
    "query",
    [
        "select=" + "(" * 100_000,
        "select=" + ")" * 100_000,
        "or=" + "(" * 100_000,
        "or=(" + "not." * 100_000,
        "or=(" + "a" * 1_000_000,
        "select=" + "a" * 1_000_000 + "!",
        "select=" + "a-" * 500_000,
        "select=" + '"' * 1_000_001,
        "select=" + "a->" * 300_000,
        "select=" + " " * 1_000_000 + "(",
        "select=" + "a:" * 500_000,
        "select=" + "a!" * 500_000,
        "order=" + "a." * 500_000,
        "a=in.(" + '"' * 1_000_001,
        'a=in.("' + "\\" * 1_000_000,
        "a=in.(" + "1," * 500_000,
        "a=" + "not." * 300_000,
        "a." * 400_000 + "=eq.1",
        "columns=" + "a," * 500_000,
        "select=" + "a(b)," * 190 + "!",
        "select=" + "a!b!c(d!e!f(" * 80,
    ],
)
def test_nonsense_is_refused_at_once(query: str) -> None:
    refused(query)


def test_a_list_of_values_may_be_long() -> None:
    values = ",".join(map(str, range(100_000)))
    ((_, condition),) = parse_query_string(f"id=in.({values})".encode()).conditions
    assert isinstance(getattr(condition, "operation", None), In)


def asked(query: str, **settings: int) -> ApiError | None:
    try:
        check_query(parse_query_string(query.encode()), replace(Config(), **settings))
    except ApiError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("query", "setting"),
    [
        ("select=" + nested("a(", "b", 3), "url-max-depth"),
        ("or=(and(or(a.eq.1)))", "url-max-depth"),
        ("a.or=(and(b.eq.1))", "url-max-depth"),
        ("select=a->b->c->d", "url-max-depth"),
        ("order=a->b->c->d", "url-max-depth"),
        ("a->b->c->d=eq.1", "url-max-depth"),
        ("a.order=a->b->c", "url-max-depth"),
        ("select=a(b),c(d),e(f)", "url-max-embeds"),
        ("select=a(b(c),d(e))", "url-max-embeds"),
        ("select=a,b,c,d,e,f", "url-max-items"),
        ("select=a(b,c,d,e,f)", "url-max-items"),
        ("select=a&or=(a.eq.1,b.eq.1,c.eq.1,d.eq.1)", "url-max-items"),
        ("&".join(["a=eq.1"] * 6), "url-max-items"),
        ("order=a,b,c,d,e,f", "url-max-items"),
    ],
)
def test_what_the_settings_do_not_allow_is_refused_by_name(query: str, setting: str) -> None:
    tight = {"url_max_depth": 2, "url_max_embeds": 2, "url_max_items": 5}
    error = asked(query, **tight)
    assert error is not None
    assert error.status == 400
    assert error.hint == f"Ask in several requests, or raise the setting {setting}"
    assert asked(query) is None


def test_a_url_may_be_as_long_as_the_setting_says() -> None:
    config = replace(Config(), server_max_url=10)
    check_url(b"/12345", b"7890", config)
    with pytest.raises(UrlTooLong) as caught:
        check_url(b"/12345", b"78901", config)
    assert (caught.value.status, caught.value.code) == (414, "PGRST131")
