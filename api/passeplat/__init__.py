"""passeplat: PostgreSQL is the backend, this is the hatch between it and HTTP."""

__version__ = "0.1.0"
