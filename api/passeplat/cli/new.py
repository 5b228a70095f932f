"""`passeplat new`: the reference application becomes a project of somebody's own."""

import re
import shutil
from importlib.resources import files
from pathlib import Path

from passeplat.errors import SettingError

_LEFT_OUT = shutil.ignore_patterns("migrations", ".*")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


def make_project(folder: Path) -> None:
    """Raises SettingError if there is something in that folder already."""
    if not _NAME.fullmatch(folder.name):
        raise SettingError(f"{folder.name!r} is no name for a project: take letters and digits.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingError(f"{folder} exists and is not empty: choose another name.")
    example = example_folder()
    shutil.copytree(example / "db", folder / "db", ignore=_LEFT_OUT, dirs_exist_ok=True)
    (folder / "db" / "migrations").mkdir()
    shutil.copytree(example / "tests" / "db", folder / "tests" / "db")
    (folder / "deploy").mkdir()
    shutil.copy2(example / "deploy" / "authenticator.sh", folder / "deploy")
    for template in (Path(str(files("passeplat"))) / "example" / "project").iterdir():
        text = template.read_text("utf-8").replace("PROJECT", folder.name)
        (folder / template.name.replace("dot.", ".")).write_text(text, "utf-8")


def example_folder() -> Path:
    """The checkout this runs from, whose `db/` is what is being edited; else the packaged copy."""
    package = Path(str(files("passeplat")))
    checkout = package.parent.parent
    if (checkout / "db" / "schema").is_dir() and (checkout / "tests" / "db").is_dir():
        return checkout
    return package / "example"
