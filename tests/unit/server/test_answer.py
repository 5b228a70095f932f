"""Whatever goes wrong, there is an answer."""

import pytest

from passeplat.claims import new_verifier
from passeplat.config import Config
from passeplat.errors import ConnectionFailed
from passeplat.postgres.pool import Limits, Pool
from passeplat.server.answer import Call, answer
from passeplat.server.state import Loads, State

pytestmark = pytest.mark.anyio


async def unreachable() -> None:
    raise ConnectionFailed("gone")


async def state(schema_cache: object) -> State:
    config = Config(db_anon_role="web")
    pool = Pool(unreachable, Limits())  # type: ignore[arg-type]
    return State(config, new_verifier(config), pool, schema_cache, Loads())  # type: ignore[arg-type]


@pytest.mark.proves("PGRSTX00")
async def test_a_defect_of_ours_is_a_500_without_particulars(
    capsys: pytest.CaptureFixture[str],
) -> None:
    defect = await state("no schema cache at all")
    told = await answer(Call("GET", b"/secret-name", b"apikey=eq.opensesame", [], b""), defect)
    assert (told.status, b'"PGRSTX00"' in told.body) == (500, True)
    assert b"schema cache" not in told.body
    log = capsys.readouterr().err
    assert "AttributeError while answering GET /secret-name: " in log
    assert "opensesame" not in log


@pytest.mark.proves("PGRST002", "SC-4")
async def test_without_a_schema_cache_the_answer_is_a_503() -> None:
    told = await answer(Call("GET", b"/anything", b"", [], b""), await state(None))
    assert (told.status, b'"PGRST002"' in told.body) == (503, True)
