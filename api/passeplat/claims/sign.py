"""Claims become a signed token that the same configuration verifies: `passeplat token`."""

import json
from collections.abc import Mapping
from typing import Any

from jwt import api_jws

from passeplat.claims.keys import Key, read_keys
from passeplat.config import Config
from passeplat.errors import SettingError


def mint(claims: Mapping[str, Any], config: Config, now: float) -> str:
    """The token, issued now unless the claims say when. Raises SettingError."""
    key = _signing_key(read_keys(config))
    payload = json.dumps({"iat": int(now), **claims}, separators=(",", ":"), ensure_ascii=False)
    headers = {"kid": key.id} if key.id is not None else None
    return api_jws.encode(payload.encode(), key.private, key.algorithms[0], headers)


def _signing_key(keys: tuple[Key, ...]) -> Key:
    if not keys:
        raise SettingError("A token cannot be signed without the setting jwt-secret.")
    for key in keys:
        if key.private is not None:
            return key
    raise SettingError(
        "jwt-secret holds public keys only, which verify tokens; sign with the private key."
    )
