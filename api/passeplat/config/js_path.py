"""JSPath, the older syntax of jwt-role-claim-key, becomes the JSONPath that means the same."""

import json
import re

_OLD_STEP = re.compile(
    r"""\.(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<key>[\w$@]+))
    | \[(?P<index>[0-9]{1,9})\]
    | \[\?\(\s*@\s*(?P<operator>==\^|==|!=|\^==|\*==)\s*"(?P<operand>(?:[^"\\]|\\.)*)"\s*\)\]""",
    re.VERBOSE,
)
_SHORTHAND = re.compile(r"[^\x00-@\[-^`{-\x7f][^\x00-/:-@\[-^`{-\x7f]*")


def modern(text: str) -> str:
    """JSPath (`.a."b c"[0]`, `[?(@ ^== "x")]`) written as JSONPath; JSONPath stays as it is."""
    if not text.startswith((".", "[")):
        return text
    at, steps = 0, ["$"]
    while at < len(text):
        step = _OLD_STEP.match(text, at)
        if step is None:
            return text
        steps.append(_modern_step(step))
        at = step.end()
    return "".join(steps)


def _modern_step(step: re.Match[str]) -> str:
    if step["index"] is not None:
        return f"[{step['index']}]"
    if step["operator"] is not None:
        return f"[?{_modern_test(step['operator'], _unquote(step['operand']))}]"
    key = _unquote(step["quoted"]) if step["quoted"] is not None else step["key"]
    return f".{key}" if _SHORTHAND.fullmatch(key) else f"[{_quote(key)}]"


def _modern_test(operator: str, operand: str) -> str:
    literally = re.sub(r"[.*+?()\[\]{}|\\^$]", r"\\\g<0>", operand)
    patterns = {"^==": f"^{literally}", "==^": f"{literally}$", "*==": literally}
    if operator in patterns:
        return f"search(@, {_quote(patterns[operator])})"
    return f"@ {operator} {_quote(operand)}"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _unquote(inner: str) -> str:
    """The content of a double-quoted text."""
    text: str = json.loads(f'"{inner}"')
    return text
