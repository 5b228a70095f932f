"""T-14: thousands of requests at once, many of them hostile or broken off, and no answer, setting,
role, lock, channel, name or temporary table of one ever shows in another.

The long run is `python tests/bench/isolation.py --requests 200000`.
"""

from collections.abc import Iterator

import pytest
from tests.isolation.play import play
from tests.isolation.pool import Connect, play_pool
from tests.isolation.world import MODES, World, served_world, world_in

from passeplat.postgres import pipeline, plain

SEED = 1
CONNECTIONS = {"pipelined": pipeline.connect, "plain": plain.connect}


@pytest.fixture
def world(database: str) -> Iterator[World]:
    with world_in(database) as made:
        yield made


@pytest.mark.parametrize("mode", MODES)
def test_every_answer_is_for_who_asked(world: World, mode: str) -> None:
    with served_world(world, mode) as served:
        report = play(world, served, seed=SEED, requests=1000, pause=0.2)
    assert (report.complaints, report.excused < 150) == ([], True)


@pytest.mark.parametrize("connect", CONNECTIONS.values(), ids=CONNECTIONS)
def test_every_session_is_clean_when_it_is_given_away(world: World, connect: Connect) -> None:
    assert play_pool(world, connect, seed=SEED, batches=1000).complaints == []
