"""Where a server listens: host, port or path of the settings become a bound socket."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

from passeplat.config import Config
from passeplat.errors import SettingError

Address: TypeAlias = str | tuple[Any, ...]
"""A path, or host and port."""

_SPECIAL = {
    "*": (socket.AF_INET6, "::"),
    "*4": (socket.AF_INET, "0.0.0.0"),  # noqa: S104 - asked for by the setting
    "!4": (socket.AF_INET, "0.0.0.0"),  # noqa: S104
    "*6": (socket.AF_INET6, "::"),
    "!6": (socket.AF_INET6, "::"),
}


@contextmanager
def bound_main(config: Config) -> Iterator[socket.socket]:
    """The socket of the REST interface. Raises SettingError."""
    if config.server_unix_socket is not None:
        binding = bound_unix(config.server_unix_socket, config.server_unix_socket_mode)
    else:
        binding = bound_tcp(
            config.server_host, config.server_port, reuse_port=config.server_reuseport
        )
    with binding as bound:
        yield bound


@contextmanager
def bound_tcp(host: str, port: int, *, reuse_port: bool = False) -> Iterator[socket.socket]:
    """Bound, not yet listening: nobody connects before the server is ready. Raises SettingError."""
    family, address = _SPECIAL.get(host) or _resolve(host, port)
    if not socket.has_dualstack_ipv6() and host == "*":
        family, address = _SPECIAL["*4"]
    with socket.socket(family, socket.SOCK_STREAM) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "*"))
        try:
            bound.bind((address, port))
        except (OSError, OverflowError) as error:
            raise SettingError(_refusal(host, port, error)) from None
        yield bound


def _resolve(host: str, port: int) -> tuple[int, str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise SettingError(
            f"The host {host!r} is not known here: set server-host to an address of this machine."
        ) from None
    family, *_, address = found[0]
    return family, str(address[0])


def _refusal(host: str, port: int, error: OSError | OverflowError) -> str:
    if isinstance(error, OverflowError):
        return f"{port} is no port: choose one from 0 to 65535."
    if isinstance(error, PermissionError):
        return f"Port {port} needs privileges to listen on: choose one above 1023."
    if error.errno in {98, 48}:
        return (
            f"Port {port} is taken by another program: stop it, or choose another port with --port."
        )
    return f"Cannot listen on {host}:{port}: {error.strerror}."


@contextmanager
def bound_unix(path: str, mode: int) -> Iterator[socket.socket]:
    """A stale socket file is replaced, a living one is not; at the end it is removed. Raises
    SettingError."""
    if _answers(path):
        raise SettingError(f"The socket {path} is in use by another program.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bound:
        try:
            with suppress(FileNotFoundError):
                Path(path).unlink()
            bound.bind(path)
            Path(path).chmod(mode)
        except OSError as error:
            raise SettingError(f"Cannot listen on {path}: {error.strerror or error}.") from None
        ours = Path(path).stat().st_ino
        try:
            yield bound
        finally:
            with suppress(OSError):
                if Path(path).stat().st_ino == ours:
                    Path(path).unlink()


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def address_of(bound: socket.socket) -> str:
    """As the log names it: host:port, [host]:port or the path."""
    name = bound.getsockname()
    if isinstance(name, str):
        return name
    return f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"
