"""What was measured as tables: medians of the rounds, and ratios within them."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any, TypeAlias

Rows: TypeAlias = Sequence[dict[str, Any]]
"""One a run: peer, workload, clients, round, and the fields of load.Measured."""

FLOOR = "pgbench"
_COLUMNS = (
    ("requests/s", "rate", "{:,.0f}"),
    ("p50 ms", "p50", "{:.2f}"),
    ("p99 ms", "p99", "{:.2f}"),
    ("server CPU µs", "server_cpu", "{:,.0f}"),
    ("PostgreSQL CPU µs", "database_cpu", "{:,.0f}"),
    ("memory MB", "memory", "{:.0f}"),
)
_MILLISECONDS = frozenset({"p50", "p99"})


def peers_of(rows: Rows) -> list[str]:
    return list(dict.fromkeys(row["peer"] for row in rows))


def cases(rows: Rows) -> list[tuple[str, int]]:
    return list(dict.fromkeys((row["workload"], row["clients"]) for row in rows))


def middle(rows: Rows, peer: str, case: tuple[str, int], field: str) -> float | None:
    """The median of the rounds."""
    found = [row[field] for row in _of(rows, peer, case)]
    return median(found) if found else None


def tables(rows: Rows) -> str:
    """Markdown."""
    clients = sorted({row["clients"] for row in rows})
    return "\n\n".join(
        f"{'#' * 3} {number} client{'s' if number > 1 else ''}\n\n{_table(rows, number)}"
        for number in clients
    )


def _table(rows: Rows, clients: int) -> str:
    heads = [
        "workload",
        "peer",
        *(head for head, _, _ in _COLUMNS),
        "passeplat answers times as many",
    ]
    lines = [heads, ["---", "---", *["---:"] * (len(heads) - 2)]]
    for case in cases(rows):
        if case[1] == clients:
            lines += [_line(rows, peer, case) for peer in peers_of(rows) if _of(rows, peer, case)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _line(rows: Rows, peer: str, case: tuple[str, int]) -> list[str]:
    cells = [_cell(rows, peer, case, field, form) for _, field, form in _COLUMNS]
    ratio = _ratio(rows, peer, case)
    errors = sum(row["errors"] for row in _of(rows, peer, case))
    return [case[0], f"{peer} ({errors} errors)" if errors else peer, *cells, ratio]


def _cell(rows: Rows, peer: str, case: tuple[str, int], field: str, form: str) -> str:
    value = middle(rows, peer, case, field)
    if value is None or (peer == FLOOR and field in {"server_cpu", "memory"}):
        return ""
    return form.format(value / 1000 if field in _MILLISECONDS else value)


def _ratio(rows: Rows, peer: str, case: tuple[str, int]) -> str:
    """How many times as many requests ours answers, in the same round: median and spread."""
    ours = {row["round"]: row["rate"] for row in _of(rows, "passeplat", case)}
    ratios = sorted(
        ours[row["round"]] / row["rate"]
        for row in _of(rows, peer, case)
        if row["round"] in ours and row["rate"]
    )
    if peer == "passeplat" or not ratios:
        return "1" if peer == "passeplat" else ""
    spread = f" ({ratios[0]:.2f} to {ratios[-1]:.2f})" if len(ratios) > 1 else ""
    return f"{median(ratios):.2f}{spread}"


def _of(rows: Iterable[dict[str, Any]], peer: str, case: tuple[str, int]) -> list[dict[str, Any]]:
    return [
        row for row in rows if row["peer"] == peer and (row["workload"], row["clients"]) == case
    ]
