"""The SQL of a project: files load into a database, and a schema becomes another in place."""
