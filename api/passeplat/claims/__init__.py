"""A token becomes claims and a role; nothing else decides who a request is."""

from passeplat.claims.sieve import Counts
from passeplat.claims.sign import mint
from passeplat.claims.verifier import Claims, Verifier, new_verifier, verify

__all__ = ["Claims", "Counts", "Verifier", "mint", "new_verifier", "verify"]
