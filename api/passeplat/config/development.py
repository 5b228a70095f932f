"""The secret that signs tokens while developing: made once for a project, never for production."""

import os
import secrets
from pathlib import Path

_BYTES = 32


def development_secret(project: Path) -> str:
    """What `.passeplat/jwt-secret` of the project holds; only its owner can read the file."""
    path = project / ".passeplat" / "jwt-secret"
    path.parent.mkdir(exist_ok=True)
    ignore = path.parent / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", "utf-8")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("utf-8").strip()
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(_BYTES) + "\n")
    return path.read_text("utf-8").strip()
