"""The child that gives up its ids: an account and a question or a program go in.

    launch.py UID GID reach MODE PATH        exit status 0 if the account can use the path, else 3
    launch.py UID GID run PARENT PROGRAM …   becomes the program, which ends when PARENT does

`-` for UID keeps ours. A script of its own, run by path, instead of a `preexec_fn`: Python code
between fork and exec can deadlock in a program with threads. It imports all it needs before it
gives up its ids, because the account may be unable to read Python's files.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
REFUSED = 3


def become(uid: str, gid: str) -> None:
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))


def end_with(parent: int) -> None:
    """Ask for a fast shutdown when the parent dies. Linux forgets the wish when ids change, so
    this comes after `become`; a parent that died before it was asked is noticed here."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        sys.exit("the command that asked for this has ended")


def main(uid: str, gid: str, verb: str, subject: str, *rest: str) -> None:
    become(uid, gid)
    if verb == "reach":
        sys.exit(0 if os.access(rest[0], int(subject)) else REFUSED)
    if sys.platform == "linux":
        end_with(int(subject))
    os.execv(rest[0], rest)  # noqa: S606 - this is what the script is for


if __name__ == "__main__":
    main(*sys.argv[1:])
