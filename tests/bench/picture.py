"""The picture: requests a second of each peer, a chart for every number of clients."""

from pathlib import Path

import leather
from report import FLOOR, Rows, cases, middle, peers_of


def draw(rows: Rows, folder: Path) -> list[Path]:
    """The files written."""
    clients = sorted({row["clients"] for row in rows})
    return [_chart(rows, number, folder / f"performance-{number}.svg") for number in clients]


def _chart(rows: Rows, clients: int, path: Path) -> Path:
    bars = [
        (middle(rows, peer, case, "rate") or 0, f"{case[0]}: {peer}")
        for case in cases(rows)
        if case[1] == clients
        for peer in peers_of(rows)
        if peer != FLOOR
    ]
    chart = leather.Chart(f"Requests a second, {clients} client{'s' if clients > 1 else ''}")
    chart.add_bars(list(reversed(bars)), fill_color=_color)
    chart.to_svg(str(path), width=900, height=80 + 22 * len(bars))
    return path


def _color(datum: "leather.Datum") -> str:
    return "#2b6cb0" if str(datum.y).endswith("passeplat") else "#a0aec0"
