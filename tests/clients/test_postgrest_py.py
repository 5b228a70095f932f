"""The published postgrest-py, unchanged."""

from collections.abc import Iterator

import pytest
from postgrest import APIError, CountMethod, SyncPostgrestClient
from tests.serving import Serve, bearer, person

ACME = "a0000000-0000-4000-8000-000000000001"
GLOBEX = "b0000000-0000-4000-8000-000000000001"
PROJECT = "a0000000-0002-4000-8000-000000000001"


@pytest.fixture
def url(example: str, serve: Serve) -> str:
    return serve(example).url


@pytest.fixture
def ada(url: str) -> Iterator[SyncPostgrestClient]:
    with SyncPostgrestClient(url, schema="v1", headers=bearer(person("a", 1, ACME))) as client:
        yield client


@pytest.fixture
def bea(url: str) -> Iterator[SyncPostgrestClient]:
    with SyncPostgrestClient(url, schema="v1", headers=bearer(person("b", 1, GLOBEX))) as client:
        yield client


def test_reads_filters_orders_and_counts(ada: SyncPostgrestClient) -> None:
    request = ada.from_("todos").select("title,due_on", count=CountMethod.exact)
    answer = request.eq("done", False).order("due_on").limit(3).execute()
    assert len(answer.data) == 3
    assert answer.count is not None
    assert answer.count > 3


def test_embeds(ada: SyncPostgrestClient) -> None:
    answer = ada.from_("projects").select("name,todos(title)").limit(1).execute()
    assert isinstance(answer.data[0]["todos"], list)


def test_writes_and_reads_back(ada: SyncPostgrestClient) -> None:
    row = {"project_id": PROJECT, "title": "Polish the anvil"}
    [created] = ada.from_("todos").insert(row).execute().data
    [updated] = ada.from_("todos").update({"done": True}).eq("id", created["id"]).execute().data
    [deleted] = ada.from_("todos").delete().eq("id", created["id"]).execute().data
    assert (updated["done"], deleted["title"]) == (True, "Polish the anvil")


def test_calls_a_function(ada: SyncPostgrestClient) -> None:
    assert ada.rpc("search", {"query": "anvil"}).execute().data


def test_one_row_where_there_are_many_is_an_error(ada: SyncPostgrestClient) -> None:
    with pytest.raises(APIError) as caught:
        ada.from_("todos").select("*").single().execute()
    assert caught.value.code == "PGRST116"


def test_another_version_is_another_schema(ada: SyncPostgrestClient) -> None:
    assert "status" in ada.schema("v2").from_("todos").select("*").limit(1).execute().data[0]


def test_the_other_tenant_is_not_there(bea: SyncPostgrestClient) -> None:
    answer = bea.from_("todos").select("id", count=CountMethod.exact)
    assert answer.eq("organization_id", ACME).execute().count == 0


def test_the_other_tenant_cannot_be_written_into(bea: SyncPostgrestClient) -> None:
    row = {"project_id": PROJECT, "organization_id": ACME, "title": "Trojan horse"}
    with pytest.raises(APIError) as caught:
        bea.from_("todos").insert(row).execute()
    assert caught.value.code == "42501"
