"""What the exposed schemas promise each role, and how two such contracts differ."""

from passeplat.contract.compare import compare
from passeplat.contract.model import Change, Contract
from passeplat.contract.read import read_contract

__all__ = ["Change", "Contract", "compare", "read_contract"]
