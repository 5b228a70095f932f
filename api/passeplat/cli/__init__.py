"""The command line: what was typed becomes one call, what goes wrong one sentence and exit 1."""

import gc
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from passeplat import __version__
from passeplat.errors import ApiError, DatabaseError, PasseplatError

F = TypeVar("F", bound=Callable[..., Any])

PROJECT_FILE = "passeplat.toml"


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every setting can be given in the environment, as PASSEPLAT_… or PGRST_….",
)
@click.version_option(__version__, "-V", "--version", message="passeplat %(version)s")
def main() -> None:
    """PostgreSQL is the backend, passeplat the hatch in front of it: SQL files become a REST API.

    \b
    passeplat new shop      a project of your own
    passeplat dev           edit SQL, see the API change
    passeplat test          run its SQL tests
    passeplat serve         in production
    """


def says_what_went_wrong(command: F) -> F:
    """An error we raise on purpose is a sentence for whoever typed the command."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (PasseplatError, DatabaseError) as error:
            click.echo(f"passeplat: {_sentence(error)}", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(130)

    return wrapped  # type: ignore[return-value]


def _sentence(error: Exception) -> str:
    """What an answer to a request would keep apart, the terminal says at once."""
    details = error.details if isinstance(error, ApiError) else None
    return str(details or error)


def project_file(given: str | None = None) -> str | None:
    """The configuration file: the one that was named, else the project's, if there is one."""
    if given is not None:
        return given
    return PROJECT_FILE if Path(PROJECT_FILE).is_file() else None


@main.command(short_help="Make a project of your own.")
@click.argument("name")
@says_what_went_wrong
def new(name: str) -> None:
    """Make a project: a folder NAME with a multi-tenant application to change into your own."""
    from passeplat.cli.new import make_project

    make_project(Path(name))
    click.echo(f"Made {name}/. What next:\n\n  cd {name}\n  passeplat dev\n")


@main.command(short_help="Serve the project and follow its SQL files.")
@click.option("--port", type=click.IntRange(0, 65535), default=3000, show_default=True)
@click.option("--reset", is_flag=True, help="Start over: the rows in the database are lost.")
@click.option("--database", metavar="URL", help="Develop on this database, not on an embedded one.")
@says_what_went_wrong
def dev(port: int, reset: bool, database: str | None) -> None:
    """Serve the project and follow its SQL files: what you save is in the API a moment later.

    The first start makes a PostgreSQL of the project's own in .passeplat/, loads db/ and its seed.
    Rows survive what can be changed in place; what cannot is said, and left alone.
    """
    from passeplat.dev import develop

    develop(Path.cwd(), port=port, reset=reset, database=database)


@main.command(short_help="Serve in production.")
@click.option("--config", "file", type=click.Path(), help="Settings; default: ./passeplat.toml.")
@click.option("--host", help="Address to listen on (server-host).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (server-port).")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@says_what_went_wrong
def serve(file: str | None, host: str | None, port: int | None, workers: int) -> None:
    """Serve in production: settings from the environment, stops gracefully on SIGTERM."""
    gc.disable()  # nothing of what is imported is garbage, and looking for some takes a tenth
    from passeplat.config import Sources
    from passeplat.server.serve import serve as run

    gc.freeze()  # else the first collection looks through all of it
    gc.enable()
    given = {"server-host": host, "server-port": None if port is None else str(port)}
    overrides = {key: value for key, value in given.items() if value is not None}
    run(Sources(os.environ, project_file(file), overrides), workers)


@main.command(short_help="Print a signed token.")
@click.option("--as", "name", help="With the claims that db/seed.sql declares under this name.")
@click.option("--claims", metavar="JSON", help="Claims as a JSON object, over those of --as.")
@click.option("--role", help="The role claim.")
@click.option("--expires", metavar="TIME", default="12h", show_default=True, help="30m, 12h, 7d.")
@says_what_went_wrong
def token(name: str | None, claims: str | None, role: str | None, expires: str) -> None:
    """Print a token, signed with jwt-secret or with the secret `passeplat dev` made.

    \b
    passeplat token --as ada
    passeplat token --role member --claims '{"sub": "…", "organization_id": "…"}'
    """
    from passeplat.cli.token import make_token

    click.echo(make_token(Path.cwd(), name, claims, role, expires))


@main.command(short_help="Run the project's SQL tests.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@says_what_went_wrong
def test(paths: tuple[Path, ...]) -> None:
    """Run the SQL tests of the project, or of PATHS: each file on its own copy of the seeded
    database. Exit status 1 if one fails."""
    from passeplat.cli.test import run_tests

    sys.exit(0 if run_tests(Path.cwd(), paths) else 1)


@main.command(short_help="Print the settings in force.")
@click.option("--config", "file", type=click.Path(), help="Settings; default: ./passeplat.toml.")
@click.option("--example", is_flag=True, help="A file with every setting and its default.")
@click.option("--show-secrets", is_flag=True, help="Print secrets and passwords as they are.")
@click.option("--with-database", is_flag=True, help="Also those that the database sets.")
@says_what_went_wrong
def config(file: str | None, example: bool, show_secrets: bool, with_database: bool) -> None:
    """Print the settings in force: of the file, and over it of the environment."""
    from passeplat.cli.inspect import settings
    from passeplat.config import Sources, dump_config, example_config

    if example:
        click.echo(example_config(), nl=False)
        return
    loaded = settings(Sources(os.environ, project_file(file)), with_database=with_database)
    click.echo(dump_config(loaded, show_secrets=show_secrets), nl=False)


@main.command(short_help="Print the schema cache.")
@click.option("--config", "file", type=click.Path(), help="Settings; default: ./passeplat.toml.")
@says_what_went_wrong
def schema_cache(file: str | None) -> None:
    """Print as JSON what the server would know of the database: its schema cache."""
    from passeplat.cli.inspect import schema_cache as read
    from passeplat.config import Sources

    click.echo(read(Sources(os.environ, project_file(file))))


@main.command(short_help="Ask whether the server is ready.")
@click.option("--config", "file", type=click.Path(), help="Settings; default: ./passeplat.toml.")
@says_what_went_wrong
def ready(file: str | None) -> None:
    """Ask the admin server of the settings whether it is ready. Exit status 1 if it is not."""
    from passeplat.cli.inspect import readiness
    from passeplat.config import Sources

    is_ready, line = readiness(Sources(os.environ, project_file(file)))
    click.echo(line, err=not is_ready)
    sys.exit(0 if is_ready else 1)


@main.command(short_help="Find the migration between two schemas.")
@click.option("--from", "source", metavar="URL|DIR", help="Default: db/migrations, replayed.")
@click.option("--to", "target", metavar="URL|DIR", help="Default: db/, the final state.")
@click.option("--json", "as_json", is_flag=True, help="Print the migration as JSON.")
@click.option(
    "--engine",
    type=click.Choice(["passeplat", "migra"]),
    default="passeplat",
    show_default=True,
    help="Whose migration is proved.",
)
@click.option("--write", "name", metavar="NAME", help="Write what is missing to db/migrations/.")
@click.option("--allow", "allowed", metavar="HAZARD", multiple=True, help="It is meant to do so.")
@says_what_went_wrong
def diff(  # noqa: PLR0913, PLR0917 - an option each
    source: str | None,
    target: str | None,
    as_json: bool,
    engine: str,
    name: str | None,
    allowed: tuple[str, ...],
) -> None:
    """Print the migration that makes one schema another and keeps its rows: proved on a copy, or
    refused.

    A state is the URL of a database, which is only read, or a folder of SQL files.

    With --write NAME it becomes a file of db/migrations/, with the data steps of db/, in steps that
    let others work meanwhile. Exit status 2 if it has a hazard that is not allowed.
    """
    from passeplat.cli.diff import run_diff
    from passeplat.cli.write import write_migration

    if name is None:
        run_diff(Path.cwd(), source, target, engine, as_json=as_json)
    else:
        sys.exit(write_migration(Path.cwd(), project_file(), name, allowed))


@main.command(short_help="Apply pending migrations.")
@click.option("--config", "file", type=click.Path(), help="Settings; default: ./passeplat.toml.")
@click.option("--database", metavar="URL", help="Default: the setting db-uri.")
@click.option("--to", metavar="NAME", help="The last migration to apply.")
@click.option("--dry-run", is_flag=True, help="Only say what would be applied.")
@says_what_went_wrong
def migrate(file: str | None, database: str | None, to: str | None, dry_run: bool) -> None:
    """Apply the pending files of db/migrations/; without any, load the final state into an empty
    database.

    One migrates at a time: others wait. A migration that was changed after it was applied is
    refused, and so is a database that somebody has changed since. What was interrupted goes on
    where it was.
    """
    from passeplat.cli.migrate import run_migrations, show_pending

    run = show_pending if dry_run else run_migrations
    run(Path.cwd(), project_file(file), database, to)


@main.command(short_help="Print which migrations are applied.")
@click.option("--config", "file", type=click.Path(), help="Settings; default: ./passeplat.toml.")
@click.option("--database", metavar="URL", help="Default: the setting db-uri.")
@says_what_went_wrong
def status(file: str | None, database: str | None) -> None:
    """Print which migrations a database has, which are pending, and what somebody has changed in it
    since the last one. Changes nothing."""
    from passeplat.cli.migrate import show_status

    show_status(Path.cwd(), project_file(file), database)


@main.command(short_help="Check the migrations, as CI does.")
@click.option("--config", "file", type=click.Path(), help="Settings; default: ./passeplat.toml.")
@says_what_went_wrong
def check(file: str | None) -> None:
    """Check, on scratch databases, that each migration leads from the state to the state it says,
    that all of them lead to db/, that their hazards were allowed, and that row level security is
    closed.

    Exit status 0 if so, 2 if only a hazard was not allowed, 1 for anything else.
    """
    from passeplat.cli.check import run_check

    sys.exit(run_check(Path.cwd(), project_file(file)))


@main.group(short_help="What the API promises its clients.")
def api() -> None:
    """What the API promises its clients."""


@api.command(name="diff", short_help="Print what changes for the clients of the API.")
@click.argument("before", default="db/migrations")
@click.argument("after", default="db")
@click.option("--json", "as_json", is_flag=True, help="For programs: a document by schema.")
@click.option("--config", "file", type=click.Path(), help="Settings; default: ./passeplat.toml.")
@says_what_went_wrong
def api_diff(before: str, after: str, as_json: bool, file: str | None) -> None:
    """Print what changes for the clients of the API between two states of the schema, for which
    roles, and whether it can break them. Exit status 2 if it can.

    A state is the URL of a database, a folder of migrations, or a folder with a final state.

    \b
    passeplat api diff                                    what is not in a migration yet
    passeplat api diff postgresql://…/app db              what a deployment would change
    """
    from passeplat.cli.api import show_change_of_contract

    if show_change_of_contract(project_file(file), before, after, as_json=as_json):
        sys.exit(2)
