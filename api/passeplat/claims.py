"""A token becomes claims and a role; nothing else decides who a request is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claims:
    role: str
    payload: bytes  # JSON text of the claims with the resolved role, for request.jwt.claims
