"""The messages of `jina.proto`, made at run time where protobuf is installed."""

from __future__ import annotations

from tidegate._protobuf import namespace

_names = namespace("jina")
globals().update(_names)
__all__ = list(_names)
