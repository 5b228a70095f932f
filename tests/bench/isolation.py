"""Whether one user's request ever shows in another's: thousands of them at once, disturbed.

    python tests/bench/isolation.py --requests 200000 --mode exclusive --seed 1

50 users over 5 roles read, write, fail, are cancelled, time out, leave and soil their sessions,
while backends are killed, statements cancelled and the schema cache reloaded. Every answer is
checked for the user, the role and the request it was for. The exit status is 1 if one is not.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.scratch import database
from tests.isolation.play import Report, play
from tests.isolation.world import MODES, served_world, world_in


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--mode", choices=MODES, default="lanes")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between disturbances")
    asked = parser.parse_args()
    say(f"seed {asked.seed}, mode {asked.mode}")
    start = time.monotonic()
    with database() as url, world_in(url) as world, served_world(world, asked.mode) as served:
        report = play(
            world,
            served,
            seed=asked.seed,
            requests=asked.requests,
            clients=asked.clients,
            pause=asked.pause,
        )
        tell(report, time.monotonic() - start)
    return 1 if report.complaints else 0


def tell(report: Report, seconds: float) -> None:
    total = report.moves.total()
    say(f"{total} requests in {seconds:.0f} s: {total / seconds:.0f} a second")
    say(f"moves: {dict(report.moves.most_common())}")
    say(f"answers: {dict(report.answers.most_common())}")
    say(f"reads that shared a connection: {report.shared}")
    say(f"disturbances: {dict(report.disturbances)}")
    for complaint in report.complaints:
        say(complaint)
    say(f"complaints: {len(report.complaints)}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
