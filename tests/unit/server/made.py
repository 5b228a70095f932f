"""Tables of a made-up schema cache."""

from collections.abc import Mapping

from passeplat.names import QualifiedName
from passeplat.schema_cache.model import Column, Table


def table(called: str, defaults: Mapping[str, str] | None = None, **columns: str) -> Table:
    """Columns by their types, keyed by `id`."""
    of = defaults or {}
    return Table(
        name=QualifiedName("api", called),
        columns={each: column(each, kind, of.get(each)) for each, kind in columns.items()},
        primary_key=("id",),
        is_view=False,
        insertable=True,
        updatable=True,
        deletable=True,
        row_security=True,
        description=None,
    )


def column(called: str, kind: str, default: str | None) -> Column:
    return Column(
        name=called,
        type=kind,
        nominal_type=kind,
        nullable=True,
        default=default,
        max_length=None,
        enum=(),
        description=None,
        is_generated=False,
    )
