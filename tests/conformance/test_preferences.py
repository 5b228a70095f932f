"""The Prefer header: what is understood, what is refused, what is said to have been applied."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves
FULL = "return=representation"


def applied(answer: Any) -> str | None:
    assert answer.status < 300, answer.text
    found: str | None = answer.header("Preference-Applied")
    return found


@proves("PR-01", "PGRST122")
def test_strict_refuses_what_it_does_not_know(api: Api) -> None:
    answer = api("GET /numbers", prefer="handling=strict, something, count=maybe, x=1")
    assert (answer.status, answer.code) == (400, "PGRST122")
    assert answer.json["message"] == "Invalid preferences given with handling=strict"
    assert answer.json["details"] == "Invalid preferences: something, count=maybe, x=1"


@proves("PR-01")
@pytest.mark.parametrize("line", ["POST /options", "PATCH /codes?id=eq.1", "POST /rpc/answer"])
def test_strict_refuses_on_writes_and_calls_too(api: Api, line: str) -> None:
    assert api(line, {}, prefer="handling=strict, x=1").code == "PGRST122"


@proves("PR-01")
@pytest.mark.parametrize("prefer", ["handling=lenient, something", "something, count=maybe"])
def test_lenient_ignores_what_it_does_not_know(api: Api, prefer: str) -> None:
    assert api("GET /numbers", prefer=prefer).status == 200


@proves("PR-01", "H-06")
@pytest.mark.parametrize("handling", ["strict", "lenient"])
def test_handling_is_applied(api: Api, handling: str) -> None:
    answer = api("GET /numbers", prefer=f"handling={handling}")
    assert applied(answer) == f"handling={handling}"


@proves("PR-02", "H-06")
@pytest.mark.parametrize("returning", ["minimal", "headers-only", "representation"])
@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("POST /options", {"key": "a"}),
        ("PATCH /codes?id=eq.1", {"uses": 1}),
        ("PUT /options?key=eq.a", {"key": "a"}),
        ("DELETE /numbers?n=eq.1", None),
    ],
)
def test_return_is_applied_to_writes(api: Api, line: str, body: Any, returning: str) -> None:
    answer = api(line, body, prefer=f"return={returning}")
    assert applied(answer) == f"return={returning}"
    assert bool(answer.body) == (returning == "representation")


@proves("PR-02")
@pytest.mark.parametrize("line", ["GET /numbers", "GET /rpc/answer", "POST /rpc/answer"])
def test_return_is_not_for_reads_and_calls(api: Api, line: str) -> None:
    assert applied(api(line, prefer=FULL)) is None


@proves("PR-03", "H-06")
@pytest.mark.parametrize("count", ["exact", "planned", "estimated"])
@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("GET /numbers", None),
        ("HEAD /numbers", None),
        ("POST /shouts", {"word": "a"}),
        ("GET /rpc/digits", None),
    ],
)
def test_count_is_applied(api: Api, line: str, body: Any, count: str) -> None:
    assert applied(api(line, body, prefer=f"count={count}")) == f"count={count}"


@proves("PR-04", "PR-05", "H-06")
def test_resolution_and_missing_are_applied(api: Api) -> None:
    body = {"key": "colour", "value": "x"}
    for prefer in (
        "resolution=merge-duplicates",
        "resolution=ignore-duplicates",
        "missing=default",
        "missing=null",
    ):
        sent = f"resolution=merge-duplicates, {prefer}" if "missing" in prefer else prefer
        assert prefer in (applied(api("POST /options", body, prefer=sent)) or "")


@proves("PR-05")
def test_missing_is_applied_to_updates(api: Api) -> None:
    answer = api("PATCH /codes?id=eq.1", {"uses": 1}, prefer="missing=default")
    assert applied(answer) == "missing=default"


@proves("PR-06")
@pytest.mark.parametrize(
    ("line", "body", "rows"),
    [
        ("PATCH /codes?id=gt.0", {"uses": 4}, 2),
        ("DELETE /numbers?n=lt.5", None, 4),
        ("POST /rpc/wipe_numbers", {"most": 4}, 4),
    ],
)
def test_no_more_rows_are_affected_than_allowed(api: Api, line: str, body: Any, rows: int) -> None:
    answer = api(line, body, prefer=f"handling=strict, max-affected={rows}")
    assert applied(answer) == f"handling=strict, max-affected={rows}"
    answer = api(line, body, prefer=f"handling=strict, max-affected={rows - 1}")
    assert (answer.status, answer.code) == (400, "PGRST124")
    assert answer.json["message"] == "Query result exceeds max-affected preference constraint"
    assert answer.json["details"] == f"The query affects {rows} rows"


@proves("PR-06", "PGRST124")
def test_what_affects_too_many_rows_is_rolled_back(alone: Serve) -> None:
    api = alone(db_tx_end="commit")
    for line, body in [
        ("DELETE /numbers?n=lt.5", None),
        ("POST /rpc/wipe_numbers", {"most": 4}),
        ("PATCH /codes?id=gt.0", {"uses": 4}),
    ]:
        answer = api(line, body, prefer="handling=strict, max-affected=1")
        assert answer.code == "PGRST124"
    assert len(api("GET /numbers").json) == 15
    assert api("GET /codes?uses=eq.4").json == []


@proves("PR-06")
@pytest.mark.parametrize("handling", ["", "handling=lenient, "])
def test_max_affected_counts_only_when_strict(api: Api, handling: str) -> None:
    answer = api("DELETE /numbers?n=lt.5", prefer=f"{handling}max-affected=1")
    assert answer.status == 204
    assert "max-affected" not in (applied(answer) or "")


@proves("PR-06")
@pytest.mark.parametrize("line", ["GET /numbers", "POST /options"])
def test_max_affected_is_not_for_reads_and_inserts(api: Api, line: str) -> None:
    body = [{"key": "a"}, {"key": "b"}] if line.startswith("POST") else None
    answer = api(line, body, prefer="handling=strict, max-affected=1")
    assert answer.status in {200, 201}
    assert applied(answer) == "handling=strict"


@proves("PR-06", "PGRST128")
@pytest.mark.parametrize("line", ["POST /rpc/wipe_one", "GET /rpc/answer"])
def test_max_affected_needs_a_function_of_rows(api: Api, line: str) -> None:
    answer = api(line, prefer="handling=strict, max-affected=1")
    assert (answer.status, answer.code) == (400, "PGRST128")
    assert answer.json["message"] == (
        "Function must return SETOF or TABLE when max-affected preference is used"
        " with handling=strict"
    )


@proves("PR-07", "TX-5", "db-tx-end")
@pytest.mark.parametrize(
    ("tx_end", "prefer", "kept", "said"),
    [
        ("commit", "", True, None),
        ("commit", "tx=rollback", True, None),
        ("commit-allow-override", "", True, None),
        ("commit-allow-override", "tx=commit", True, "tx=commit"),
        ("commit-allow-override", "tx=rollback", False, "tx=rollback"),
        ("rollback", "", False, None),
        ("rollback", "tx=commit", False, None),
        ("rollback-allow-override", "", False, None),
        ("rollback-allow-override", "tx=rollback", False, "tx=rollback"),
        ("rollback-allow-override", "tx=commit", True, "tx=commit"),
    ],
)
def test_how_a_transaction_ends_is_for_the_settings_to_say(
    serve: Serve, tx_end: str, prefer: str, kept: bool, said: str | None
) -> None:
    api = serve(db_tx_end=tx_end)
    api("DELETE /shouts", prefer="tx=commit")
    answer = api("POST /shouts?select=word", {"word": "still here"}, prefer=[prefer, FULL])
    assert answer.json == [{"word": "still here"}]
    expected = [FULL, said] if said else [FULL]
    assert applied(answer) == ", ".join(expected)
    found = api("GET /shouts").json
    serve(db_tx_end="commit")("DELETE /shouts")
    assert bool(found) == kept


@proves("PR-08", "H-06")
@pytest.mark.parametrize(
    ("line", "body"),
    [("GET /context?select=timezone", None), ("POST /rpc/setting", {"name": "timezone"})],
)
@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Europe/Vienna", "Europe/Vienna"), ("UTC", "UTC"), ("+05:30", "<+05:30>-05:30")],
)
def test_the_timezone_is_that_of_the_transaction(
    api: Api, line: str, body: Any, zone: str, expected: str
) -> None:
    answer = api(line, body, prefer=f"timezone={zone}")
    assert expected in answer.text or zone in answer.text
    assert applied(answer) == f"timezone={zone}"


@proves("PR-08")
def test_times_are_shown_in_the_timezone(api: Api) -> None:
    answer = api("GET /measures?select=at", prefer="timezone=Asia/Tokyo")
    assert answer.json == [{"at": "2024-01-01T21:00:00+09:00"}]


@proves("PR-08")
@pytest.mark.parametrize("handling", ["", "handling=strict, ", "handling=lenient, "])
def test_an_unknown_timezone_is_a_400(api: Api, handling: str) -> None:
    answer = api("GET /numbers", prefer=f"{handling}timezone=Mars/Olympus")
    assert (answer.status, answer.code) == (400, "22023")


@proves("H-06")
def test_the_applied_preferences_have_an_order(api: Api) -> None:
    prefer = (
        "timezone=UTC, handling=strict, tx=rollback, count=exact, return=representation,"
        " missing=default, resolution=merge-duplicates"
    )
    answer = api("POST /options", {"key": "a", "value": "b"}, prefer=prefer)
    assert applied(answer) == (
        "resolution=merge-duplicates, missing=default, return=representation, count=exact,"
        " tx=rollback, handling=strict, timezone=UTC"
    )
    answer = api("DELETE /numbers", prefer="max-affected=99, handling=strict, return=minimal")
    assert applied(answer) == "return=minimal, handling=strict, max-affected=99"


@proves("PR-01")
@pytest.mark.parametrize(
    "prefer", [["return=minimal", FULL], [f"return=minimal, {FULL}"], ["x", "return=minimal"]]
)
def test_several_headers_are_one_list_and_the_first_value_counts(
    api: Api, prefer: list[str]
) -> None:
    assert applied(api("POST /options", {"key": "a"}, prefer=prefer)) == "return=minimal"


@proves("PR-01")
@pytest.mark.parametrize("prefer", ["params=single-object", "params=multiple-objects"])
def test_what_was_removed_is_not_understood(api: Api, prefer: str) -> None:
    assert api("POST /rpc/answer", prefer=f"handling=strict, {prefer}").code == "PGRST122"
