"""The schema of files, as the role of a database would have seen it."""

import pytest

from passeplat.migrate.model import CatalogueId, Fact, Identity, Roles, Snapshot
from passeplat.migrate.viewpoint import seen_by

GRANTS = "ALTER DEFAULT PRIVILEGES FOR ROLE postgres REVOKE ALL ON FUNCTIONS FROM PUBLIC;"
FACT = Fact(
    7,
    Identity("DEFAULT ACL", "", "DEFAULT PRIVILEGES FOR FUNCTIONS", "postgres"),
    "postgres",
    GRANTS,
    "",
    (),
    CatalogueId(1, 2),
)
FILES = Snapshot(
    facts={FACT.identity: FACT},
    by_id={FACT.id: FACT},
    by_catalogue_id={FACT.catalogue_id: FACT},
    dependents={},
    tables={},
    sequences={},
    domains={},
    enums={},
    readers={},
    parts={},
    roles=Roles({}, frozenset()),
    user="postgres",
    archive=b"",
)


@pytest.mark.parametrize(("user", "written"), [("migrator", "migrator"), ("My Role", '"My Role"')])
def test_what_the_looker_owns_is_the_users(user: str, written: str) -> None:
    [fact] = seen_by(user, FILES).facts.values()
    assert (fact.owner, fact.identity.owner) == (user, user)
    assert fact.create == GRANTS.replace("postgres", written)
