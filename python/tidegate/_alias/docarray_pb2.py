"""The messages of `docarray.proto`, made at run time where protobuf is installed."""

from __future__ import annotations

from tidegate._protobuf import namespace

_names = namespace("docarray")
globals().update(_names)
__all__ = list(_names)
