"""Edit SQL, see the API change."""

from passeplat.dev.develop import develop

__all__ = ["develop"]
