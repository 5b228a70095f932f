"""What `passeplat dev` prints to be pasted."""

import shlex
from pathlib import Path

from passeplat.dev.welcome import curl_lines, keep_tokens
from passeplat.migrate.samples import Call, Samples

URL = "http://127.0.0.1:3000"


def line(call: Call, kept: dict[str, Path] | None = None) -> list[str]:
    [found] = curl_lines(Samples((), (call,)), URL, kept or {})
    return shlex.split(found)


def test_a_path_reaches_the_server_whatever_the_shell_makes_of_it() -> None:
    path = "/v1/todos?select=title,a:b(*)&title=eq.it's&x=$HOME"
    assert line(Call(None, "GET", path, None)) == ["curl", "-s", URL + path]


def test_a_body_is_posted_as_json() -> None:
    assert line(Call(None, "POST", "/v1/rpc/f", '{"a": "it\'s"}'))[3:] == [
        "-H",
        "Content-Type: application/json",
        "-d",
        '{"a": "it\'s"}',
    ]


def test_another_method_is_named() -> None:
    assert line(Call(None, "DELETE", "/v1/t", None))[2:4] == ["-X", "DELETE"]


def test_a_token_is_read_from_its_file(tmp_path: Path) -> None:
    kept = keep_tokens({"ada": "secret"}, tmp_path / "tokens")
    assert kept["ada"].read_text() == "secret"
    assert f"Bearer $(cat {kept['ada']})" in line(Call("ada", "GET", "/v1/t", None), kept)[-1]


def test_a_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    kept = keep_tokens({"../../evil": "secret"}, tmp_path / "tokens")
    assert kept["../../evil"].parent == tmp_path / "tokens"
