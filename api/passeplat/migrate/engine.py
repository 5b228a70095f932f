"""The schema that is and the schema that should be go in, a proved migration comes out."""

from passeplat.migrate.model import Change, Snapshot
from passeplat.migrate.prove import prove
from passeplat.migrate.scratch import Scratch


async def find_change(before: Snapshot, after: Snapshot, scratch: Scratch) -> Change:
    """Raises CannotChange."""
    copy = await scratch.copy(before)
    return await prove(copy, before, after, scratch.binaries, scratch.environ)
