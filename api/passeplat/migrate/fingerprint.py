"""A snapshot goes in, its fingerprint comes out: equal for schemas that mean the same.

Whoever looked is nobody in particular: one role makes a scratch database, another migrates in
production, and what each of them owns is the same schema.
"""

import hashlib
import re
from collections.abc import Mapping

from passeplat.migrate.compare import normal
from passeplat.migrate.model import Identity, Snapshot
from passeplat.names import quote

_SIZE = 16  # bytes
NAMES_ROLES = {"ACL", "DEFAULT ACL"}
_LOOKER = '"whoever migrates"'


def canonical(snapshot: Snapshot) -> dict[Identity, str]:
    """The text of every fact in its normal form, whoever looked."""
    looker = word(snapshot.user)
    return {
        fact.identity: _without_looker(normal(fact), looker, everywhere=fact.kind in NAMES_ROLES)
        for fact in snapshot.facts.values()
    }


def fingerprint(texts: Mapping[Identity, str]) -> str:
    """Of a canonical snapshot: 32 hexadecimal digits."""
    lines = sorted(
        f"{identity.kind}\0{identity.schema}\0{identity.name}\0{text}"
        for identity, text in texts.items()
    )
    return hashlib.blake2b("\0\0".join(lines).encode(), digest_size=_SIZE).hexdigest()


def word(role: str) -> re.Pattern[str]:
    """The role's name where SQL has it as a name."""
    names = "|".join(map(re.escape, (role, quote(role))))
    return re.compile(rf'(?<![\w$"])(?:{names})(?![\w$"])')


def _without_looker(text: str, looker: re.Pattern[str], *, everywhere: bool) -> str:
    """Elsewhere a word that is the role's name may mean anything."""
    body, _, owner = text.rpartition("\n")
    if everywhere:
        body = "\n".join(sorted(looker.sub(_LOOKER, body).splitlines()))
    return f"{body}\n{looker.sub(_LOOKER, owner)}"
