"""From the settings to a server that listens, or to one sentence that says what to do."""

import os
import re
import socket
import stat
from pathlib import Path

import httpx
import pytest

from passeplat import __version__

from .conftest import Home, Server, Start, config_file, until


def test_the_start_is_told_in_order(start: Start) -> None:
    server = start()
    told = [
        f"Starting passeplat {__version__}...",
        "Admin server listening on 127.0.0.1:",
        'listening for database notifications on the "pgrst" channel',
        "Schema cache queried in ",
        "Schema cache loaded in ",
        "API server listening on 127.0.0.1:",
    ]
    places = [server.errors.index(text) for text in told]
    assert places == sorted(places)


def test_it_serves(start: Start) -> None:
    assert start().get("/notes?id=eq.1").json() == [{"id": 1, "text": "one"}]
