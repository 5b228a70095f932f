"""The path to the role: JSONPath of RFC 9535 with search(), and JSPath as it is rewritten."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from passeplat.claims.role import find_role
from passeplat.config.js_path import modern
from passeplat.config.json_path import parse_path
from passeplat.errors import SettingError

CLAIMS = {
    "role": "top",
    "postgrest": {"a_role": "nested", "é": "accent"},
    "customObject": {"manyRoles": ["first", "second", "third"]},
    "https://www.example.com/roles": [{"value": "linked"}],
    "groups": ["/groupa", "/groupb", {"name": "x"}],
    "people": [
        {"name": "ann", "age": 7, "admin": True},
        {"name": "bob", "age": 9, "tag": None},
    ],
    'a"b': "quoted",
    "limit": 8,
}


def find(path: str) -> str | None:
    return find_role(parse_path(path), CLAIMS)


@pytest.mark.proves("J-06", "jwt-role-claim-key")
@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("$.role", "top"),
        ("$['role']", "top"),
        ('$["role"]', "top"),
        ("$.postgrest.a_role", "nested"),
        ("$.postgrest.é", "accent"),
        (r"$.postgrest['\u00e9']", "accent"),
        ("$.customObject.manyRoles[1]", "second"),
        ("$.customObject.manyRoles[-1]", "third"),
        ("$.customObject.manyRoles[1:]", "second"),
        ("$.customObject.manyRoles[:-1]", "first"),
        ("$.customObject.manyRoles[::-1]", "third"),
        ("$.customObject.manyRoles[9,2,0]", "third"),
        ("$.customObject.manyRoles[*]", "first"),
        ("$.customObject.*[0]", "first"),
        ("$..a_role", "nested"),
        ("$..manyRoles[0]", "first"),
        ("$..[1]", "second"),
        ('$["https://www.example.com/roles"][0].value', "linked"),
        ("$['a\"b']", "quoted"),
        (r'$["a\"b"]', "quoted"),
        ('$.groups[?(@ == "/groupb")]', "/groupb"),
        ('$.groups[?@ != "/groupa"]', "/groupb"),
        ('$.groups[?search(@, "b$")]', "/groupb"),
        ("$.groups[?search(@, '^/group[$b]')]", "/groupb"),
        ("$.groups[?@.name].name", "x"),
        ("$.people[?@.age > 7].name", "bob"),
        ("$.people[?@.age >= 7].name", "ann"),
        ("$.people[?@.age < 9 && @.admin == true].name", "ann"),
        ("$.people[?@.age == 1 || @.age == 9].name", "bob"),
        ("$.people[?!(@.admin)].name", "bob"),
        ("$.people[?!search(@.name, 'a')].name", "bob"),
        ("$.people[?@.tag == null].name", "bob"),
        ("$.people[?@.age > $.limit].name", "bob"),
        ("$.people[?@.nothing == @.other].name", "ann"),
        ("$.people[?(@.age == 9 && (@.name == 'bob'))].name", "bob"),
        ("$.people[?'ann' == @['name']].name", "ann"),
        ("$.people[?@.age == 7.0].name", "ann"),
        ("$ . role", "top"),
        ("$.limit", "8"),
        ("$.people[0].admin", "true"),
        ("$.people[1].tag", "null"),
    ],
)
def test_a_path_finds_the_first_node(path: str, role: str) -> None:
    assert find(path) == role


@pytest.mark.proves("J-06")
@pytest.mark.parametrize(
    "path",
    [
        "$.nothing",
        "$.role.more",
        "$.role[0]",
        "$.customObject[0]",
        "$.customObject.manyRoles[3]",
        "$.customObject.manyRoles[-4]",
        "$.customObject.manyRoles[::0]",
        "$.customObject.manyRoles['first']",
        '$.groups[?@.name == "/groupb"]',
        "$.people[?@.admin == 1].name",
        "$.people[?@.age == '7'].name",
        "$.people[?@.name < 9].name",
        "$.people[?search(@.age, '7')].name",
        "$.role[?@ == 'top']",
        "$.groups[?search(@, '^b')]",
    ],
)
def test_a_path_that_finds_nothing_is_no_role(path: str) -> None:
    assert find(path) is None


@pytest.mark.proves("J-06")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (".role", "$.role"),
        (".a.b[1]", "$.a.b[1]"),
        ('."quoted key"', '$["quoted key"]'),
        (".$a@b", '$["$a@b"]'),
        ('.a[?(@ == "x")]', '$.a[?@ == "x"]'),
        ('.a[?(@ != "x")]', '$.a[?@ != "x"]'),
        ('.a[?(@ ^== "x.y")]', r'$.a[?search(@, "^x\\.y")]'),
        ('.a[?(@ ==^ "x")]', '$.a[?search(@, "x$")]'),
        ('.a[?(@ *== "$")]', r'$.a[?search(@, "\\$")]'),
    ],
)
def test_the_older_syntax_is_rewritten(old: str, new: str) -> None:
    assert modern(old) == new


@pytest.mark.proves("J-06")
@pytest.mark.parametrize(
    ("path", "role"),
    [
        (".customObject.manyRoles[1]", "second"),
        ('."https://www.example.com/roles"[0].value', "linked"),
        ('.groups[?(@ ^== "/group")]', "/groupa"),
        ('.groups[?(@ ==^ "pb")]', "/groupb"),
        ('.groups[?(@ *== "oupb")]', "/groupb"),
        ('.groups[?(@ == "/groupb")]', "/groupb"),
        ('.customObject[?(@ == "first")]', None),
    ],
)
def test_the_older_syntax_finds_what_it_did(path: str, role: str | None) -> None:
    assert find(path) == role


def test_an_end_is_not_before_a_last_newline() -> None:
    path = parse_path('.groups[?(@ ==^ "admin")]')
    assert find_role(path, {"groups": ["admin\n"]}) is None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "role",
        "$.",
        "$..",
        "$[",
        "$[]",
        "$['a]",
        "$[01]",
        "$[1.5]",
        "$['a'x]",
        "$.a b",
        "$.1",
        "$[?]",
        "$[?@.* == 1]",
        "$[?@..a == 1]",
        "$[?@[1:] == 1]",
        "$[?1]",
        "$[?(@.a]",
        "$[?@ == ]",
        "$[?@ == x]",
        "$[?length(@) == 1]",
        "$[?search(@)]",
        "$[?search(@, @.p)]",
        "$[?search(@, '(')]",
        "$[?search(@.*, 'x')]",
        r"$['\x']",
        "$$.role",
        ".a[?(@ == 'x')]",
        ".a[?(@ == 1)]",
        ".a[-1]",
        "$.a" * 400,
        "$[?" + "(" * 400 + "@" + ")" * 400 + "]",
    ],
)
def test_a_path_that_cannot_be_read_is_refused(path: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse_path(path)
    assert str(caught.value) == f"failed to parse role-claim-key value ({path})"


def test_a_path_that_finds_too_much_is_refused() -> None:
    claims: dict[str, Any] = {"a": [[0] * 200] * 200}
    with pytest.raises(ValueError, match="too many"):
        find_role(parse_path("$..*"), claims)


@given(st.text(st.sampled_from("$.@[]?()'\"ab01-:*!=<>&|, \\"), max_size=30))
def test_any_path_is_read_or_refused(text: str) -> None:
    try:
        path = parse_path(f"${text}")
    except SettingError:
        return
    assert find_role(path, {"only": "numbers"}) != ""


_names = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5),
    min_size=1,
    max_size=4,
)


def nested(names: list[str]) -> Any:
    claims: Any = "found"
    for name in reversed(names):
        claims = {name: claims}
    return claims


@given(_names)
def test_any_names_lead_to_what_they_name(names: list[str]) -> None:
    path = "$" + "".join(f"[{json.dumps(name)}]" for name in names)
    assert find_role(parse_path(path), nested(names)) == "found"


@given(_names)
@example(["\xa0"])
def test_any_names_in_the_older_syntax_lead_to_what_they_name(names: list[str]) -> None:
    path = "".join(f".{json.dumps(name)}" for name in names)
    assert find_role(parse_path(path), nested(names)) == "found"
