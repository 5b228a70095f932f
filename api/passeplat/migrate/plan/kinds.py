"""The kinds of things PostgreSQL has, in pg_dump's words, and how each can change."""

ROUTINES = frozenset({"FUNCTION", "PROCEDURE"})
TABLES = frozenset({"TABLE", "FOREIGN TABLE"})

# `create or replace` keeps what depends on them, where PostgreSQL allows it.
REPLACEABLE = {
    "FUNCTION": "FUNCTION",
    "PROCEDURE": "PROCEDURE",
    "AGGREGATE": "AGGREGATE",
    "VIEW": "VIEW",
    "RULE": "RULE",
    "TRIGGER": "TRIGGER",
}

# What is said of another thing, comes back with it, and stands in nobody's way.
SATELLITES = frozenset({"ACL", "COMMENT", "SECURITY LABEL", "ROW SECURITY", "SEQUENCE OWNED BY"})

# Parts of a table, which its alteration takes care of.
PARTS = frozenset({"DEFAULT", "CHECK CONSTRAINT"})

# What is kept although what it depends on is made again: it holds rows, or what holds rows.
KEPT = frozenset({"TABLE", "SEQUENCE", "TYPE", "DOMAIN", "SCHEMA", "EXTENSION", "COLLATION"})

# They read columns, and are in the way where one of these changes its type or goes.
READERS = frozenset(
    {
        *("VIEW", "MATERIALIZED VIEW", "RULE", "POLICY", "TRIGGER", "STATISTICS"),
        *("FUNCTION", "PROCEDURE", "PUBLICATION TABLE"),
    }
)

# Their `drop` names them as `alter … owner to` does.
OWNED = frozenset(
    {
        *("TABLE", "FOREIGN TABLE", "SEQUENCE", "VIEW", "MATERIALIZED VIEW", "TYPE", "DOMAIN"),
        *("SCHEMA", "FUNCTION", "PROCEDURE", "AGGREGATE", "COLLATION", "CONVERSION"),
        *("EVENT TRIGGER", "FOREIGN DATA WRAPPER", "SERVER", "OPERATOR", "OPERATOR CLASS"),
        *("OPERATOR FAMILY", "PROCEDURAL LANGUAGE", "PUBLICATION", "STATISTICS", "SUBSCRIPTION"),
        *("TEXT SEARCH CONFIGURATION", "TEXT SEARCH DICTIONARY"),
    }
)

# They can be renamed out of the way, so that columns move from the old one to the new.
RENEWED = frozenset({"TYPE", "DOMAIN", "COLLATION"})

# They go first, in this order: an event trigger sees or hinders what is done to the schema; a
# partition that is detached keeps a foreign key of its table's as its own; and its other keys are
# its own only when it is detached.
FIRST_TO_GO = ("EVENT TRIGGER", "FK CONSTRAINT", "TABLE ATTACH")
