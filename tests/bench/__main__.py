"""How fast passeplat is beside its peers: one run, one machine, the same rows for everybody.

    make bench ARGS='--workloads point,page --clients 16 --rounds 1 --seconds 2'

Needs wrk. Peers: passeplat, FastAPI with SQLAlchemy, FastAPI with asyncpg, pgbench with the same
statements as the floor, and PostgREST where POSTGREST names its binary. All run in every round, one
after the other, so that a ratio compares neighbours in time.
"""

import argparse
import asyncio
import json
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import floor
from database import Database, database, fill
from load import drive, drive_pgbench, settle
from peers import Running, peers, running
from picture import draw
from report import FLOOR, tables
from workloads import WORKLOADS, Workload

from passeplat.schema_cache.model import SchemaCache

RESULTS = Path(".bench")


def main() -> None:
    options = _options()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed. Debian, Ubuntu: apt-get install wrk; macOS: brew")
    chosen = [each for each in WORKLOADS if each.name in options.workloads]
    with database() as base, ExitStack() as stack:
        asyncio.run(fill(base.url))
        cache = asyncio.run(floor.schema_cache(base.login))
        services = [
            stack.enter_context(running(peer))
            for peer in peers(base.login)
            if not options.peers or peer.name in options.peers
        ]
        rows = list(_rounds(options, chosen, services, base, cache))
        about = _about(options, base)
    _save(rows, about, Path(options.out))


def _rounds(
    options: argparse.Namespace,
    chosen: list[Workload],
    services: list[Running],
    base: Database,
    cache: SchemaCache,
) -> Iterator[dict[str, Any]]:
    for number in range(options.rounds):
        for workload in chosen:
            for clients in options.clients:
                case = {"workload": workload.name, "clients": clients, "round": number}
                for peer, sample in _run(workload, clients, options, services, base, cache):
                    say(f"{number} {workload.name} {clients} {peer}: {sample['rate']:,.0f}/s")
                    yield {"peer": peer, **case, **sample}


def _run(  # noqa: PLR0913, PLR0917 - one call
    workload: Workload,
    clients: int,
    options: argparse.Namespace,
    services: list[Running],
    base: Database,
    cache: SchemaCache,
) -> Iterator[tuple[str, dict[str, float]]]:
    for service in services:
        requests = workload.requests(by_hand=service.peer.by_hand)
        arguments = (service.url, requests, clients)
        drive(*arguments, options.warm_up, service.process, base.process)
        measured = drive(*arguments, options.seconds, service.process, base.process)
        settle(service.process)
        yield service.peer.name, measured.sample()
    if base.pgbench and (not options.peers or FLOOR in options.peers):
        script = floor.script(workload, cache)
        at_once = min(clients, 10)  # the connections our pool has
        measured = drive_pgbench(
            base.pgbench, base.url, script, at_once, options.seconds, base.process
        )
        yield FLOOR, measured.sample()


def _save(rows: list[dict[str, Any]], about: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = tables(rows)
    (folder / "performance.json").write_text(json.dumps({**about, "rows": rows}, indent=1))
    (folder / "performance.md").write_text(f"{text}\n")
    draw(rows, folder)
    say(f"\n{text}\n\nSaved in {folder}")


def _about(options: argparse.Namespace, base: Database) -> dict[str, Any]:
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "postgresql": base.version,
        "rounds": options.rounds,
        "seconds": options.seconds,
    }


def _options() -> argparse.Namespace:
    names = [each.name for each in WORKLOADS]
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    listed = lambda text: text.split(",")  # noqa: E731
    numbers = lambda text: [int(each) for each in text.split(",")]  # noqa: E731
    parser.add_argument("--workloads", type=listed, default=names, help=",".join(names))
    parser.add_argument("--clients", type=numbers, default=[1, 16, 64])
    parser.add_argument("--peers", type=listed, default=[], help="by name; all of them if not said")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of one run")
    parser.add_argument("--warm-up", type=int, default=1)
    parser.add_argument("--out", default=str(RESULTS), help="folder for JSON, table and pictures")
    options = parser.parse_args()
    if unknown := set(options.workloads) - set(names):
        parser.error(
            f"no such workload: {', '.join(sorted(unknown))}; there are {', '.join(names)}"
        )
    return options


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
