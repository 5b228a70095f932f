"""A token becomes claims and a role; nothing else decides who a request is."""

from importlib.resources import files

from passeplat.claims.sieve import Counts
from passeplat.claims.sign import mint
from passeplat.claims.verifier import Claims, Verifier, bearer, new_verifier, recall, verify

REFUSED_ROLES_SQL = (files(__name__) / "refused_roles.sql").read_text("utf-8")

__all__ = [
    "REFUSED_ROLES_SQL",
    "Claims",
    "Counts",
    "Verifier",
    "bearer",
    "mint",
    "new_verifier",
    "recall",
    "verify",
]
