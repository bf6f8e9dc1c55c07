"""The messages of `jina.proto`, made at run time where protobuf is installed."""

from __future__ import annotations

from tidegate._protobuf import namespace

globals().update(namespace("jina"))
