"""Load: requests or statements in, what one run of wrk or pgbench measured out."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from workloads import Request, token

_TICK = 1_000_000 / os.sysconf("SC_CLK_TCK")  # microseconds
_PAUSE = 0.2  # seconds
_IDLE = 20_000  # microseconds of CPU in a pause
_UTIME, _CUTIME = 11, 13  # of /proc/pid/stat, after the name

Sample = dict[str, float]


@dataclass(frozen=True)
class Measured:
    """Rates in 1/s, times in µs, memory in MB."""

    rate: float
    p50: float
    p99: float
    server_cpu: float  # of the service, a request
    database_cpu: float  # of PostgreSQL's processes, a request
    memory: float  # the most the service ever held
    errors: int

    def sample(self) -> Sample:
        return asdict(self)


def drive(  # noqa: PLR0913, PLR0917 - who is asked what, how long
    url: str, requests: list[Request], clients: int, seconds: int, service: int, database: int
) -> Measured:
    """`service` and `database`: the process each began as, whose children belong to it."""
    with _script(requests) as script, _cpu(service) as ours, _cpu(database) as theirs:
        printed = subprocess.run(
            ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "-s", _LUA, url, "--", script],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    found = json.loads(printed.strip().splitlines()[-1])
    number = max(1, found["requests"])
    return Measured(
        rate=found["requests"] / found["seconds"],
        p50=found["p50"],
        p99=found["p99"],
        server_cpu=ours[0] / number,
        database_cpu=theirs[0] / number,
        memory=peak_memory(service),
        errors=found["errors"],
    )


def drive_pgbench(  # noqa: PLR0913, PLR0917 - as above
    pgbench: str, url: str, script: str, clients: int, seconds: int, database: int
) -> Measured:
    """The same statements without HTTP."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file, _cpu(database) as theirs:
        file.write(script)
        file.flush()
        arguments = ["-n", "-Mprepared", "-j1", f"-c{clients}", f"-T{seconds}"]
        done = subprocess.run(
            [pgbench, *arguments, "-f", file.name, "-l", "--log-prefix", f"{file.name}.log", url],
            check=True,
            capture_output=True,
            text=True,
        )
        times = sorted(_latencies(Path(file.name)))
    assert " 0 (0.000%)" in done.stdout, done.stdout + done.stderr
    number = max(1, len(times))
    return Measured(
        rate=number / seconds,
        p50=times[number // 2],
        p99=times[number * 99 // 100],
        server_cpu=0,
        database_cpu=theirs[0] / number,
        memory=0,
        errors=0,
    )


def settle(service: int) -> None:
    """Waits until it is done with what wrk has left behind."""
    before, after = 0.0, _spent(service)
    while after - before > _IDLE:
        time.sleep(_PAUSE)
        before, after = after, _spent(service)


def peak_memory(process: int) -> float:
    return sum(_peak(each) for each in _family(process))


_LUA = str(Path(__file__).with_name("load.lua"))


@contextmanager
def _script(requests: Iterable[Request]) -> Iterator[str]:
    tokens: dict[str, str] = {}
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        lines = (_lua(request, tokens) for request in requests)
        file.write("return {\n" + ",\n".join(lines) + "\n}\n")
        file.flush()
        yield file.name


def _lua(request: Request, tokens: dict[str, str]) -> str:
    if request.role not in tokens:
        tokens[request.role] = token(request.role)
    headers = {"Authorization": f"Bearer {tokens[request.role]}"}
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    if request.prefer is not None:
        headers["Prefer"] = request.prefer
    fields = ", ".join(f"[{json.dumps(name)}] = {json.dumps(headers[name])}" for name in headers)
    body = "nil" if request.body is None else json.dumps(request.body)
    return f"{{{json.dumps(request.method)}, {json.dumps(request.path)}, {{{fields}}}, {body}}}"


@contextmanager
def _cpu(process: int) -> Iterator[list[float]]:
    """Microseconds of CPU that the process and its children took meanwhile."""
    taken = [0.0]
    before = _spent(process)
    yield taken
    taken[0] = _spent(process) - before


def _spent(process: int) -> float:
    """Of those that live, and of the children that ended."""
    return sum(_ticks(each) for each in _family(process)) * _TICK


def _ticks(process: int) -> int:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0
    fields = stat.rpartition(")")[2].split()
    return sum(map(int, fields[_UTIME : _CUTIME + 2]))


def _family(process: int) -> list[int]:
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return [process]
    return [process, *(each for child in children for each in _family(int(child)))]


def _peak(process: int) -> float:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    line = next((each for each in status.splitlines() if each.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) / 1024


def _latencies(script: Path) -> Iterator[float]:
    for log in script.parent.glob(f"{script.name}.log.*"):
        for line in log.read_text().splitlines():
            yield float(line.split()[2])
        log.unlink()
