"""What docs/reference/query-string.md shows can be asked for."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest

from passeplat.config import Config
from passeplat.request import limits
from passeplat.request.filters import COMPARISONS, FULL_TEXT, QUANTIFIABLE
from passeplat.request.model import Embed, QueryString
from passeplat.request.order import read_order
from passeplat.request.query_string import parse_query_string
from passeplat.request.select import read_select

PAGE = (Path(__file__).parents[3] / "docs/reference/query-string.md").read_text()


def section(heading: str) -> str:
    return PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def cells(text: str, column: int) -> list[str]:
    """What stands between backticks in one column of the tables."""
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ")]
    return [code for row in rows for code in re.findall(r"`([^`]+)`", row[column])]


@pytest.mark.parametrize("text", cells(section("`select`"), 1))
def test_a_select_of_the_page_can_be_read(text: str) -> None:
    assert read_select(text)


@pytest.mark.parametrize("text", cells(section("`order`"), 1))
def test_an_order_of_the_page_can_be_read(text: str) -> None:
    assert read_order(text.partition("=")[2])


@pytest.mark.parametrize("text", cells(section("Filters"), 3))
def test_a_filter_of_the_page_can_be_read(text: str) -> None:
    assert parse_query_string(quote(text, safe="=%").encode()).conditions


def test_every_operator_is_on_the_page() -> None:
    described = set(cells(section("Filters"), 1))
    assert {*COMPARISONS, *QUANTIFIABLE, *FULL_TEXT, "in", "is", "isdistinct"} == described


@pytest.mark.parametrize("query", re.findall(r"^(?:GET|POST) \S+?\?(.+)$", PAGE, re.MULTILINE))
def test_a_request_of_the_page_can_be_read(query: str) -> None:
    assert parse_query_string(quote(query, safe="=&").encode()) != QueryString()


def test_the_page_tells_the_limits() -> None:
    table = section("Limits")
    config = Config()
    told = (config.server_max_url, config.url_max_depth, config.url_max_embeds)
    for limit in (*told, config.url_max_items, limits.MAX_PARAMETERS):
        assert f"| {limit:,} |" in table


def test_a_hint_may_begin_like_a_join() -> None:
    (item,) = read_select("users!left_id(name)")
    assert isinstance(item, Embed)
    assert (item.hint, item.join) == ("left_id", None)
