"""Who may see or do what of something that was there is a hazard; what is new brings its own."""

import os

import asyncpg
import pytest

from passeplat.migrate.authorization import authorizations
from passeplat.migrate.model import Identity, Snapshot
from passeplat.migrate.toc import take_snapshot
from passeplat.postgres.binaries import find_binaries

pytestmark = pytest.mark.anyio

BEFORE = """
create schema app;
create table app.things (id integer, name text);
alter table app.things enable row level security;
create policy own on app.things using (id = 1) with check (id = 1);
grant select on app.things to public;
create view app.safe with (security_invoker = true) as select id from app.things;
create function app.f() returns integer return 1;
"""
CHANGES = {
    "grant insert on app.things to public": {"ACL TABLE things"},
    "revoke select on app.things from public": {"ACL TABLE things"},
    "grant update (name) on app.things to public": {"ACL COLUMN things.name"},
    "drop policy own on app.things": {"POLICY things own"},
    "alter policy own on app.things using (true)": {"POLICY things own"},
    "alter table app.things disable row level security": {"ROW SECURITY things"},
    "alter view app.safe reset (security_invoker)": {"VIEW safe"},
    "alter function app.f() security definer": {"FUNCTION f()"},
    "alter default privileges grant select on tables to public": {
        "DEFAULT ACL DEFAULT PRIVILEGES FOR TABLES"
    },
    "create table app.more (id integer); grant select on app.more to public": set(),
    "create table app.more (id integer); alter table app.more enable row level security;"
    "create policy p on app.more using (true)": set(),
    "drop function app.f()": set(),
    "alter table app.things add column size integer": set(),
    "drop view app.safe; create view app.safe with (security_invoker = true) as select 2": set(),
}


async def snapshot(url: str) -> Snapshot:
    return await take_snapshot(url, find_binaries(os.environ), os.environ)


def shown(identity: Identity) -> str:
    return f"{identity.kind} {identity.name}"


async def test_what_changes_access_to_what_was_there(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(BEFORE)
        before = await snapshot(database)
        for sql, expected in CHANGES.items():
            await connection.execute(sql)
            found = authorizations(before, await snapshot(database))
            assert set(map(shown, found)) == expected, sql
            await connection.execute("drop schema app cascade")
            await connection.execute("alter default privileges revoke select on tables from public")
            await connection.execute(BEFORE)
    finally:
        await connection.close()
