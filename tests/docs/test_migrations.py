"""The tutorial on migrations is followed as a newcomer would: every command in it is run."""

import re
from collections.abc import Callable
from typing import Any

import yaml

Blocks = Callable[..., list[str]]
PAGE = "docs/tutorials/migrations.md"


def test_every_block_of_the_tutorial_works(reader: Any, blocks: Blocks, database: str) -> None:
    reader.variables["DATABASE_URL"] = database
    printed = [reader.type(block) for block in blocks(PAGE)]
    written, status, _, text, _, applied, breaking = printed
    assert re.search(r"^Wrote db/migrations/\d{8}T\d{6}_initial\.sql$", written, re.MULTILINE)
    assert "_initial  applied " in status
    assert "Drift: none." in status
    assert "create index concurrently projects_organization_id_color_idx" in text
    assert "update app.projects set color = '#c0c0c0'" in text
    assert applied.count("ok  ") == 4
    assert re.search(r"^Applied \d{8}T\d{6}_add_color\.$", applied, re.MULTILINE)
    assert re.search(r"^breaking +v1\.labels\.updated_at +is gone +member$", breaking, re.MULTILINE)
    assert breaking.strip().endswith("exit status 2")


def test_github_runs_what_the_shell_runs(blocks: Blocks) -> None:
    workflow, shell = (
        next(block for block in blocks(PAGE) if f"{name} <<" in block)
        for name in ("database.yml", "ci.sh")
    )
    jobs = yaml.safe_load(workflow.partition("<<'YAML'\n")[2].removesuffix("YAML\n"))["jobs"]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    commands = [line.strip() for line in shell.splitlines() if "passeplat " in line]
    assert [run for run in runs if not run.startswith("pip ")] == commands
