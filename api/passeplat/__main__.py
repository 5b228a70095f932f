"""`python -m passeplat` is the command `passeplat`."""

from passeplat.cli import main

main(prog_name="passeplat")
