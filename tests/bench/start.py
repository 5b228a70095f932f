"""How long `passeplat serve` takes from its start to the first answer.

    python tests/bench/start.py [--times 15]

The reference application in a database that runs, everything in the page cache: the command is
started, asked again and again for todos until it answers 200, and ended. The processor time is what
it had used by then: that does not depend on what else the machine does. A target, not a test: under
0.6 s on two quiet cores.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.scratch import database
from tests.serving import ADA, SECRET, as_authenticator, bearer, load_example

COMMAND = (sys.executable, "-m", "passeplat", "serve")
PATIENCE = 30  # seconds
PAUSE = 0.002  # seconds between two attempts to connect


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--times", type=int, default=15)
    times = parser.parse_args().times
    with database() as url:
        load_example(url)
        start(url)  # brings the files into memory
        measured = [start(url) for _ in range(times)]
    say("to the first answer", [seconds for seconds, _ in measured])
    say("processor time", [used for _, used in measured])


def start(url: str) -> tuple[float, float]:
    """Seconds to the first answer, and those of a processor that were used."""
    port = free_port()
    began = time.perf_counter()
    with running(url, port) as process:
        ask(port, process)
        spent = time.perf_counter() - began
        return spent, used(process.pid)


@contextmanager
def running(url: str, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    settings = {
        "DB_URI": as_authenticator(url),
        "DB_SCHEMAS": "v1,v2",
        "DB_ANON_ROLE": "anonymous",
        "JWT_SECRET": SECRET,
        "SERVER_HOST": "127.0.0.1",
        "SERVER_PORT": str(port),
    }
    environ = os.environ | {f"PASSEPLAT_{name}": value for name, value in settings.items()}
    with subprocess.Popen(
        COMMAND, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)


def ask(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Until it answers 200."""
    authorization = bearer(ADA)["Authorization"]
    request = f"GET /v1/todos HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n"
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with suppress(ConnectionError), socket.create_connection(("127.0.0.1", port)) as opened:
            opened.sendall(request.encode())
            if opened.recv(100).startswith(b"HTTP/1.1 200"):
                return
        time.sleep(PAUSE)
    raise SystemExit("it did not answer")


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def used(process: int) -> float:
    """Seconds of a processor, of all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def say(what: str, seconds: list[float]) -> None:
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    sys.stdout.write(f"{what}: median {middle:.2f} s, {low:.2f} to {high:.2f}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
