"""Free ports, identities and the like: what programs take from `jina.helper`."""

from __future__ import annotations

import socket
import uuid
from functools import cached_property as cached_property
from typing import Any


def random_port() -> int:
    """Gives a port that is free at the moment."""
    return random_ports(1)[0]


def random_ports(n_ports: int) -> list[int]:
    """Gives different ports that are free at the moment."""
    held = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(n_ports)]
    try:
        for probe in held:
            probe.bind(("", 0))
        return [int(probe.getsockname()[1]) for probe in held]
    finally:
        for probe in held:
            probe.close()


def random_uuid(use_uuid1: bool = False) -> uuid.UUID:
    """Gives a random UUID, or one of the time."""
    return uuid.uuid1() if use_uuid1 else uuid.uuid4()


def random_identity(use_uuid1: bool = False) -> str:
    """Gives the hexadecimal form of `random_uuid`."""
    return random_uuid(use_uuid1).hex


def get_internal_ip() -> str:
    """Gives the address under which other machines reach this one."""
    from tidegate._terminal import private_address

    return private_address("0.0.0.0") or "127.0.0.1"


def extend_rest_interface(app: Any) -> Any:
    """Gives the app as it is: a hook that programs put their own function in the place of."""
    return app
