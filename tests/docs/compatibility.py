"""The page that says what of PostgREST holds, and which test proves it.

Behaviours are in behaviours.toml, settings in passeplat.config, error codes in the manual; a test
names what it proves with `@proves("id")`. `python tests/docs/compatibility.py` writes the page.
"""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from passeplat.config.model import APP_SETTING, SETTINGS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/reference/compatibility.md"
_BEHAVIOURS = ROOT / "tests/docs/behaviours.toml"
_ERRORS = ROOT / "docs/reference/errors.md"
_OURS = frozenset(  # settings and codes that PostgREST does not have
    {
        "server-max-body",
        "server-max-url",
        "url-max-depth",
        "url-max-embeds",
        "url-max-items",
        "PGRST130",
        "PGRST131",
        "PGRST132",
    }
)
_SPECIAL = ("differs", "not_offered")
_HEAD = """# Compatibility

What PostgREST 16 does and passeplat does as well, in our words: a behaviour a line, with the tests
that prove it. Where something is another way on purpose, the last column says how, and what for.
Everything else is meant to be the same: a difference that is not on this page is a defect.

This page is made by `python tests/docs/compatibility.py` from the tests, and a test compares it
with them.
"""


@dataclass(frozen=True)
class Line:
    id: str
    behaviour: str
    differs: str


def sections() -> Mapping[str, tuple[Line, ...]]:
    """The lines of the page by their headings."""
    found = tomllib.loads(_BEHAVIOURS.read_text())
    differs = {**found["differs"], **found["not_offered"]}
    listed = {title: lines for title, lines in found.items() if title not in _SPECIAL}
    listed["Settings"] = dict(_settings())
    listed["Error codes"] = dict(_error_codes())
    return {
        title: tuple(Line(id_, text, differs.get(id_, "")) for id_, text in lines.items())
        for title, lines in listed.items()
    }


def not_offered() -> frozenset[str]:
    return frozenset(tomllib.loads(_BEHAVIOURS.read_text())["not_offered"])


def differing() -> frozenset[str]:
    return frozenset(tomllib.loads(_BEHAVIOURS.read_text())["differs"])


def _settings() -> Iterator[tuple[str, str]]:
    for setting in (APP_SETTING, *SETTINGS):
        if setting.key not in _OURS:
            key = "app.settings" if setting is APP_SETTING else setting.key
            yield key, f"[{key}](settings.md#{key.replace('.', '')})"


def _error_codes() -> Iterator[tuple[str, str]]:
    found = re.findall(r"^## (PGRST\w+)\n\n(Status \d+)\. ", _ERRORS.read_text(), re.MULTILINE)
    for code, status in found:
        if code not in _OURS:
            yield code, f"[{status.lower()}](errors.md#{code.lower()})"


def proofs() -> Mapping[str, tuple[tuple[str, Path], ...]]:
    """The tests that name an id: their names and files."""
    found: defaultdict[str, list[tuple[str, Path]]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for id_ in _proved_by(node):
                    found[id_].append((node.name, path))
    return {id_: tuple(tests) for id_, tests in found.items()}


def _proved_by(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and _name(decorator.func) == "proves":
            yield from (str(ast.literal_eval(argument)) for argument in decorator.args)


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def page() -> str:
    proved = proofs()
    parts = [_HEAD]
    for title, lines in sections().items():
        parts.append(f"## {title}\n")
        parts.append("| id | behaviour | proved by | differs on purpose |\n|---|---|---|---|")
        parts += [_row(line, proved.get(line.id, ())) for line in lines]
        parts.append("")
    files = sorted({path for tests in proved.values() for _, path in tests}, key=_reference)
    parts += [f"[{_reference(path)}]: ../../{_relative(path)}" for path in files]
    return "\n".join([*parts, ""])


def _row(line: Line, tests: tuple[tuple[str, Path], ...]) -> str:
    links = "; ".join(_link(name, path) for name, path in tests) or "not offered"
    return f"| {line.id} | {line.behaviour} | {links} | {line.differs} |"


def _link(name: str, path: Path) -> str:
    return f"[{name.removeprefix('test_').replace('_', ' ')}][{_reference(path)}]"


def _reference(path: Path) -> str:
    """tests/conformance/test_routing.py is conformance/routing."""
    return _relative(path).removeprefix("tests/").removesuffix(".py").replace("test_", "")


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    PAGE.write_text(page())
