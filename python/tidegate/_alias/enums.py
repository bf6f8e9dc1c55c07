"""The enums that programs take from `jina.enums`."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class BetterEnum(IntEnum):
    """An enum whose members are found by their names, in any case."""

    def __str__(self) -> str:
        """Its name."""
        return self.name

    @classmethod
    def from_string(cls, s: str) -> Self:
        """Gives the member called `s`."""
        try:
            return cls[s.upper()]
        except KeyError:
            known = ", ".join(cls.__members__)
            raise ValueError(f"{s.upper()} is not one of {cls.__name__}: {known}") from None


class ProtocolType(BetterEnum):
    """What a gateway speaks."""

    GRPC = 0
    HTTP = 1
    WEBSOCKET = 2


GatewayProtocolType = ProtocolType


class PollingType(BetterEnum):
    """How shards are picked."""

    ANY = 1
    ALL = 2
