"""The samples of the seed, an address and settings go in; tokens and `curl` lines that work as they
stand come out."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from passeplat.claims import mint
from passeplat.config import Config
from passeplat.migrate.samples import Call, Samples

HINT = (
    "Write `-- @token NAME {claims}` and `-- @try [NAME] METHOD /PATH [JSON]` in db/seed.sql,"
    " and tokens and curl lines stand here"
)


def tokens(samples: Samples, config: Config) -> dict[str, str]:
    """By their names. They do not expire: the secret is of this machine and this project."""
    return {name: mint(json.loads(claims), config, time.time()) for name, claims in samples.tokens}


def keep_tokens(made: dict[str, str], folder: Path) -> dict[str, Path]:
    """A file each, readable by its owner only: what keeps the curl lines short."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for stale in folder.iterdir():
        stale.unlink()
    kept = {}
    for number, (name, token) in enumerate(made.items()):
        safe = name if name.isidentifier() else f"token-{number}"
        kept[name] = folder / safe
        kept[name].touch(mode=0o600)
        kept[name].write_text(token)
    return kept


def curl_lines(samples: Samples, url: str, kept: dict[str, Path]) -> Iterator[str]:
    for call in samples.calls:
        yield " ".join(_curl(call, url, kept))


def _curl(call: Call, url: str, kept: dict[str, Path]) -> Iterator[str]:
    yield "curl -s"
    implied = "POST" if call.body else "GET"
    if call.method != implied:
        yield f"-X {call.method}"
    yield quote(url + call.path)
    if call.token is not None:
        yield f'-H "Authorization: Bearer $(cat {quote(str(kept[call.token]))})"'
    if call.body:
        yield f"-H 'Content-Type: application/json' -d {quote(call.body)}"
