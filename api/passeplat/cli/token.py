"""`passeplat token`: claims and the project's secret in, a signed token out."""

import json
import os
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from passeplat.claims import mint
from passeplat.cli import project_file
from passeplat.config import Config, Sources
from passeplat.config.development import development_secret
from passeplat.errors import SettingError
from passeplat.migrate.files import read_sources
from passeplat.migrate.samples import read_samples

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def make_token(
    project: Path, name: str | None, claims: str | None, role: str | None, expires: str
) -> str:
    """Raises SettingError."""
    now = time.time()
    payload = {
        **({} if name is None else sample_claims(project, name)),
        **({} if claims is None else _object(claims, "--claims")),
        **({} if role is None else {"role": role}),
    }
    payload.setdefault("exp", int(now) + seconds(expires))
    return mint(payload, config_for_tokens(project), now)


def config_for_tokens(project: Path) -> Config:
    """The project's settings; without a secret there, that of development."""
    config = Sources(os.environ, project_file()).load()
    if config.jwt_secret is not None:
        return config
    return replace(config, jwt_secret=development_secret(project))


def sample_claims(project: Path, name: str) -> dict[str, Any]:
    """Those that a line `-- @token NAME {…}` of db/seed.sql declares."""
    seed = read_sources(project / "db").seed
    return read_samples("" if seed is None else seed.text).claims(name)


def _object(text: str, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise SettingError(f'{what} must be a JSON object, such as {{"sub": "…"}}.')
    return value


def seconds(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if found is None:
        raise SettingError(
            f"--expires takes a number and a unit, such as 30m, 12h or 7d: {text!r}."
        )
    return int(found[1]) * _UNITS[found[2]]
