"""The bounded memory: what was asked for stays, the rest goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passeplat.claims.sieve import Counts, Sieve


def sieve(limit: int, *keys: str) -> Sieve[str]:
    made: Sieve[str] = Sieve(limit, Counts())
    for key in keys:
        made.put(key, key)
    return made


def held(cache: Sieve[str], keys: str) -> str:
    return "".join(key for key in keys if cache.get(key) is not None)


def test_what_was_put_is_found() -> None:
    cache = sieve(2, "a")
    assert (cache.get("a"), cache.get("b")) == ("a", None)
    assert cache.counts == Counts(requests=2, hits=1, evictions=0)


@pytest.mark.proves("J-09")
def test_what_was_not_asked_for_goes_first() -> None:
    cache = sieve(3, *"abc")
    cache.get("a")
    cache.put("d", "d")
    assert held(cache, "abcd") == "acd"


@pytest.mark.proves("J-09")
def test_something_goes_even_if_all_were_asked_for() -> None:
    cache = sieve(2, *"ab")
    held(cache, "ab")
    cache.put("c", "c")
    assert (held(cache, "abc"), cache.counts.evictions) == ("bc", 1)


def test_the_search_goes_on_where_it_stopped() -> None:
    cache = sieve(3, *"abc")
    cache.get("a")
    cache.put("d", "d")
    cache.put("e", "e")
    assert held(cache, "abcde") == "ade"


def test_a_newer_value_takes_the_place_of_the_older() -> None:
    cache = sieve(2, "a", "b")
    cache.put("a", "new")
    assert (cache.get("a"), cache.get("b"), cache.counts.evictions) == ("new", "b", 0)


def test_a_limit_of_none_holds_nothing() -> None:
    assert len(sieve(0, "a")) == 0


@given(st.integers(0, 5), st.lists(st.tuples(st.booleans(), st.sampled_from("abcdefgh"))))
def test_the_limit_holds_and_what_was_put_last_is_there(
    limit: int, steps: list[tuple[bool, str]]
) -> None:
    cache = sieve(limit)
    for put, key in steps:
        if put:
            cache.put(key, key)
            assert cache.get(key) == (key if limit else None)
        else:
            assert cache.get(key) in {key, None}
        assert len(cache) <= limit
