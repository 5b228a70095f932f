"""Grants and comments, from one text of pg_dump to another."""

import pytest

from passeplat.migrate.model import CatalogueId, Fact, Identity
from passeplat.migrate.plan.grants import change_grants, remove_comment, undo


def fact(create: str) -> Fact:
    return Fact(1, Identity("ACL", "v1", "TABLE t"), "postgres", create, "", (), CatalogueId(0, 0))


@pytest.mark.parametrize(
    ("line", "undone"),
    [
        ("GRANT SELECT ON TABLE v1.t TO member;", "REVOKE SELECT ON TABLE v1.t FROM member;"),
        ('GRANT ALL ON TABLE v1."a TO b" TO "x y";', 'REVOKE ALL ON TABLE v1."a TO b" FROM "x y";'),
        ("REVOKE ALL ON FUNCTION v1.f() FROM PUBLIC;", "GRANT ALL ON FUNCTION v1.f() TO PUBLIC;"),
        (
            "GRANT SELECT ON TABLE v1.t TO a WITH GRANT OPTION;",
            "REVOKE SELECT ON TABLE v1.t FROM a;",
        ),
        (
            "ALTER DEFAULT PRIVILEGES FOR ROLE o IN SCHEMA s GRANT SELECT ON TABLES TO a;",
            "ALTER DEFAULT PRIVILEGES FOR ROLE o IN SCHEMA s REVOKE SELECT ON TABLES FROM a;",
        ),
        ("SET SESSION AUTHORIZATION a;", ""),
    ],
)
def test_a_line_is_undone_by_its_opposite(line: str, undone: str) -> None:
    assert undo(line) == undone


def test_a_grant_more_is_that_grant_alone() -> None:
    one, two = "GRANT SELECT ON TABLE v1.t TO a;", "GRANT SELECT ON TABLE v1.t TO b;"
    assert change_grants(fact(one), fact(f"{one}\n{two}")) == two


def test_what_overlaps_with_something_undone_is_granted_again() -> None:
    every, one = "GRANT ALL ON TABLE v1.t TO a;", "GRANT SELECT ON TABLE v1.t TO b;"
    some = "GRANT SELECT ON TABLE v1.t TO a;"
    assert change_grants(fact(f"{every}\n{one}"), fact(f"{some}\n{one}")).splitlines() == [
        "REVOKE ALL ON TABLE v1.t FROM a;",
        some,
        one,
    ]


@pytest.mark.parametrize(
    ("comment", "removed"),
    [
        ("COMMENT ON VIEW v1.t IS 'what IS ''it''';", "COMMENT ON VIEW v1.t IS NULL;"),
        ("COMMENT ON COLUMN v1.\" IS 'x\".y IS 'z';", 'COMMENT ON COLUMN v1." IS \'x".y IS NULL;'),
    ],
)
def test_a_comment_is_removed(comment: str, removed: str) -> None:
    assert remove_comment(fact(comment)) == removed
